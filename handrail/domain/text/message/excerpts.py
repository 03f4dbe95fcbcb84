"""Much text cut to what is read of it, so that a part of everything is read."""

from __future__ import annotations

from collections.abc import Sequence

GAP = "\n…\n"


def fair(texts: Sequence[str], limit: int) -> list[str]:
    """The texts, together at most `limit` characters: short ones stay whole, long ones share what is left.

    Of a long one its beginning and its end are kept.
    """
    left, waiting, kept = limit, len(texts), list(texts)
    for place in sorted(range(len(texts)), key=lambda place: len(texts[place])):
        kept[place] = excerpt(texts[place], left // waiting)
        left -= len(kept[place])
        waiting -= 1
    return kept


def excerpt(text: str, limit: int) -> str:
    """The text, or its beginning and the last third of what may be kept, with a mark between them."""
    if len(text) <= limit:
        return text
    room = limit - len(GAP)
    if room < 2 * len(GAP):
        return text[:limit]
    tail = room // 3
    return text[: room - tail] + GAP + text[-tail:]
