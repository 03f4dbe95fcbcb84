"""`risk.yaml`: words that decide by themselves, whatever the classifier thinks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import Field

from handrail.definitions import Document, Live, Loaded, refuse
from handrail.domain.base import Model
from handrail.domain.case.classification import OUT_OF_SCOPE, Risk
from handrail.domain.money import Rates, largest, named
from handrail.domain.text.packs import packs
from handrail.domain.text.plain import clean
from handrail.rates import RateFile
from handrail.routing.lexicon import Words
from handrail.routing.phrases import Phrase, Phrasebook
from handrail.routing.signals.human_request import PersonWish
from handrail.routing.text import Folded


class RiskRule(Model):
    """Applies where everything that it names holds, and raises the risk; `topic`, where given, replaces the classifier's.

    That is any phrase of any language, its own or that of `kinds` in the language packs, an amount above `amount_over` in
    the business's currency (see `rates.yaml`), any of the account's `flags`.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")
    topic: str | None = None
    risk: Risk
    reason: str = Field(min_length=1, max_length=200, description="words a person can read")
    phrases: Words = Field(default_factory=dict)
    kinds: list[str] = Field(default_factory=list, description="kinds of risk whose words stand in the language packs")
    amount_over: Decimal | None = Field(default=None, ge=0)
    flags: list[str] = Field(default_factory=list, description="as the business names them for a customer")


class WishRule(Model):
    """Phrases in which customers of this business ask for a person, beside those of the language packs."""

    phrases: Words = Field(default_factory=dict)


class RiskFile(Model):
    """The whole file. Phrases are whole words in order, in any case, with or without accents; `*` is up to four words."""

    version: int = Field(ge=1, le=1)
    rules: list[RiskRule]
    wants_person: WishRule = Field(default_factory=WishRule)


@dataclass(frozen=True)
class Hit:
    """A rule with what it found: the phrase as the file has it, the amount it holds against, the account's flag."""

    rule: RiskRule
    phrase: Phrase | None = None
    flag: str | None = None

    @property
    def sentence(self) -> str:
        """The hit in words for people; holds none of the customer's words beyond the phrase."""
        found = [f"'{self.phrase.text}'"] if self.phrase else []
        found += [f"an amount over {self.rule.amount_over}"] if self.rule.amount_over is not None else []
        found += [f"the account's flag '{self.flag}'"] if self.flag else []
        towards = f" → {self.rule.topic}" if self.rule.topic else " →"
        return f"rule {self.rule.id}: {' and '.join(found)}{towards} ({self.rule.risk}): {self.rule.reason}"


@dataclass(frozen=True)
class RoutingRules:
    """The rules in force."""

    risks: list[tuple[RiskRule, Phrasebook]]
    wish: PersonWish
    rates: Callable[[], Rates | None] = lambda: None

    def hits(self, message: Folded, flags: Sequence[str] = ()) -> list[Hit]:
        """One hit for each rule that applies to `message` from a customer with `flags`, the highest risk first."""
        asked = any(rule.amount_over is not None for rule, _ in self.risks)
        most = largest(list(named(clean(message.text))), self.rates()) if asked else None
        found = (self._hit(rule, book, message, flags, most) for rule, book in self.risks)
        return sorted(filter(None, found), key=lambda hit: -hit.rule.risk.rank)

    @staticmethod
    def _hit(rule: RiskRule, book: Phrasebook, message: Folded, flags: Sequence[str], largest: Decimal | None) -> Hit | None:
        spoken = bool(rule.phrases or rule.kinds)
        phrase = book.first(message) if spoken else None
        flag = next((one for one in rule.flags if one in flags), None)
        if (spoken and phrase is None) or (rule.flags and flag is None):
            return None
        if rule.amount_over is not None and (largest is None or largest <= rule.amount_over):
            return None
        return Hit(rule, phrase, flag)

    def mildest(self, topic: str) -> Risk:
        """The least that a message about `topic` risks, going by the rules that lead there; at least elevated."""
        risks = [rule.risk for rule, _ in self.risks if rule.topic == topic]
        mildest = min(risks, key=lambda risk: risk.rank, default=Risk.ELEVATED)
        return mildest if mildest.rank > Risk.ELEVATED.rank else Risk.ELEVATED


