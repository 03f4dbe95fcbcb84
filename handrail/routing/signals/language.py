"""The language of a message, with a confidence that short messages do not deserve."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from handrail.domain.text.completeness import answers
from handrail.domain.text.packs import Pack, packs
from handrail.routing.lexicon import lexicon
from handrail.routing.text import Folded, fold

DEFAULT = "en"
SURE = 0.6
LOOKED_AT = 600

_NOT_LANGUAGE = re.compile(r"\S*[@\d_]\S*|https?://\S+|[^\w\s'’]+")
_FLOOR = 0.001
_VOTE = 1.0
_MOST_VOTES = 4.0
_VOTING_WORDS = 3
_LETTERS = 4
SURE_SPOKEN, SURE_UNSPOKEN = 0.75, 0.9
"""How sure a change of language must be where its small words stand in the text, and where none of them does."""
_SENTENCE_WORDS = 4
_USUAL, _SHARED = 0.001, 3
"""A letter is one of a language from this share of its pack's letters on; it tells at most so many languages apart."""
_LIKELY = 0.4
"""The weight of a language that the agent does not answer in, beside one that it does: most customers write in the latter."""
_UNHEARD = 0.5
"""The share of a language that the statistics do not know, where its small words stand in the text."""


@dataclass(frozen=True)
class Guess:
    """An ISO 639-1 code and how sure it is, 0 to 1. Below `SURE` it is the fallback, not a finding."""

    language: str
    confidence: float


class LanguageDetector:
    """Byte statistics (py3langid: 80 MB, half a second) with the small words and letters of the language packs, multiplied.

    One or two words do not vote: "gracias" or "password reset" stand in messages of every language.
    """

    def __init__(self) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        known = packs()
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        counted = [code for code in known.by_code if code in self._identifier.nb_classes]
        self._identifier.set_languages(counted)
        self._likely = {code: 1.0 if answers(code) else _LIKELY for code in known.by_code}
        self._uncounted = [code for code in known.by_code if code not in counted]
        self._votes = _shared({code: map(fold, words) for code, words in lexicon().small_words.items()})
        self._letters = _shared({code: _letters(pack) for code, pack in known.by_code.items()}, at_most=_SHARED)

    def detect(self, text: str, fallback: str = DEFAULT) -> Guess:
        """The language of the first 600 characters; `fallback` with a low confidence where the text does not tell."""
        plain = _NOT_LANGUAGE.sub(" ", text[:LOOKED_AT]).strip()
        if sum(map(str.isalpha, plain)) < _LETTERS and plain.isascii():
            return Guess(fallback, 0.0)
        shares = self._shares(plain)
        best = max(shares, key=lambda language: (shares[language], language))
        if shares[best] >= SURE:
            return Guess(best, round(shares[best], 4))
        return Guess(fallback, round(min(shares.get(fallback, 0.0), SURE - 0.01), 4))

    def follow(self, text: str, before: str) -> Guess:
        """The language of a text in a case that is surely in `before`; another one only where a sentence shows it.

        A word or two, names, and numbers are said in any language: "OK super", "O-10024", "Samsung Galaxy Ultra". Where the
        language stays, the confidence is the case's: no less than `SURE`.
        """
        found = self.detect(text, before)
        if found.language == before:
            return Guess(before, max(found.confidence, SURE))
        plain = _NOT_LANGUAGE.sub(" ", text[:LOOKED_AT])
        words = [one for one in Folded(plain).words if len(one) > 1]
        votes = self._small_words(words)
        spoken = votes.get(found.language, 0.0) > votes.get(before, 0.0)
        named = sum(not one[0].islower() for one in plain.split())
        sure = found.confidence >= (SURE_SPOKEN if spoken else SURE_UNSPOKEN) and (spoken or named * 2 < len(words))
        if sure and len(words) >= _SENTENCE_WORDS:
            return found
        return Guess(before, SURE)

    def _shares(self, plain: str) -> dict[str, float]:
        statistics: list[tuple[str, float]] = self._identifier.rank(plain)
        votes = self._small_words(Folded(plain).words)
        unheard = [(code, _UNHEARD if votes.get(code) else 0.0) for code in self._uncounted]
        for letter in set(plain.casefold()):
            for language, weight in self._letters.get(letter, {}).items():
                votes[language] = votes.get(language, 0.0) + weight
        scale = _VOTE * min(1.0, _MOST_VOTES / max(votes.values(), default=1.0))
        few = len(plain.split()) < _VOTING_WORDS
        weights = {
            code: (1.0 if few else self._likely[code]) * (share + _FLOOR) * math.exp(scale * votes.get(code, 0.0))
            for code, share in [*statistics, *unheard]
        }
        total = sum(weights.values())
        return {code: weight / total for code, weight in weights.items()}

    def _small_words(self, words: list[str]) -> dict[str, float]:
        votes: dict[str, float] = {}
        if len(words) < _VOTING_WORDS:
            return votes
        for word in words:
            for language, weight in self._votes.get(word, {}).items():
                votes[language] = votes.get(language, 0.0) + weight
        return votes


def _shared(said: Mapping[str, Iterable[str]], *, at_most: int | None = None) -> dict[str, dict[str, float]]:
    """Each word or letter with the languages that it speaks for; one that many have speaks less for each."""
    languages: dict[str, set[str]] = {}
    for language, words in said.items():
        for word in words:
            languages.setdefault(word, set()).add(language)
    kept = {word: those for word, those in languages.items() if at_most is None or len(those) <= at_most}
    return {word: {language: 1 / len(those) for language in those} for word, those in kept.items()}


def _letters(pack: Pack) -> list[str]:
    """The letters beyond a to z in which the language is usually written: those of the sentences in its pack."""
    examples = [*pack.examples.language, *pack.examples.person, *pack.examples.calm]
    counted = Counter(letter for text in (*pack.told.values(), *examples) for letter in text.casefold() if letter.isalpha())
    least = _USUAL * counted.total()
    return [letter for letter, count in counted.items() if not letter.isascii() and count >= least]
