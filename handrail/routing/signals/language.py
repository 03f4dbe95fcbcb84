"""The language of a message, with a confidence that short messages do not deserve."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from handrail.routing.lexicon import lexicon
from handrail.routing.text import Folded, fold

DEFAULT = "en"
SURE = 0.6
LOOKED_AT = 600

_LANGUAGES = (
    *("en", "de", "fr", "es", "it", "nl", "sv", "pl", "pt", "da", "no", "fi", "cs", "sk", "hu", "ro", "tr", "hr"),
    *("el", "ru", "uk", "bg", "ar", "he", "hi", "th", "zh", "ja", "ko"),
)
_NOT_LANGUAGE = re.compile(r"\S*[@\d_]\S*|https?://\S+|[^\w\s'’]+")
_FLOOR = 0.001
_VOTE = 1.0
_MOST_VOTES = 4.0
_VOTING_WORDS = 3
_LETTERS = 4
SURE_SPOKEN, SURE_UNSPOKEN = 0.75, 0.9
"""How sure a change of language must be where its small words stand in the text, and where none of them does."""
_SENTENCE_WORDS = 4


@dataclass(frozen=True)
class Guess:
    """An ISO 639-1 code and how sure it is, 0 to 1. Below `SURE` it is the fallback, not a finding."""

    language: str
    confidence: float


class LanguageDetector:
    """Byte statistics (py3langid: 80 MB, half a second) and the small words of a dozen languages, multiplied.

    One or two words do not vote: "gracias" or "password reset" stand in messages of every language.
    """

    def __init__(self) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._identifier.set_languages(_LANGUAGES)
        self._votes: dict[str, dict[str, float]] = {}
        by_word: dict[str, set[str]] = {}
        for language, words in lexicon().small_words.items():
            for word in words:
                by_word.setdefault(fold(word), set()).add(language)
        for word, languages in by_word.items():
            self._votes[word] = {language: 1 / len(languages) for language in languages}

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
        scale = _VOTE * min(1.0, _MOST_VOTES / max(votes.values(), default=1.0))
        weights = {code: (share + _FLOOR) * math.exp(scale * votes.get(code, 0.0)) for code, share in statistics}
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
