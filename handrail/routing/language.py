"""Which language a message is in, with a confidence that short messages do not deserve."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

from handrail.routing.lexicon import lexicon
from handrail.routing.text import Folded, fold

DEFAULT = "en"
SURE = 0.6
LOOKED_AT = 600

_ALIASES = {"nb": "no"}
_LANGUAGES = (
    *(Language.ENGLISH, Language.GERMAN, Language.FRENCH, Language.SPANISH, Language.ITALIAN, Language.DUTCH),
    *(Language.SWEDISH, Language.POLISH, Language.PORTUGUESE, Language.DANISH, Language.BOKMAL, Language.FINNISH),
    *(Language.CZECH, Language.SLOVAK, Language.HUNGARIAN, Language.ROMANIAN, Language.TURKISH, Language.CROATIAN),
    *(Language.GREEK, Language.RUSSIAN, Language.UKRAINIAN, Language.BULGARIAN),
    *(Language.ARABIC, Language.HEBREW, Language.HINDI, Language.THAI),
    *(Language.CHINESE, Language.JAPANESE, Language.KOREAN),
)
_NOT_LANGUAGE = re.compile(r"\S*[@\d_]\S*|https?://\S+|[^\w\s'’]+")
_FLOOR = 0.02
_VOTE = 2.0
_MOST_VOTES = 4.0
_LETTERS = 4


@dataclass(frozen=True)
class Guess:
    """An ISO 639-1 code and how sure it is, 0 to 1. Below `SURE` it is the fallback, not a finding."""

    language: str
    confidence: float


class Languages:
    """Character statistics (lingua, the small models: 40 MB, 0.2 s) and the small words of nine languages, multiplied.

    The large models need 660 MB and 3 s in every worker; the small words bring back what the small models lose.
    """

    def __init__(self) -> None:
        self._detector: LanguageDetector = (
            LanguageDetectorBuilder.from_languages(*_LANGUAGES)
            .with_low_accuracy_mode()
            .with_preloaded_language_models()
            .build()
        )
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

    def _shares(self, plain: str) -> dict[str, float]:
        votes: dict[str, float] = {}
        for word in Folded(plain).words:
            for language, weight in self._votes.get(word, {}).items():
                votes[language] = votes.get(language, 0.0) + weight
        scale = min(1.0, _MOST_VOTES / max(votes.values(), default=1.0))
        weights = {}
        for found in self._detector.compute_language_confidence_values(plain):
            code = found.language.iso_code_639_1.name.lower()
            code = _ALIASES.get(code, code)
            weights[code] = (found.value + _FLOOR) * math.exp(_VOTE * scale * votes.get(code, 0.0))
        total = sum(weights.values())
        return {code: weight / total for code, weight in weights.items()}
