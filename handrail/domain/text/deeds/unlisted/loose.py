"""Changes that no kind of deed names, held against effects, records and people's words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.text.deeds.data import identifiers
from handrail.domain.text.deeds.done import Done
from handrail.domain.text.deeds.lexicon import MARKED, lexicons
from handrail.domain.text.deeds.listed.claim import ANY, CHANGE, OTHER, Claim
from handrail.domain.text.deeds.unlisted.changes import Change, changes
from handrail.domain.text.plain import clean

_FORMS = ("done:", "own:", "ahead:", "noun:", "verb:", "act:")
_DEEDS = ("done:", "own:")
_ACTS = frozenset({"act", "ownact", "changed", "way", "generic"})
_QUOTE = 120
_SHORT = 60
_LEAST = 4
_WORD = re.compile(r"[^\W\d_]{4,}")


def others_claimed(text: str, language: str | None, claims: Sequence[Claim]) -> list[Claim]:
    """Claims of changes that none of `claims`, which words of kinds make, already speaks of."""
    spoken = {one.sentence.strip() for one in claims if one.kind != CHANGE}
    return [
        Claim(
            ANY if one.settled else OTHER,
            one.sentence,
            own=one.own,
            related=_related(one),
            verb=one.verb,
            language=one.language,
        )
        for one in changes(clean(text).replace(MARKED, " "), language)
        if not _judged(one, known=one.sentence.strip() in spoken)
    ]


def why_not(claim: Claim) -> str:
    """Tell a model what is wrong with a claim that nothing covers."""
    return (
        f"{claim.sentence.strip()[:_QUOTE]!r} says that something was done ({claim.verb}), which nothing here shows. "
        "Say what is so, or do it first."
    )


def _judged(change: Change, *, known: bool) -> bool:
    """Tell if the words of kinds have settled the sentence: its verb is theirs."""
    names = lexicons()[change.language].classes(change.verb)
    return any(name.startswith(_DEEDS) for name in names) or (
        known and any(name in _ACTS or name.startswith(_FORMS) for name in names)
    )


def _related(change: Change) -> frozenset[str]:
    found = {change.kind} if change.kind else set()
    return related_kinds(change.words, change.language) | found


def related_kinds(said: Sequence[str], language: str) -> frozenset[str]:
    """Find the kinds of deeds that have a word among the words of a sentence."""
    lexicon, words = lexicons()[language], list(said)
    found: set[str] = set()
    for place in range(len(words)):
        for name in (*lexicon.phrase(words, place)[1], *lexicon.classes(words[place])):
            if name.startswith(_FORMS):
                found.add(name.partition(":")[2])
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Unnamed:
    """An applied effect of no known kind: the `starts` of its words, and the `objects` it was done on."""

    starts: frozenset[str]
    objects: frozenset[str]

    @classmethod
    def of(cls, effect: EffectResult) -> Unnamed:
        """Read the words of its action, its arguments and its result; 'order' of `order_id` is none."""
        data = (effect.action, effect.arguments, effect.result)
        words = {word for one in data for word in (*_words(one), *_names(one), *identifiers(one))}
        return cls(frozenset(word.casefold()[:_LEAST] for word in words), _long(identifiers(data)))

    def may_be(self, claim: Claim) -> bool:
        """Tell if the claim may speak of it: not of another object, and in English with a word of it.

        Actions are named in English: a claim in another language shares no word with them.
        """
        figures = {one for word in claim.sentence.split() for one in identifiers(word)}
        named = _long(figures)
        if named and self.objects and not named & self.objects:
            return False
        said = {*_WORD.findall(claim.sentence), *figures}
        return claim.language != "en" or any(word.casefold()[:_LEAST] in self.starts for word in said)


def _long(found: Collection[str]) -> frozenset[str]:
    """Leave out years, days and counts."""
    return frozenset(one for one in found if len(one) > _LEAST)


def _names(value: Any) -> Iterator[str]:
    """Words of the names of arguments, except of identifiers."""
    if isinstance(value, Mapping):
        for name in value:
            if not str(name).endswith("id"):
                yield from _WORD.findall(str(name).replace("_", " "))


@dataclass(frozen=True, slots=True)
class Loose:
    """Cover for a change of no kind: `kinds` of effects and of `states`, `unnamed` effects, and `words` that tell of it."""

    any: bool
    kinds: frozenset[str]
    states: frozenset[str]
    unnamed: tuple[Unnamed, ...]
    words: Mapping[str, frozenset[str]]

    @classmethod
    def gather(
        cls,
        done: Sequence[Done],
        states: Sequence[Done],
        effects: Sequence[EffectResult],
        facts: Iterable[Any],
        person: Collection[str],
    ) -> Loose:
        """Read once what was done, what records say, and what people wrote."""
        applied = [one for one in effects if one.status is EffectStatus.APPLIED]
        named = ([one.action, one.result] for one, deed in zip(applied, done, strict=True) if deed.kinds)
        told = {word.casefold() for one in (*facts, *named) for word in _words(one)}
        by_start: dict[str, set[str]] = {}
        for word in told | {one for one in person if len(one) >= _LEAST}:
            by_start.setdefault(word[:_LEAST], set()).add(word)
        return cls(
            bool(done),
            frozenset(kind for one in done for kind in one.kinds),
            frozenset(kind for one in states for kind in one.kinds),
            tuple(Unnamed.of(one) for one, deed in zip(applied, done, strict=True) if not deed.kinds),
            {start: frozenset(words) for start, words in by_start.items()},
        )

    def covers(self, claim: Claim) -> bool:
        """Tell if an effect, a record or a person's words account for the change."""
        if claim.kind == ANY:
            return self.any
        if (
            any(one.may_be(claim) for one in self.unnamed)
            or claim.related & self.kinds
            or (not claim.own and claim.related & self.states)
        ):
            return True
        return any(_alike(word, claim.verb) for word in self.words.get(claim.verb[:_LEAST], ()))


def _alike(word: str, verb: str) -> bool:
    """Tell if both are forms of one word: 'extended' and 'extend', 'extension' not."""
    both = zip(word, verb, strict=False)
    shared = next((at for at, (one, other) in enumerate(both) if one != other), min(len(word), len(verb)))
    return shared >= max(_LEAST, len(verb) - 3, len(word) - 3)


def _words(value: Any) -> Iterator[str]:
    """Words of short texts and of the names of what is so."""
    match value:
        case str():
            if len(value) <= _SHORT:
                yield from _WORD.findall(value.replace("_", " "))
        case Mapping():
            for name, inner in value.items():
                if inner:
                    yield from (word for word in _WORD.findall(str(name).replace("_", " ")) if word.endswith(("ed", "en")))
                    yield from _words(inner)
        case list() | tuple():
            for inner in value:
                yield from _words(inner)
