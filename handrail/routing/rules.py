"""`risk.yaml`: words that decide by themselves, whatever the classifier thinks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from handrail.definitions import Document, Live, Loaded, refuse
from handrail.domain.classification import OUT_OF_SCOPE, Risk
from handrail.domain.model import Model
from handrail.routing.lexicon import Words
from handrail.routing.phrases import Phrase, Phrasebook
from handrail.routing.text import Folded
from handrail.routing.wish import Wish


class RiskRule(Model):
    """Any phrase of any language raises the risk; `topic`, where given, replaces the classifier's."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")
    topic: str | None = None
    risk: Risk
    reason: str = Field(min_length=1, max_length=200, description="words a person can read")
    phrases: Words = Field(min_length=1)


class WishRule(Model):
    """How customers ask for a person."""

    phrases: Words = Field(min_length=1)


class RiskFile(Model):
    """The whole file. Phrases are whole words in order, in any case, with or without accents; `*` is up to four words."""

    version: int = Field(ge=1, le=1)
    rules: list[RiskRule]
    wants_person: WishRule


@dataclass(frozen=True)
class Hit:
    """A rule and the phrase, as the file has it, that was found."""

    rule: RiskRule
    phrase: Phrase

    @property
    def sentence(self) -> str:
        """For people; holds none of the customer's words beyond the phrase."""
        towards = f" → {self.rule.topic}" if self.rule.topic else " →"
        return f"rule {self.rule.id}: '{self.phrase.text}'{towards} ({self.rule.risk}): {self.rule.reason}"


@dataclass(frozen=True)
class Rules:
    """The rules in force."""

    risks: list[tuple[RiskRule, Phrasebook]]
    wish: Wish

    def hits(self, message: Folded) -> list[Hit]:
        """One hit for each rule that applies, the highest risk first, then as in the file."""
        found = [Hit(rule, phrase) for rule, book in self.risks if (phrase := book.first(message))]
        return sorted(found, key=lambda hit: -hit.rule.risk.rank)

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

    def __init__(self, path: Path, topics: Callable[[], Iterable[str]]) -> None:
        self._topics = topics
        self._live = Live(path, self._build)

    def now(self) -> Loaded[Rules]:
        """The rules with the hash of their file."""
        return self._live.now()

    def _build(self, documents: list[Document]) -> Rules:
        (document,) = documents
        file = document.parse(RiskFile)
        refuse([*_unknown_topics(document, file, set(self._topics())), *_twice(document, file)])
        problems: list[str] = []
        risks = [
            (rule, Phrasebook(_phrases(document, rule.phrases, ("rules", place), problems)))
            for place, rule in enumerate(file.rules)
        ]
        wish = Wish(_phrases(document, file.wants_person.phrases, ("wants_person",), problems))
        refuse(problems)
        return Rules(risks, wish)


def _unknown_topics(document: Document, file: RiskFile, known: set[str]) -> Iterable[str]:
    for place, rule in enumerate(file.rules):
        if rule.topic is not None and rule.topic not in known | {OUT_OF_SCOPE}:
            names = ", ".join(sorted(known)) or "none"
            words = f"rules.{place}.topic: {rule.topic!r} is no topic. Known: {names}."
            yield document.problem(words, "rules", place, "topic")


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
