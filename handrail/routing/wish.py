"""The wish for a person: its phrases, unless a negation before or after takes them back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from handrail.routing.lexicon import Words, lexicon, phrases
from handrail.routing.phrases import Phrase
from handrail.routing.text import PAUSE, STOP, Folded

REACH = 6
AFTER = 4


@dataclass(frozen=True)
class Wish:
    """`phrases` are the business's; what takes them back is the same for every business."""

    phrases: list[Phrase]

    def find(self, message: Folded) -> Phrase | None:
        """The first phrase by which the customer asks for a person, or None."""
        for phrase in self.phrases:
            for match in phrase.matches(message):
                if not self._taken_back(message.stream, match):
                    return phrase
        return None

    def _taken_back(self, stream: str, match: re.Match[str]) -> bool:
        before = _last_clause(stream[: match.start()].split())[-REACH:]
        after = re.split(rf"[{re.escape(STOP)}{PAUSE}]", stream[match.end() :])[0].split()[:AFTER]
        return self._negated(before) or any(True for one in self._after for _ in one.matches(_folded(after)))

    def _negated(self, before: list[str]) -> bool:
        """A negation with nothing between it and the phrase that starts a new thought."""
        joined = _folded(before)
        ends = [match.end() for one in self._before for match in one.matches(joined)]
        if not ends:
            return False
        if any(True for one in self._complaint for _ in one.matches(joined)):
            return False
        between = joined.stream[max(ends) :].split()
        return not self._contrast.intersection(between)

    @cached_property
    def _before(self) -> list[Phrase]:
        return phrases(lexicon().unwish_before)

    @cached_property
    def _after(self) -> list[Phrase]:
        return phrases(lexicon().unwish_after)

    @cached_property
    def _complaint(self) -> list[Phrase]:
        return phrases(lexicon().complaint)

    @cached_property
    def _contrast(self) -> frozenset[str]:
        return vocabulary(lexicon().contrast)


def vocabulary(words: Words) -> frozenset[str]:
    """Every single word of every language, folded."""
    return frozenset(word for entries in words.values() for entry in entries for word in Folded(entry).words)


def _folded(words: list[str]) -> Folded:
    return Folded(" ".join(words))


def _last_clause(words: list[str]) -> list[str]:
    """What stands after the last mark that ends a clause."""
    marks = [position for position, word in enumerate(words) if word in (STOP, PAUSE)]
    return words[marks[-1] + 1 :] if marks else words
