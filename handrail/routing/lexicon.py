"""The words and sentences that ship with the router and hold for every business."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from handrail.definitions import Document
from handrail.domain.base import Model, digest
from handrail.domain.text.packs import Packs, packs
from handrail.routing.phrases import Phrase, Phrasebook

Words = dict[str, list[str]]
BESIDE_PEOPLE = ("bots", "between", "alone", "bystanders")
"""Lists that may be empty in a language that has nouns for people."""


class Frustration(Model):
    """Words of anger and despair by strength, each by language."""

    strong: Words
    mild: Words


class RoutingLexicon(Model):
    """Lists of words by ISO 639-1 language, out of the language packs."""

    unwish_before: Words
    asks_whether: Words
    unwish_after: Words
    complaint: Words
    contrast: Words
    pointing: Words
    frustration: Frustration
    delight: Words
    also: Words
    judgement: Words
    small_words: Words


class Wishes(Model):
    """Ways to ask for a person, by ISO 639-1 language, out of the language packs; `phrases` are whole wishes."""

    phrases: Words

    people: Words
    bots: Words
    between: Words
    asks: Words
    alone: Words
    other: Words
    bystanders: Words
    receivers: Words


class Background(Model):
    """`background.yaml`: sentences that no topic is about, by group."""

    groups: dict[str, list[str]] = Field(min_length=1)


def lexicon() -> RoutingLexicon:
    """The word lists of all language packs; put together once."""
    return _lexicon(packs())


def wishes() -> Wishes:
    """The ways in which people ask for a person, of all language packs; put together once."""
    return _wishes(packs())


@cache
def _lexicon(known: Packs) -> RoutingLexicon:
    return RoutingLexicon(
        unwish_before=known.words("person", "not_before"),
        asks_whether=known.words("person", "are_you"),
        unwish_after=known.words("person", "not_after"),
        complaint=known.words("person", "complaint"),
        contrast=known.words("person", "contrast"),
        pointing=known.words("speech", "pointing"),
        frustration=Frustration(strong=known.words("mood", "strong"), mild=known.words("mood", "mild")),
        delight=known.words("mood", "delight"),
        also=known.words("speech", "also"),
        judgement=known.words("speech", "judgement"),
        small_words=known.words("speech", "small"),
    )


@cache
def _wishes(known: Packs) -> Wishes:
    found = {name: known.words("person", name) for name in Wishes.model_fields}
    for name in BESIDE_PEOPLE:
        found[name] = {language: found[name].get(language, []) for language in found["people"]}
    return Wishes(**found)


@cache
def background() -> Background:
    """The sentences; read once."""
    path = Path(__file__).with_name("background.yaml")
    return Document.of(path, path.read_bytes()).parse(Background)


def shipped_digest() -> str:
    """Changes with every edit of the language packs and of the sentences."""
    return _digest(packs())


@cache
def _digest(known: Packs) -> str:
    return digest([known.digest, background().model_dump()])


def phrasebook(words: Words) -> Phrasebook:
    """Every entry of every language as a phrase."""
    return Phrasebook(Phrase(text, language) for language, entries in sorted(words.items()) for text in entries)
