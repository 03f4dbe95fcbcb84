"""Sentences that speak like a claim of a deed, by learned weights."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from handrail.domain.text.deeds.learned.features import features, pieces
from handrail.domain.text.deeds.learned.weights import weights
from handrail.domain.text.deeds.lexicon import MARKED
from handrail.domain.text.deeds.listed.claim import OTHER, Claim
from handrail.domain.text.deeds.unlisted.excuses import excused
from handrail.domain.text.deeds.unlisted.loose import related_kinds
from handrail.domain.text.deeds.unlisted.parts import language_of
from handrail.domain.text.plain import clean
from handrail.domain.text.sentences import sentences

THRESHOLD = 0.1
"""From this score on a sentence is taken as a claim; measured in docs/agent/replies.md."""


def suspected(text: str, language: str | None, judged: Collection[str]) -> Iterator[Claim]:
    """Claims of sentences that are not among the `judged`, which words or forms have settled."""
    for sentence in sentences(clean(text).replace(MARKED, " ")):
        if sentence.text in judged or sentence.text.endswith("?"):
            continue
        for words in pieces(sentence.text):
            spoken = language_of(tuple(words), language)
            if weights(spoken).score(features(words)) > THRESHOLD and not excused(sentence.text, language):
                yield Claim(OTHER, sentence.text, related=related_kinds(words, spoken), language=spoken)
                break
