"""The words of HTML, as its reader sees them: without markup, without what is hidden, with cells apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from html2text import HTML2Text

_VOID = frozenset({"area", "br", "col", "hr", "img", "wbr"})
_PLAIN = frozenset({"del", "strike", "s", "code", "tt", "kbd"})
"""Tags that the library would write as signs around the words."""
_BLOCKS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "hr"})
_ZERO = re.compile(r"0*(?:\.0*)?(?:px|pt|em|rem|ex|%)?")
_INHERITED = re.compile(r"inherit|[\d.]+(?:em|%)")


def from_html(html: str) -> str:
    """Return what a reader of the HTML sees, without addresses behind links and without pictures."""
    import html2text
    import nh3

    tags = nh3.ALLOWED_TAGS | {"font", "section", "main", "label", "button"}
    unseen = {"script", "style", "title", "template"}
    # What is hidden ends where its tag does: so every tag that begins has to end.
    clean = nh3.clean(html, tags=tags, clean_content_tags=unseen, attributes={"*": {"style", "hidden"}}, link_rel=None)
    reader = html2text.HTML2Text(bodywidth=0)
    reader.ignore_links = reader.ignore_images = reader.ignore_emphasis = True
    reader.ignore_tables = reader.unicode_snob = True
    reader.code = True  # else it escapes what Markdown could take for a sign of its own
    reader.tag_callback = _Sight().tag  # type: ignore[assignment]  # the library types it by its default, None
    return str(reader.handle(clean))


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


class _Sight:
    """A reader of HTML, tag by tag: what it sees and where its cells part."""

    def __init__(self) -> None:
        self._around = [_Hidden()]
        self._first = True

    def tag(self, reader: HTML2Text, tag: str, attributes: Mapping[str, str | None], start: bool) -> bool:
        """Take a tag; return whether the library has nothing more to do with it."""
        if tag not in _VOID:
            if start:
                self._around.append(self._around[-1].within(attributes))
            elif len(self._around) > 1:
                self._around.pop()
            reader.quiet = int(any(self._around[-1]))
        if tag == "tr" and start:
            self._first = True
        elif tag in ("td", "th") and start:
            if not self._first:
                reader.o(" | ")
            self._first = self._first and bool(reader.quiet)
        elif tag in _BLOCKS:
            reader.p()
        return tag in _PLAIN or tag in _BLOCKS