class RiskRules:
    """The file in force: read again when it changes; the last good version stays.

    Raises:
        DefinitionInvalid: the first reading fails; `file:line` for each thing that is wrong.
    """

    def __init__(self, path: Path, topics: Callable[[], Iterable[str]], *, every: float = 0.0) -> None:
        self._topics = topics
        self._rates = RateFile(path.with_name("rates.yaml"), every=every)
        self._live = Live(path, self._build, every=every)

    def now(self) -> Loaded[RoutingRules]:
        """The rules with the hash of their file."""
        return self._live.now()

    def _build(self, documents: list[Document]) -> RoutingRules:
        (document,) = documents
        file = document.parse(RiskFile)
        refuse(
            [
                *_unknown_topics(document, file, set(self._topics())),
                *_twice(document, file),
                *_idle(document, file),
                *_unspoken(document, file),
            ]
        )
        problems: list[str] = []
        risks = [
            (rule, Phrasebook([*_phrases(document, rule.phrases, ("rules", place), problems), *_of_kinds(rule.kinds)]))
            for place, rule in enumerate(file.rules)
        ]
        wish = PersonWish(_phrases(document, file.wants_person.phrases, ("wants_person",), problems))
        refuse(problems)
        return RoutingRules(risks, wish, self._rates.now)


def _unknown_topics(document: Document, file: RiskFile, known: set[str]) -> Iterable[str]:
    for place, rule in enumerate(file.rules):
        if rule.topic is not None and rule.topic not in known | {OUT_OF_SCOPE}:
            names = ", ".join(sorted(known)) or "none"
            words = f"rules.{place}.topic: {rule.topic!r} is no topic. Known: {names}."
            yield document.problem(words, "rules", place, "topic")


def _idle(document: Document, file: RiskFile) -> Iterable[str]:
    for place, rule in enumerate(file.rules):
        if not any(rule.phrases.values()) and not rule.kinds and rule.amount_over is None and not rule.flags:
            words = f"rules.{place}: names nothing that it applies to. Add phrases, kinds, amount_over or flags."
            yield document.problem(words, "rules", place)


def _unspoken(document: Document, file: RiskFile) -> Iterable[str]:
    known = sorted({kind for pack in packs().by_code.values() for kind in pack.risk})
    for place, rule in enumerate(file.rules):
        for number, kind in enumerate(rule.kinds):
            if kind not in known:
                words = f"rules.{place}.kinds: {kind!r} is no kind of risk in any language pack. Known: {', '.join(known)}."
                yield document.problem(words, "rules", place, "kinds", number)


def _of_kinds(kinds: Iterable[str]) -> Iterator[Phrase]:
    """The phrases of the language packs for these kinds of risk."""
    return (Phrase(text, language) for kind in kinds for language, texts in packs().phrases(kind).items() for text in texts)


def _twice(document: Document, file: RiskFile) -> Iterable[str]:
    seen: set[str] = set()
    for place, rule in enumerate(file.rules):
        if rule.id in seen:
            yield document.problem(f"rules.{place}.id: {rule.id!r} stands here twice. Rename one.", "rules", place, "id")
        seen.add(rule.id)


def _phrases(document: Document, words: Words, at: tuple[str | int, ...], problems: list[str]) -> list[Phrase]:
    """The phrases of every language; whatever the message's language, all of them are looked for."""
    found = []
    for language, texts in words.items():
        if not (len(language) == 2 and language.isascii() and language.islower()):
            name = f"{'.'.join(map(str, at))}.phrases.{language}"
            problems.append(
                document.problem(f"{name}: is no language. Use two letters, for example 'en'.", *at, "phrases", language)
            )
        for number, text in enumerate(texts):
            try:
                found.append(Phrase(text, language))
            except ValueError as error:
                name = f"{'.'.join(map(str, at))}.phrases.{language}.{number}"
                problems.append(document.problem(f"{name}: {error}.", *at, "phrases", language, number))
    return found
