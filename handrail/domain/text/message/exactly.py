"""A request that is as good as a yes: the customer names the action, its object and its amount, and says nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from handrail.domain.text.deeds.done import STEMS
from handrail.domain.text.deeds.lexicon import spoken_in
from handrail.domain.text.message.answers import phrases_of, unquoted, words_of
from handrail.domain.text.message.signs import signs_of
from handrail.domain.text.packs import packs
from handrail.domain.text.plain import clean

MOST = 400
"""Characters; whoever writes more has more to say."""
_WHOLE = re.compile(r"(?<=\d)[.,]00\b")
_CURRENCY = re.compile(r"\b[A-Z]{3}\b")


def asked_exactly(texts: Sequence[str], language: str, action: str, line: str, arguments: Iterable[Any]) -> bool:
    """Return whether the customer's own words ask for exactly what `line` says of `action`; anything doubtful is a no.

    They begin with the action, name every number, currency and text argument of the line, and hold no word that is not
    courtesy, an echo of the line, or a small word of the language.
    """
    text = "\n".join(unquoted(clean(one), ()) for one in texts)
    if len(text) > MOST or "?" in text or signs_of(text):
        return False
    words, wanted = words_of(_WHOLE.sub("", text)), words_of(_WHOLE.sub("", clean(line)))
    verbs = {word for word in words if _names(word, language, action)}
    phrases = phrases_of([word for word in words if word not in verbs], language, [frozenset(wanted)])
    small = {word for entry in _small(language) for word in words_of(entry)}
    if any(kind not in ("polite", "about") and not set(said) <= small for said, kind in phrases):
        return False
    if any(kind in ("no", "but", "unsure") for _, kind in phrases):
        return False
    return _begins(words, verbs, language, wanted) and _needed(line, wanted, arguments) <= set(words)


def _names(word: str, language: str, action: str) -> bool:
    kinds = [kind for kind, stems in STEMS.items() if any(stem in action.casefold() for stem in stems)]
    return any(f"verb:{kind}" in spoken_in(word).get(language, ()) for kind in kinds)


def _begins(words: Sequence[str], verbs: set[str], language: str, wanted: Sequence[str]) -> bool:
    """Return whether nothing but courtesy stands before the action."""
    first = next((place for place, word in enumerate(words) if word in verbs), None)
    if first is None:
        return False
    before = phrases_of(words[:first], language, ())
    return all(kind in ("polite", "about") for _, kind in before)


def _needed(line: str, wanted: Sequence[str], arguments: Iterable[Any]) -> set[str]:
    """Return the words that must be named: numbers, currencies, and what the line says of the text arguments."""
    texts = {word for one in arguments if isinstance(one, str) for word in words_of(one)}
    named = {word for word in wanted if any(one.isdigit() for one in word) or word in texts}
    return named | {one.casefold() for one in _CURRENCY.findall(line)}


def _small(language: str) -> Sequence[str]:
    pack = packs().by_code.get(language)
    return pack.speech.small if pack else ()
