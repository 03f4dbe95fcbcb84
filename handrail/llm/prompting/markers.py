"""Data between markers that the data cannot close.

A block is `<data kind="…">` + JSON + `</data>`. Inside the JSON every `<` and `>` is written as a JSON escape, so no text in
it can end the block, begin another, or spell a chat template's control token such as `<|im_start|>`. The JSON stays
lossless, and equal requests give equal prompts, which a random marker would not.
"""

from __future__ import annotations

import json
import re
from typing import Any

CLOSE = "</data>"
CONTROL = re.compile(r"\[(?=/?[A-Z_]{2,})")
"""Control words of templates that use square brackets, such as `[INST]`; JSON itself never has `[` before two capitals."""


def encoded(value: Any, limit: int | None = None) -> str:
    """JSON without markup; a value longer than `limit` characters becomes its beginning, marked as cut."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if limit is not None and len(text) > limit:
        text = json.dumps({"cut_after_characters": limit, "beginning": text[:limit]}, ensure_ascii=False)
    return CONTROL.sub(r"\\u005b", text.replace("<", "\\u003c").replace(">", "\\u003e"))


def block(kind: str, value: Any, *, limit: int | None = None, **attributes: str) -> str:
    """`value` as a data block of `kind`; attributes are data too."""
    head = "".join(f" {name}={encoded(text)}" for name, text in {"kind": kind, **attributes}.items())
    return f"<data{head}>{encoded(value, limit)}{CLOSE}"


def plain(text: str) -> str:
    """Text outside of a block, such as an earlier reply, without anything that could look like a marker or control token."""
    return CONTROL.sub("(", text.replace("<", "‹").replace(">", "›"))
