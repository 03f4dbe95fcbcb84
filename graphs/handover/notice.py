"""The notice to a customer when people take over: nothing twice, and nothing about times that will not hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime

from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Message
from handrail.domain.case.routes import Route
from handrail.domain.text.completeness import answers
from handrail.domain.text.packs import packs

GENERAL, SPOKEN, ENGLISH = "takes_over", "language", "en"
"""Sentences of the language packs: for any case, and for one whose language somebody is found for."""
Say = Callable[[datetime, datetime, str], str]
"""A moment in words: the moment, now, the language."""


def sentence(route: Route, language: str, *, late: bool) -> tuple[str, str]:
    """Return the notice before its times are filled in, and the language it is in: one language in one message."""
    words, spoken = _first(route, language, late=late)
    expected = route.expected
    if expected is None or not words:
        return words, spoken
    more = [words]
    if not expected.fluent:
        more.append(packs().told("translated").get(spoken, ""))
    if expected.opens_at is not None:
        # Without this sentence in the language of the first, the times speak for themselves.
        more.append(route.away.get(spoken) or packs().told("away").get(spoken, ""))
    return " ".join(filter(None, more)), spoken


def _first(route: Route, language: str, *, late: bool) -> tuple[str, str]:
    """The business's sentence in the customer's language, else the language pack's, else the same in English."""
    own, says = (route.late, "late") if late else (route.tell, route.says or GENERAL)
    if says == SPOKEN and route.expected is not None and not route.expected.fluent:
        own, says = {}, GENERAL
    shipped = packs().told(says)
    for spoken in (language, ENGLISH):
        if words := own.get(spoken) or shipped.get(spoken) or packs().told(GENERAL).get(spoken):
            return words, spoken
    return "", ENGLISH


def opening(language: str, *, disclosed: bool) -> str:
    """The words before the first notice in a language that the agent does not speak: the assistant is one, and says so."""
    pack = packs().by_code.get(language)
    return "" if disclosed or pack is None or answers(language) else pack.told.get("disclosure", "")


def acting_for(house: str, language: str) -> str:
    """The words with which another agent learns that a machine answers, and for whom."""
    told = packs().told("acts_for")
    return (told.get(language) or told.get(ENGLISH, "")).replace("{{house}}", house)


def known(before: Handoff, incoming: Sequence[Message], words: str, now: datetime) -> bool:
    """Return whether the customer has this notice, its time is still to come, and nothing was written since."""
    expected = before.route.expected
    promised = expected is not None and expected.answer_by > now
    return before.route.told == words and promised and not any(one.at > before.at for one in incoming)


def plainly(moment: datetime, now: datetime, language: str) -> str:
    """A moment as anybody can write it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def moment_said(say: Say, moment: datetime, now: datetime, language: str) -> str:
    """A moment as `say` puts it; where that fails, as anybody can write it: no message waits for a nicer time."""
    try:
        return say(moment, now, language)
    except Exception:  # noqa: BLE001 - a plain time is a time
        return plainly(moment, now, language)


def filled(words: str, route: Route, now: datetime, language: str, say: Say) -> str:
    """The sentence with its times."""
    if route.expected is None:
        return words
    times = {"answer_by": route.expected.answer_by, "opens_at": route.expected.opens_at or now}
    for name, moment in times.items():
        words = words.replace("{{" + name + "}}", isolated(moment_said(say, moment, now, language), words))
    return words


def isolated(inserted: str, words: str) -> str:
    """Return what is put into a text that runs from right to left so that its figures and Latin letters keep their order."""
    leftward = any(unicodedata.bidirectional(one) in ("R", "AL") for one in words)
    return f"\u2068{inserted}\u2069" if leftward else inserted
