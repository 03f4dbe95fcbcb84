"""Foreign words as plain text: what a customer, a model or a business wrote, on a page that renders markdown and HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping

VALUE = 160
AHEAD = 16
"""Characters behind those that fit which the patterns look at; each takes a byte at least, so more are never shown."""
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&$^]|(?<=\d)/(?=\d)")
# The renderer makes links of text that was already decoded, and lists of what begins a line: a zero-width space prevents both.
_ADDRESS = re.compile(r"(?i)(https?:|ftp:|file:|mailto:|www|@)(?=[/.\w])")
_BLOCK = re.compile(r"^(?=[-+](?:\s|$)|[-=]{2}|:|\d+[.)](?:\s|$))")
# Characters that turn the direction of text round could make a line read as something else.
_TURNING: Mapping[int, None] = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def escape(text: str, limit: int = VALUE) -> str:
    """One line without markup, links or placeholders of the page, shown as it was written; at most `limit` bytes."""
    flat = " ".join(text.translate(_TURNING).encode(errors="replace").decode().split())[: limit + AHEAD]
    safe = _BLOCK.sub("\u200b", _ADDRESS.sub("\\1\u200b", flat))
    pieces = [f"&#{ord(one)};" if _MARKUP.match(safe, place) else one for place, one in enumerate(safe)]
    if sum(len(piece.encode()) for piece in pieces) <= limit:
        return "".join(pieces)
    left, kept = limit - len("…".encode()), []
    for piece in pieces:
        left -= len(piece.encode())
        if left < 0:
            break
        kept.append(piece)
    return "".join(kept) + "…"
