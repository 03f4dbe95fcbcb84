"""All that is held of a customer, as data and as a page to read, and nothing of others."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from handrail.domain.case.messages import Author
from handrail.domain.personal.places import ELSEWHERE, tables
from handrail.domain.text.message.mail import own_words
from handrail.ports.personal import PersonalRecord

STAFF = frozenset(
    (
        *("by", "reviewer", "actor", "assignee", "person", "approved_by", "set_by", "cleared_by", "approvers", "sender"),
        *("settled_by", "retired_by", "undone_by", "holder", "name_of_person", "owner"),
    )
)
"""Fields that name people of the company. In mail `sender` is the customer's own address."""
NOBODY = frozenset(("customer", "agent", "assistant", "clock", "system", "handrail", "channel", "policy", "unnamed"))
HIDDEN = "somebody of the company"
QUOTE = "[a quote of other people was left out]"
TOLD = ("text", "note", "comment", "subject", "words", "quote", "reply", "action", "status", "kind")

LONGEST = 400
"""Characters that the page shows of what has no words."""

MailText = Callable[[bytes], str]
"""The words of a mail's source, without what it quotes."""


async def everything(
    record: PersonalRecord, customer_id: str, mail_text: MailText, addresses: Sequence[str] = ()
) -> dict[str, Any]:
    """Return all that is held of the person, under whichever id, as JSON: each entry with its source, time and what it holds.

    `addresses` are mail addresses of the customer, beside those that are known.
    """
    found = await record.all_of(customer_id, addresses)
    entries = [
        {
            "source": row["place"],
            "holds": tables()[row["place"]].holds,
            "case": row["case_id"],
            "at": row["at"].astimezone(UTC).isoformat() if row["at"] else None,
            "data": told(row["place"], row["held"], mail_text),
        }
        for row in found
    ]
    return {
        "customer": customer_id,
        "customer_ids": await record.kin_of(customer_id),
        "made_at": datetime.now(UTC).isoformat(),
        "entries": entries,
        "elsewhere": [{"place": one.place, "holds": one.holds} for one in ELSEWHERE],
    }


def told(place: str, held: dict[str, Any], mail_text: MailText) -> dict[str, Any]:
    """Return a row without names of the company's people, and without what others wrote."""
    row = dict(held)
    if place == "mails":
        row["text"] = mail_text(base64.b64decode(row.pop("source")))
        return row
    if place == "api_answers" and row["body"]:
        row["body"] = base64.b64decode(row["body"]).decode("utf-8", "replace")
    if place == "messages" and row.get("author") == Author.CUSTOMER:
        own = own_words(row["text"])
        row["text"] = own if own == row["text"] else f"{own}\n{QUOTE}"
    clean = without_staff(row)
    assert isinstance(clean, dict)  # noqa: S101
    return clean


def without_staff(value: Any) -> Any:
    """Return data in which nobody of the company is named."""
    if isinstance(value, dict):
        return {name: hidden(inner) if name in STAFF else without_staff(inner) for name, inner in value.items()}
    return [without_staff(one) for one in value] if isinstance(value, list) else value


def hidden(value: Any) -> Any:
    """Return the stand-in for a name; what is no person's stays."""
    if isinstance(value, str):
        return value if not value or value in NOBODY else HIDDEN
    return [hidden(one) for one in value] if isinstance(value, list) else without_staff(value)


def page(found: dict[str, Any]) -> str:
    """Return the same as a page to read, in Markdown, case by case in the order of time."""
    lines = [f"# What we hold of {', '.join(found['customer_ids'])}", "", f"Made {found['made_at'][:16]} UTC."]
    cases: dict[str, list[dict[str, Any]]] = {}
    for one in found["entries"]:
        cases.setdefault(one["case"] or "", []).append(one)
    for case_id, entries in cases.items():
        lines += ["", f"## Case {case_id}" if case_id else "## Without a case", *_lines(entries)]
    lines += ["", "## Elsewhere", "", *(f"- {one['place']}: {one['holds']}" for one in found["elsewhere"])]
    return "\n".join(lines) + "\n"


def _lines(entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    for one in entries:
        yield ""
        yield f"**{(one['at'] or '')[:16]}** · {one['source']} ({one['holds']})"
        data = one["data"]
        shown = [str(data[name]) for name in TOLD if data.get(name)]
        yield ""
        yield from (f"> {line}" for words in (shown or [_short(data)]) for line in words.splitlines() or [""])


def _short(data: dict[str, Any]) -> str:
    """Return the beginning of what a row holds; the JSON holds the rest."""
    whole = ", ".join(f"{name}: {value}" for name, value in data.items() if value not in (None, "", [], {}))
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST]} … (the JSON holds the rest)"
