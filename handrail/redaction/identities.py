"""Finds national identity numbers that tell themselves: by a shape of their own and, where they have one, a check digit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module

from handrail.domain.text.redacted import Secret
from handrail.redaction.found import Found

_SHAPES = {
    # A module of python-stdnum that checks it, or nothing where the shape is all there is.
    "it.codicefiscale": r"[A-Za-z]{6}[\dL-NP-V]{2}[A-EHLMPRSTa-ehlmprst][\dL-NP-V]{2}[A-Za-z][\dL-NP-V]{3}[A-Za-z]",
    "fr.nir": r"[12]\s?\d{2}\s?(?:0[1-9]|1[0-2])\s?(?:\d{2}|2[ABab])\s?\d{3}\s?\d{3}\s?\d{2}",
    "es.dni": r"\d{8}-?[A-Z]",
    "es.nie": r"[XYZ]-?\d{7}-?[A-Z]",
    "ch.ssn": r"756\.\d{4}\.\d{4}\.\d{2}",
    "us.ssn": r"\d{3}-\d{2}-\d{4}",
    "se.personnummer": r"(?:19|20)?\d{6}[-+]\d{4}",
    "fi.hetu": r"\d{6}[-+A]\d{3}[\dA-Y]",
    "br.cpf": r"\d{3}\.\d{3}\.\d{3}-\d{2}",
    "be.nn": r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}",
    "": r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]",
}
_ALL = re.compile(
    r"(?<![\w#.+-])(?:"
    + "|".join(f"(?P<n{place}>{shape})" for place, shape in enumerate(_SHAPES.values()))
    + r")(?![\w+]|[-.]\w)"
)
_DIGITS = re.compile(r"\d[\d\s.+-]{3,}|\d{2}[A-Za-z]\d{2}[A-Za-z]")
"""Some of this is in every one of them, and in few other texts."""


def identities(text: str) -> Iterator[Found]:
    """Yield national ids. Ids of figures alone are found behind a word that names them, see `spoken`."""
    if not _DIGITS.search(text):
        return
    names = list(_SHAPES)
    for match in _ALL.finditer(text):
        name = names[int((match.lastgroup or "n0")[1:])]
        if not name or _check(name)(match[0]):
            yield Found(match.start(), match.end(), Secret.NATIONAL_ID)


@cache
def _check(name: str) -> Callable[[str], bool]:
    """The check of one country, loaded when a number looks like one of its."""
    check: Callable[[str], bool] = import_module(f"stdnum.{name}").is_valid
    return check
