"""The words of HTML, as its reader sees them: without markup, without what is hidden, with cells apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import NamedTuple

_VOID = frozenset({"area", "br", "col", "hr", "img", "wbr"})
_CELLS = frozenset({"td", "th"})
_LISTS = frozenset({"ul", "ol"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote", "pre", "table", "ul", "ol", "dl"})
_ROWS = frozenset({"div", "section", "main", "article", "header", "footer", "br", "li", "tr", "dt", "dd"})
_PART = " | "
"""Stands between the cells of a row."""
_DEEPEST = 20
"""So many marks stand before what is quoted in quotes, at most."""
_SPACES = re.compile(r"[ \t\r\n\f]+")
_ZERO = re.compile(r"0*(?:\.0*)?(?:px|pt|em|rem|ex|%)?")
_INHERITED = re.compile(r"inherit|[\d.]+(?:em|%)")


def from_html(html: str) -> str:
    """Return what a reader of the HTML sees, without addresses behind links and without pictures."""
    import nh3

    tags = nh3.ALLOWED_TAGS | {"font", "section", "main", "label", "button"}
    unseen = {"script", "style", "title", "template"}
    # What is hidden ends where its tag does: so every tag that begins has to end.
    reader = _Reader()
    reader.feed(nh3.clean(html, tags=tags, clean_content_tags=unseen, attributes={"*": {"style", "hidden"}}, link_rel=None))
    reader.close()
    return reader.text()


class _Hidden(NamedTuple):
    """The ways in which text is hidden; within what is gone nothing shows again, the others end where a tag says so."""

    gone: bool = False
    invisible: bool = False
    tiny: bool = False

    def within(self, attributes: Mapping[str, str | None]) -> _Hidden:
        """Return what holds inside a tag with these attributes."""
        pairs = (
            one.partition(":") for one in re.sub(r"\s|!important", "", (attributes.get("style") or "").lower()).split(";")
        )
        style = {name: value for name, _, value in pairs}
        size, seen = style.get("font-size", ""), style.get("visibility", "")
        return _Hidden(
            self.gone or "hidden" in attributes or style.get("display") == "none",
            seen in ("hidden", "collapse") if seen and seen != "inherit" else self.invisible,
            bool(_ZERO.fullmatch(size)) or (self.tiny and bool(_INHERITED.fullmatch(size))) if size else self.tiny,
        )


class _Reader(HTMLParser):
    """Writes down what is seen of HTML whose tags all end: a line for each line, "> " before what is quoted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._around = [_Hidden()]
        self._lines: list[str] = []
        self._line = ""
        self._quotes = self._kept = 0
        self._row, self._first_cell = 0, True
        self._numbers: list[int | None] = []

    def text(self) -> str:
        """Return everything that was seen."""
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self._around.append(self._around[-1].within(dict(attributes)))
        if tag == "tr":
            self._row, self._first_cell = len(self._lines), True
        elif tag in _CELLS and self._first_cell:
            self._first_cell = any(self._around[-1])
        elif tag in _CELLS and not any(self._around[-1]):
            self._line = (self._line or self._taken_back()) + _PART
        self._lay_out(tag, 1)
        if tag == "li" and not any(self._around[-1]):
            self._line = self._mark()

    def handle_endtag(self, tag: str) -> None:
        if len(self._around) > 1:
            self._around.pop()
        self._lay_out(tag, -1)

    def handle_data(self, data: str) -> None:
        if any(self._around[-1]):
            return
        if self._kept:
            first, *others = data.split("\n")
            self._line += first
            for other in others:
                self._end_line()
                self._line = other
            return
        words = _SPACES.sub(" ", data)
        self._line += words.lstrip(" ") if not self._line or self._line.endswith(" ") else words

    def _lay_out(self, tag: str, step: int) -> None:
        empty = tag == "br" and not self._line.strip()
        begun = step > 0 and self._line.endswith(_PART)
        if (tag in _PARAGRAPHS or tag in _ROWS) and not begun:
            self._end_line()
        if (tag in _PARAGRAPHS or empty) and not begun and self._lines and self._lines[-1].strip("> "):
            self._lines.append(_marks(self._quotes - (tag == "blockquote" and step < 0)))
        if tag in _LISTS and step > 0:
            self._numbers.append(0 if tag == "ol" else None)
        elif tag in _LISTS and self._numbers:
            self._numbers.pop()
        self._quotes += step * (tag == "blockquote")
        self._kept += step * (tag == "pre")

    def _taken_back(self) -> str:
        """The last line of this row of a table: a paragraph in one cell does not part it from the next."""
        while len(self._lines) > self._row:
            line = self._lines.pop().removeprefix(_marks(self._quotes))
            if line.strip("> "):
                return line
        return ""

    def _mark(self) -> str:
        if not self._numbers or self._numbers[-1] is None:
            return "* "
        self._numbers[-1] += 1
        return f"{self._numbers[-1]}. "

    def _end_line(self) -> None:
        if self._line.strip():
            self._lines.append(_marks(self._quotes) + self._line.rstrip())
        self._line = ""


def _marks(quotes: int) -> str:
    return "> " * min(quotes, _DEEPEST)
