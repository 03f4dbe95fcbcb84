"""Lines that a mail program broke for the wire and means as one, after RFC 3676."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

SIGNATURE = "-- "
_OWN_MARK = "›"
"""Stands for a ">" that the writer put before a line of their own: a plain one would make it a quote."""


def unflowed(text: str, delete_space: bool = False) -> str:
    """Return text of `format=flowed` with whole paragraphs; `delete_space` is its `delsp=yes`.

    A line that ends in a blank goes on in the next one of the same depth of quotes; a blank before a line is no part of it.
    """
    lines = (_line(one) for one in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(
        f"{'>' * depth} {paragraph}" if depth else paragraph
        for depth, group in groupby(lines, key=lambda one: one[0])
        for paragraph in _paragraphs([line for _, line in group], delete_space)
    )


def _line(line: str) -> tuple[int, str]:
    """Return the depth of quotes, and the line without what was put before it for the wire."""
    own = line.lstrip(">")
    depth, own = len(line) - len(own), own.removeprefix(" ")
    return depth, own if depth else own.replace(">", _OWN_MARK, 1) if own.startswith(">") else own


def _paragraphs(lines: list[str], delete_space: bool) -> Iterator[str]:
    open_ = ""
    for line in lines:
        if line == SIGNATURE:
            yield from (each for each in (open_, line) if each)
            open_ = ""
        elif line.endswith(" "):
            open_ += line.removesuffix(" ") if delete_space else line
        else:
            yield open_ + line
            open_ = ""
    if open_:
        yield open_
