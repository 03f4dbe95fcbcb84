"""Links in a reply, and which of them a business allows."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from handrail.domain.text.words import words

_LINK = re.compile(
    r"(?P<sure>(?:[a-z][a-z0-9+.-]{1,15}://|www\.|\b(?:javascript|data|mailto|tel|vbscript):)[^\s<>\"')\]]+)"
    r"|(?<![\w@.-])(?P<host>(?:[\w-]{1,63}[.。])+[^\W\d_][\w-]{1,62})(?![\w.+-]*@)(?P<path>[/:?#][^\s<>\"')\]]*)?",
    re.IGNORECASE,
)


def strange_links(text: str, allowed: Collection[str]) -> Iterator[str]:
    """Links that are not on the list. `allowed` holds hosts ('example.com', with what is below it), prefixes
    ('https://example.com/help') and e-mail addresses."""
    for match in _links(text):
        link = match[0].rstrip(".,;:!?*_")
        if not _allowed(link, allowed):
            yield link


def without_links(text: str) -> str:
    """The text with blanks where links stood."""
    pieces, place = [], 0
    for match in _links(text):
        pieces += [text[place : match.start()], " " * len(match[0])]
        place = match.end()
    return "".join([*pieces, text[place:]])


def _links(text: str) -> Iterator[re.Match[str]]:
    """Yield anything a mail program may make a link of: a scheme, or a name that ends in a public suffix."""
    for match in _LINK.finditer(text):
        if match["sure"] or (_domain(match["host"]) and not _sentence_end(match, text)):
            yield match


def _domain(host: str) -> bool:
    lower = host.lower().replace("。", ".")
    return lower not in words("links")["short"] and _suffixes().publicsuffix(lower) is not None


def _sentence_end(match: re.Match[str], text: str) -> bool:
    """'It is done.It comes soon': one full stop, then a word that begins sentences, written as one, then a blank."""
    left, _, right = match["host"].rpartition(".")
    begins = right[:1].isupper() and right[1:].islower() and right.lower() in words("links")["begins"]
    return begins and not match["path"] and "." not in left and text[match.end() : match.end() + 1].isspace()


@functools.cache
def _suffixes() -> PublicSuffixList:
    """The list that comes with the package; nothing is downloaded."""
    return PublicSuffixList(accept_unknown=False)


def _allowed(link: str, allowed: Collection[str]) -> bool:
    if link.lower().startswith("mailto:"):
        return link[7:].partition("?")[0].casefold() in {one.casefold() for one in allowed}
    full = link if "://" in link else f"https://{link}"
    # Browsers read a backslash as a slash and what stands before '@' as a name: both hide the real host.
    if "\\" in full or not full.isascii():
        return False
    try:
        parts = urlsplit(full)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if parts.scheme.lower() not in ("https", "http") or "@" in parts.netloc or port not in (None, 80, 443):
        return False
    return any(_within(host, parts.path, one) for one in allowed)


def _within(host: str, path: str, allowed: str) -> bool:
    parts = urlsplit(allowed if "://" in allowed else f"https://{allowed}")
    wanted = (parts.hostname or "").rstrip(".")
    prefix = parts.path.rstrip("/")
    same_host = bool(wanted) and (host == wanted or (not prefix and host.endswith(f".{wanted}")))
    return same_host and ".." not in path and (path == prefix or path.startswith(f"{prefix}/") or not prefix)
