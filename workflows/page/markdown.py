"""A sheet of markdown that never grows too long: whole lines are left out, the least important first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

LIMIT = 3_900
# The page travels to its renderer in a URL, and proxies commonly take 8 KB of it.
URL_LIMIT = 7_600
SHORTENED = "*Shortened. All of it: tab Queries, or the command `handrail case show`.*"


@dataclass(slots=True)
class Section:
    """Lines under a heading. Where the page is too long, the lines of the highest `rank` go first, from their end."""

    title: str
    rank: int
    lines: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "\n".join([f"### {self.title}", "", *self.lines]) if self.lines else ""


def fit(head: str, sections: list[Section]) -> str:
    """All of it, or as many whole lines as the limits allow. The head stays whole: who writes it keeps it short."""
    whole = joined([head, *(one.text() for one in sections)])
    while not _fits(whole) and any(one.lines for one in sections):
        max((one for one in sections if one.lines), key=lambda one: one.rank).lines.pop()
        whole = joined([head, *(one.text() for one in sections), SHORTENED])
    return whole


def joined(parts: Iterable[str]) -> str:
    """Join those parts that are not empty, as paragraphs."""
    return "\n\n".join(part for part in parts if part)


def _fits(text: str) -> bool:
    return len(text.encode()) <= LIMIT and len(quote(text, safe="")) <= URL_LIMIT


def utc(moment: datetime) -> str:
    """Format the moment to the minute; where the reader sits is not known."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def pasted(value: dict[str, Any]) -> str:
    """Laid out as the page's editor does it: what it lays out anew needs a second click on Submit."""
    return f"```\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"


def values(value: Any) -> str:
    """A fact's value in words."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {values(one)}" for name, one in value.items() if one not in (None, "", [], {}))
    if isinstance(value, list):
        return "; ".join(values(one) for one in value[:4])
    return str(value)


def short(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments without long texts."""
    return {name: value for name, value in arguments.items() if len(str(value)) <= 40}
