"""Links in a reply, and which of them a business allows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

_TOP_LEVELS = "com|net|org|info|biz|io|app|dev|xyz|top|site|online|shop|store|link|click|ru|cn|uk|de|fr|nl|pl|eu|co|me|ly|gg"
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,15}://|www\.|\b(?:javascript|data|mailto|tel|vbscript):)[^\s<>\"')\]]+"
    rf"|(?<![\w@.-])(?:[a-z0-9-]{{1,63}}\.)+(?:{_TOP_LEVELS})\b(?![\w.+-]*@)(?:[/:?#][^\s<>\"')\]]*)?",
    re.IGNORECASE,
)


def strange_links(text: str, allowed: Collection[str]) -> Iterator[str]:
    """Links that are not on the list. `allowed` holds hosts ('example.com', with what is below it), prefixes
    ('https://example.com/help') and e-mail addresses."""
    for match in _LINK.finditer(text):
        link = match[0].rstrip(".,;:!?*_")
        if not _allowed(link, allowed):
            yield link


def without_links(text: str) -> str:
    """The text with blanks where links stood."""
    return _LINK.sub(lambda match: " " * len(match[0]), text)


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
