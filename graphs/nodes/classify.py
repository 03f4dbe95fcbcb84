"""The node that routes: what is for people leaves before any model is asked."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from graphs.absent import failure, known_of, unread
from graphs.ruling.asked import WITHDREW, withdrew
from graphs.screening import FLUENT_ENOUGH, OwnWords, Screen, frustrated, told
from graphs.state import newest_points
from graphs.views import ClassifyView
from graphs.wishes import still
from handrail.domain.actions.confirmations import AnswerKind
from handrail.domain.actions.consent import answered
from handrail.domain.case.cases import CaseRow, CaseStatus
from handrail.domain.case.classification import OUT_OF_SCOPE, Classification, Risk, SentimentPoint
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import Message, standing
from handrail.domain.case.patience import SOFT, Progress
from handrail.domain.errors import record_is_away
from handrail.domain.text.message.excerpts import fair
from handrail.domain.text.message.thanks import only_courtesy
from handrail.ports import Clock, Customers, Router, Topics

ANSWERS = (AnswerKind.CONFIRMED, AnswerKind.REFUSED, AnswerKind.UNSURE)
READ = 8_000
"""Characters of a turn by which it is routed: of every message a part."""
_log = logging.getLogger(__name__)


class ClassifyNode:
    """Rules and the local classifier. With `consulting` off, what they cannot tell goes to a person."""

    def __init__(
        self, router: Router, screen: Screen, topics: Topics, customers: Customers, clock: Clock, *, consulting: bool = True
    ) -> None:
        self._router = router
        self._screen = screen
        self._topics = topics
        self._customers = customers
        self._clock = clock
        self._consulting = consulting

    async def classify(self, state: ClassifyView) -> dict[str, Any]:
        """The classification of the customer's new words, how they sound, and the reason to escalate if there is one."""
        given = ClassifyView.model_validate(state)
        view = given.model_copy(update={"incoming": standing(given.incoming)})
        if given.incoming and not view.incoming:
            return unspoken(given)
        before = view.row.topic
        said, theirs, newest = await self._own_words(view)
        text = "\n".join(fair([message.text for message in said], READ))
        known, absent = await known_of(self._customers, view.row)
        found = await self._found(text, before, known, spoken(view))
        found = as_before(view, found) if nudged(view, said) else found
        if before and found.wants_person and found.topic == OUT_OF_SCOPE:  # a bare wish for a person is about the case so far
            found = found.model_copy(update={"topic": before})
        waiting = None if view.acting else view.confirmation
        answers = waiting is not None and answered(waiting, view.incoming) in ANSWERS
        if answers and waiting:  # the topic of a "yes" is the question's
            before = waiting.topic
            found = found.model_copy(update={"topic": before})
        if found.topic == before:  # a case under way goes on with its topic: there is nothing to ask a model about
            found = found.model_copy(update={"abstained": False})
        if not theirs:  # we offer a person in our own words
            found = found.model_copy(update={"wants_person": False})
        row = routed(view.row, found)
        why = await self._why(row, said, found, absent, newest, answers=answers)
        if (why is None or why.reason in SOFT) and withdrew(given):
            why = WITHDREW
        if found.abstained and not self._consulting:
            why = why or Escalation(reason="out_of_scope", words="Which topic the message is about could not be told.")
        point = SentimentPoint(turn=row.turn, at=self._clock.now(), frustration=found.frustration)
        return {
            "row": row,
            "classification": found,
            "escalation": why,
            "absent": [*view.absent, *absent],
            "sentiment": newest_points(view.sentiment, [point]),
            "progress": self._bounded(view.progress, found.topic),
            "besides": still(view.besides, found.besides, found.topic),
        }

    async def _own_words(self, view: ClassifyView) -> OwnWords:
        """Return the messages without what they quote; where that cannot be told, all of them."""
        try:
            return await self._screen.own_words(view.row, view.incoming)
        except Exception as error:
            if record_is_away(error):
                raise
            _log.exception("quotes cannot be told apart")
            return OwnWords(view.incoming, True)

    async def _found(self, text: str, before: str | None, known: Mapping[str, Any], language: str | None) -> Classification:
        """The router's view; where it fails, a person reads the message."""
        try:
            return await self._router.classify(text, topic_before=before, flags=known.get("flags") or (), language=language)
        except Exception as error:  # noqa: BLE001 - whatever a router does, the customer's case reaches a person
            _log.exception("the router failed")
            words = f"The message could not be classified ({type(error).__name__})."
            return Classification(topic=before or OUT_OF_SCOPE, confidence=0, risk=Risk.HIGH, reasons=[words])

    async def _why(
        self,
        row: CaseRow,
        incoming: Sequence[Message],
        found: Classification,
        absent: Sequence[str],
        newest: Sequence[Message] | None,
        *,
        answers: bool,
    ) -> Escalation | None:
        """The reason to escalate; what could not be read about the customer is one, behind what the message itself says."""
        try:
            if absent:
                return told(found, self._topics.get(found.topic)) or unread(absent[0])
            if answers:  # an answer repeats nothing, and its language is the question's
                topic = self._topics.get(found.topic)
                return told(found, topic) or frustrated(found, topic)
            return await self._screen.reason(row, incoming, found, newest)
        except Exception as error:
            if record_is_away(error):
                raise
            _log.exception("the message could not be looked at in full")
            return told(found, None) or unread(failure(error))

    def _bounded(self, progress: Progress, name: str) -> Progress:
        """The progress with what the topic bears of asking in circles; the graph's routers know no files."""
        try:
            topic = self._topics.get(name)
        except Exception:  # noqa: BLE001 - then the case is on its way to a person
            return progress
        return progress.model_copy(update={"bearable": topic.patience.turns_without_progress}) if topic else progress


def unspoken(view: ClassifyView) -> dict[str, Any]:
    """Return what comes of words that were only withdrawn: they may undo a yes, and say nothing new."""
    row = view.row
    known = Classification(topic=row.topic or OUT_OF_SCOPE, confidence=row.confidence or 0, language=row.language or "en")
    return {
        "row": row,
        "classification": view.classification or known,
        "escalation": WITHDREW if withdrew(view) else None,
        "absent": view.absent,
        "sentiment": view.sentiment,
        "progress": view.progress,
        "besides": view.besides,
    }


def nudged(view: ClassifyView, said: Sequence[Message]) -> bool:
    """Return whether what was `said` beside an approval that waits wishes nothing: thanks, a greeting, "anybody there?"."""
    waits = view.row.status is CaseStatus.AWAITING_APPROVAL and view.row.topic is not None
    return waits and bool(said) and all(only_courtesy(one.text) for one in said)


def as_before(view: ClassifyView, found: Classification) -> Classification:
    """Return what was found without a topic, a wish or a language of its own; what it says of risk, anger and people stays."""
    language = {"language": view.row.language or found.language, "language_confidence": 0.0}
    return found.model_copy(update={"topic": view.row.topic, "besides": [], **language})


def spoken(view: ClassifyView) -> str | None:
    """The language of the case so far, where it was found in what the customer wrote and is no guess."""
    before = view.classification
    return view.row.language if before and before.language_confidence >= FLUENT_ENOUGH else None


def routed(row: CaseRow, found: Classification) -> CaseRow:
    """The case's row with what was found."""
    changes = {"topic": found.topic, "risk": found.risk.value, "language": found.language, "confidence": found.confidence}
    return row.model_copy(update=changes)
