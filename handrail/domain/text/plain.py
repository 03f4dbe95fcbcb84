"""Text in the one form that everything else reads."""

from __future__ import annotations

import re
import unicodedata

# The class of characters leads, which lets the search skip all others at once; `(?<=\d.)` looks at what stands before.
_MARKED = re.compile(r"[\u0300-\u036f\u20d0-\u20f0\ufe00-\ufe0f](?<=\d.)[\u0300-\u036f\u20d0-\u20f0\ufe00-\ufe0f]*")
_NO_LETTER = re.compile(r"[\W_]+")
_RAISED = re.compile(r"[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070\u2074-\u2079\u2080-\u2089\u2150-\u215e\u2460-\u249b](?<=\d.)")


def clean(text: str) -> str:
    """Return `text` in compatibility form, without invisible characters: full-width digits are digits.

    A raised digit or a fraction behind a digit is set off by '^', so that `10²` never reads as 102. Cleaning twice changes
    nothing.
    """
    if text.isascii():
        return text
    invisible = [character for character in set(text) if unicodedata.category(character) == "Cf"]
    visible = text.translate(str.maketrans("", "", "".join(invisible))) if invisible else text
    return unicodedata.normalize("NFKC", _RAISED.sub(r"^\g<0>", _MARKED.sub("", visible)))


def compact(text: str) -> str:
    """Return letters and digits only, in lower case: O-10021 and o10021 are one identifier."""
    folded = text.casefold()
    return folded if folded.isalnum() else _NO_LETTER.sub("", folded)
