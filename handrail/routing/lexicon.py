"""The words and sentences that ship with the router and hold for every business."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field

from handrail.definitions import Document
from handrail.domain.base import Model, digest
from handrail.routing.phrases import Phrase, Phrasebook

Words = dict[str, list[str]]


class Frustration(Model):
    """Words of anger and despair by strength, each by language."""

    strong: Words
    mild: Words


class Lexicon(Model):
    """`lexicon.yaml`: lists of words by ISO 639-1 language."""

    unwish_before: Words
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
    """`wishes.yaml`: lists of words by ISO 639-1 language; the file says how `asks` are read."""

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


def _read(name: str) -> Document:
    path = Path(__file__).with_name(name)
    return Document.of(path, path.read_bytes())


@cache
def lexicon() -> Lexicon:
    """The word lists; read once."""
    return _read("lexicon.yaml").parse(Lexicon)


@cache
def wishes() -> Wishes:
    """Read the ways in which people ask for a person; once."""
    return _read("wishes.yaml").parse(Wishes)


@cache
def background() -> Background:
    """The sentences; read once."""
    return _read("background.yaml").parse(Background)


@cache
def shipped_digest() -> str:
    """Changes with every edit of the shipped words and sentences."""
    return digest([lexicon().model_dump(), wishes().model_dump(), background().model_dump()])


def phrasebook(words: Words) -> Phrasebook:
    """Every entry of every language as a phrase."""
    return Phrasebook(Phrase(text, language) for language, entries in sorted(words.items()) for text in entries)
