"""Phrases of risk rules: whole words in order, `*` for up to four words between, `~` for any ending of a word."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from handrail.routing.text import PAUSE, Folded, fold, spellings

GAP = "*"
GAP_WORDS = 4
STEM = "~"
_ENDING = r"\S{0,16}"

_BETWEEN = rf"(?: {PAUSE})? "
_GAP = rf"(?:(?: {PAUSE})? \w+){{0,{GAP_WORDS}}}?(?: {PAUSE})? "


@dataclass(frozen=True)
class Phrase:
    """A phrase as the file has it. A gap never crosses the end of a sentence.

    Raises:
        ValueError: empty, a gap at an end, two gaps in a row, or a star attached to a word.
    """

    text: str
    language: str

    def __post_init__(self) -> None:
        tokens = self.tokens
        if not tokens or all(token == GAP for token in tokens):
            raise ValueError("is empty; write at least one word")
        if GAP in (tokens[0], tokens[-1]):
            raise ValueError("begins or ends with '*'; a gap stands between two words")
        if any(token == following == GAP for token, following in pairwise(tokens)):
            raise ValueError("has two '*' in a row; one '*' is a gap of up to four words")

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        tokens: list[str] = []
        for piece in self.text.split():
            if GAP in piece and piece != GAP:
                raise ValueError(f"has '*' attached to a word in {piece!r}; put blanks around it")
            words = (GAP,) if piece == GAP else _words(piece.removesuffix(STEM))
            tokens += [*words[:-1], words[-1] + STEM] if piece.endswith(STEM) and words else words
        return tuple(tokens)

    @cached_property
    def needed(self) -> tuple[frozenset[str], ...]:
        """The spellings of each whole word; a message that lacks one of the words cannot match."""
        return tuple(frozenset(spellings(token)) for token in self.tokens if token != GAP and not token.endswith(STEM))

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The spellings of the first word of which only the beginning is given, in a phrase that has no whole word."""
        first = next((token for token in self.tokens if token.endswith(STEM)), "")
        return () if self.needed or not first else spellings(first.removesuffix(STEM))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        source = ""
        for position, token in enumerate(self.tokens):
            if token == GAP:
                continue
            if position:
                source += _GAP if self.tokens[position - 1] == GAP else _BETWEEN
            source += f"(?:{'|'.join(map(re.escape, spellings(token.removesuffix(STEM))))})"
            source += _ENDING if token.endswith(STEM) else ""
        return re.compile(rf"(?<= ){source}(?= )")

    def matches(self, message: Folded) -> Iterator[re.Match[str]]:
        """Every place in the stream, from left to right."""
        if all(not one.isdisjoint(message.vocabulary) for one in self.needed):
            yield from self.pattern.finditer(message.stream)


class Phrasebook:
    """Many phrases, each found by its longest word, so that a message is held against the few that it may contain."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._order: dict[Phrase, int] = {}
        self._by_anchor: defaultdict[str, list[Phrase]] = defaultdict(list)
        self._by_stem: defaultdict[str, list[Phrase]] = defaultdict(list)
        for phrase in phrases:
            if phrase in self._order:
                continue
            self._order[phrase] = len(self._order)
            for spelling in max(phrase.needed, key=lambda spellings: max(map(len, spellings)), default=()):
                self._by_anchor[spelling].append(phrase)
            for stem in phrase.stems:
                self._by_stem[stem].append(phrase)
        self._anchors = frozenset(self._by_anchor)
        self._lengths = sorted({len(stem) for stem in self._by_stem})

    def matches(self, message: Folded) -> Iterator[tuple[Phrase, re.Match[str]]]:
        """Every phrase with every place where it stands, phrases in their order."""
        candidates = {phrase for word in self._anchors & message.vocabulary for phrase in self._by_anchor[word]}
        for stem in {word[:length] for length in self._lengths for word in message.vocabulary} & self._by_stem.keys():
            candidates.update(self._by_stem[stem])
        for phrase in sorted(candidates, key=lambda phrase: self._order[phrase]):
            for match in phrase.matches(message):
                yield phrase, match

    def first(self, message: Folded) -> Phrase | None:
        """The first phrase that the message contains."""
        return next((phrase for phrase, _ in self.matches(message)), None)


@lru_cache(maxsize=8_192)
def _words(piece: str) -> tuple[str, ...]:
    """The words of one blank-separated piece, umlauts kept so that both spellings can be derived."""
    lowered = piece.casefold()
    if lowered.isascii() and lowered.isalnum():
        return (lowered,)
    words = Folded(lowered).words
    return (lowered,) if len(words) <= 1 and fold(lowered).isalnum() else tuple(words)
