"""The words of a mail: its plain text or what its HTML says, without what is quoted in it."""

from __future__ import annotations

import re

from handrail.domain.case.messages import without_controls
from handrail.domain.text.message.mail import cut
from handrail.mail.reading.markup import from_html
from handrail.mail.reading.parts import LONGEST_HTML, MailParts

_BLANK = re.compile(r"\n{3,}")


def whole_of(parts: MailParts) -> str:
    """Return all that the mail says, as plain text."""
    plain = "\n\n".join(one.strip() for one in parts.plain if one.strip())
    if plain:
        return tidy(plain)
    html = "\n".join(parts.html)
    if len(html) > LONGEST_HTML:
        parts.odd.append(f"HTML of {len(html):,} characters was read up to {LONGEST_HTML:,}.")
    return tidy(from_html(html[:LONGEST_HTML])) if html.strip() else ""


def own_words_of(whole: str) -> str:
    """Return what the customer wrote themselves; the whole where nothing is left of it."""
    return cut(whole).strip() or whole


def tidy(text: str) -> str:
    """Return the text with plain line ends and without characters that are none."""
    lines = without_controls(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return _BLANK.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip()
