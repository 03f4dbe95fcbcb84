"""The notice to a customer when people take over: nothing twice, and nothing about times that will not hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Message
from handrail.domain.case.routes import Route

Say = Callable[[datetime, datetime, str], str]
"""A moment in words: the moment, now, the language."""


def sentence(route: Route, language: str, *, late: bool) -> tuple[str, str]:
    """Return the notice before its times are filled in, and the language it is in."""
    told = route.late if late and route.late else route.tell
    spoken = language if language in told else "en"
    words = told.get(spoken, "")
    expected = route.expected
    if expected is not None and expected.opens_at is not None and words:
        # One language in one message: without this sentence in the language of the first, the times speak for themselves.
        words = " ".join(filter(None, (words, route.away.get(spoken, ""))))
    return words, spoken


def known(before: Handoff, incoming: Sequence[Message], words: str, now: datetime) -> bool:
    """Return whether the customer has this notice, its time is still to come, and nothing was written since."""
    expected = before.route.expected
    promised = expected is not None and expected.answer_by > now
    return before.route.told == words and promised and not any(one.at > before.at for one in incoming)


def plainly(moment: datetime, now: datetime, language: str) -> str:
    """A moment as anybody can write it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def filled(words: str, route: Route, now: datetime, language: str, say: Say) -> str:
    """The sentence with its times."""
    if route.expected is None:
        return words
    times = {"answer_by": route.expected.answer_by, "opens_at": route.expected.opens_at or now}
    for name, moment in times.items():
        words = words.replace("{{" + name + "}}", say(moment, now, language))
    return words
