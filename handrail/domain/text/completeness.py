"""The requirements that a language pack meets: to route safely, and to let the agent speak in its language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from handrail.domain.text.message.answers import words_of
from handrail.domain.text.packs import DEEDS, Pack, packs

PLACEHOLDER = re.compile(r"\{\{\s*\w+\s*\}\}")
REFERENCE = "en"
KINDS = ("self_harm", "violence", "stolen_card", "compromised_account", "unrecognised_payment", "legal_threat")
"""The gravest risks: without their words a language is not routed safely."""
ROUTED = ("disclosure", "takes_over", "asked", "danger", "fraud", "away", "late", "translated")
"""Sentences without which a customer cannot be told that a person takes over."""
WITHOUT = ("once_more",)
"""Sentences that a pack may do without: it says less then, and nothing wrong."""
TRIED = ("language", "person", "not_person", "yes", "no", "unsure", "not_yes", "calm")
ANSWERED = ("yes", "no", "unsure", "but")
"""Words without which a yes may be heard where none was said, or none is heard at all."""


class Level(StrEnum):
    """The use of a language: the agent answers in it, or its cases go to people, or a pack lacks too much for either."""

    ANSWERS = "answers"
    ROUTES = "routes"
    LACKS = "lacks"


def level(code: str) -> Level:
    """Return the level that the pack of a language reaches; LACKS where there is none."""
    pack = packs().by_code.get(code)
    if pack is None or any(unsafe(pack)):
        return Level.LACKS
    return Level.ROUTES if any(unspoken(code, pack)) else Level.ANSWERS


def answers(code: str) -> bool:
    """Return whether the agent may speak and act in a language: only where its pack is complete."""
    known = packs()
    if code not in known.levels:
        known.levels[code] = level(code)
    return known.levels[code] == Level.ANSWERS


def unsafe(pack: Pack) -> Iterator[str]:
    """Everything for want of which cases in this language are not routed safely, as `section.key: words`."""
    for name in ROUTED:
        if not pack.told.get(name, "").strip():
            yield f"told.{name}: is missing. Translate it from {REFERENCE}.toml."
    yield from _placeholders(pack)
    if not pack.person.phrases and not pack.person.asks:
        yield "person.phrases: is empty. Write the ways to ask for a person."
    if not (pack.person.not_before or pack.person.not_after):
        yield "person.not_before: is empty. Write the words that take such a wish back."
    yield from _answered(pack)
    for kind in KINDS:
        if not pack.risk.get(kind):
            yield f"risk.{kind}: is empty. Write how customers say it."
    for name in TRIED:
        if not getattr(pack.examples, name):
            yield f"examples.{name}: is empty. Write sentences on which the pack is tried."
    for kind in KINDS:
        if not pack.examples.risk.get(kind):
            yield f"examples.risk.{kind}: is empty. Write a sentence that must be heard."


def _answered(pack: Pack) -> Iterator[str]:
    """Everything for want of which a yes or no is not heard, and each yes that reads like its contrary."""
    for kind in ANSWERED:
        if not getattr(pack.answers, kind):
            yield f"answers.{kind}: is empty. Write how customers answer a question."
    agrees = {tuple(words_of(one)): one for one in pack.answers.yes}
    for kind in ANSWERED[1:]:
        for one in getattr(pack.answers, kind):
            if (same := agrees.get(tuple(words_of(one)))) is not None:
                yield f"answers.yes: {same!r} reads like {one!r} in answers.{kind} without case and accents. Take it out."


def unspoken(code: str, pack: Pack) -> Iterator[str]:
    """Everything for want of which the agent must not speak this language."""
    reference = packs().by_code[REFERENCE]
    for name in reference.told:
        if name not in WITHOUT and not pack.told.get(name, "").strip():
            yield f"told.{name}: is missing. Translate it from {REFERENCE}.toml."
    for section, keys in {
        "person": ("people", "asks"),
        "answers": None,
        "mood": None,
        "speech": None,
        "mail": ("wrote", "subject", "others", "original", "forwarded", "sent_from", "closings"),
        "goodbye": None,
        "names": None,
    }.items():
        part, model = getattr(pack, section), getattr(reference, section)
        for key in keys or type(model).model_fields:
            if getattr(model, key) and not getattr(part, key):
                yield f"{section}.{key}: is empty. Write this language's words."
    if not (DEEDS / f"{code}.toml").exists():
        yield f"no {DEEDS.name}/{code}.toml: what the agent claims to have done cannot be checked in this language."


def _placeholders(pack: Pack) -> Iterator[str]:
    """Sentences whose placeholders are not those of the reference: a time would be missing, or stay a name in braces."""
    reference = packs().by_code[REFERENCE].told
    for name, sentence in pack.told.items():
        if name not in reference:
            yield f"told.{name}: is no sentence that anybody says. Known: {', '.join(reference)}."
            continue
        wanted, there = (sorted(PLACEHOLDER.findall(text)) for text in (reference[name], sentence))
        if wanted != there:
            yield f"told.{name}: has {', '.join(there) or 'no placeholder'}, must have {', '.join(wanted) or 'none'}."
