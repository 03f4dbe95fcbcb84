"""Refusals in the reader's language: a refusal's own words are English, and a file for each other language says them anew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from handrail.api.problems.table import code_of

FOLDER = Path(__file__).with_name("refusals")
GAP = "{}"
WITHIN = 3
"""How deep a refusal may stand within another one."""
PLACE = re.compile(r"\{(\d)\}")


class Why(NamedTuple):
    """Words that say why something was refused; `detail` is in English, where `words` do not say all of it."""

    words: str
    detail: str = ""


class GappedPhrases:
    """Phrases of a language: sentences with gaps, names of what stands in the gaps, a sentence for each kind of refusal."""

    def __init__(
        self, words: Mapping[str, str], fields: Mapping[str, str] | None = None, kinds: Mapping[str, str] | None = None
    ) -> None:
        self.words, self.fields, self.kinds = words, fields or {}, kinds or {}
        # What says more by itself is tried first.
        ordered = sorted(words, key=lambda one: -len(one.replace(GAP, "")))
        self._patterns = [(pattern_of(one), words[one]) for one in ordered]

    def said(self, text: str, within: int = WITHIN) -> str | None:
        """Return the words for an English sentence; None where there are none."""
        for pattern, words in self._patterns:
            if found := pattern.fullmatch(text):
                return filled(words, [self._part(one, within) for one in found.groups()])
        return None

    def _part(self, text: str, within: int) -> str:
        if text in self.fields:
            return self.fields[text]
        return (self.said(text, within - 1) if within else None) or text


def filled(words: str, parts: Sequence[str]) -> str:
    """Return the words with their places filled; what is put in is never read as words with places."""
    return PLACE.sub(lambda place: parts[int(place[1])], words)


def pattern_of(words: str) -> re.Pattern[str]:
    """Return the pattern of words with gaps; of two gaps side by side the first has it all."""
    parts = ["()" if part == GAP else re.escape(part) for part in re.split(r"(?<=\{\})(\{\})", words)]
    return re.compile("".join(parts).replace(re.escape(GAP), "(.*?)"), re.DOTALL)


def phrases_in(folder: Path) -> Mapping[str, GappedPhrases]:
    """Return the phrases of every language that has a file in the folder."""
    return {file.stem: GappedPhrases(**yaml.safe_load(file.read_text(encoding="utf-8"))) for file in folder.glob("*.yaml")}


@cache
def refusal_words() -> Mapping[str, GappedPhrases]:
    """Return the words of every language but English."""
    return phrases_in(FOLDER)


def why(error: Exception, language: str) -> Why:
    """Return the words that say why, in the reader's language."""
    return why_not(str(error), code_of(error), language)


def why_not(text: str, code: str, language: str) -> Why:
    """Return the words for a refusal of the kind `code`, which says `text`."""
    known = refusal_words().get(language)
    if known is None:
        return Why(text)
    said = known.said(text)
    return Why(said) if said is not None else Why(known.kinds[code], text)
