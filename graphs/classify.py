"""The node that routes: what is for people leaves before any model is asked."""

from __future__ import annotations

from typing import Any

from graphs.screen import FLUENT_ENOUGH, Screen
from graphs.views import ClassifyView
from handrail.domain.cases import CaseRow
from handrail.domain.classification import Classification, SentimentPoint
from handrail.domain.handoffs import Escalation
from handrail.domain.patience import Progress
from handrail.ports import Clock, Customers, Router, Topics

POINTS_KEPT = 100


class Classify:
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
        view = ClassifyView.model_validate(state)
        before = view.row.topic
        said, theirs = await self._screen.own_words(view.row, view.incoming)
        text = "\n".join(message.text for message in said)
        known = await self._customers.facts(view.row.customer_id)
        flags = known.get("flags") or ()
        found = await self._router.classify(text, topic_before=before, flags=flags, language=spoken(view))
        if found.topic == before:  # a case under way goes on with its topic: there is nothing to ask a model about
            found = found.model_copy(update={"abstained": False})
        if not theirs:  # we offer a person in our own words
            found = found.model_copy(update={"wants_person": False})
        row = routed(view.row, found)
        why = await self._screen.reason(row, said, found)
        if found.abstained and not self._consulting:
            why = why or Escalation(reason="out_of_scope", words="Which topic the message is about could not be told.")
        point = SentimentPoint(turn=row.turn, at=self._clock.now(), frustration=found.frustration)
        return {
            "row": row,
            "classification": found,
            "escalation": why,
            "sentiment": [*view.sentiment, point][-POINTS_KEPT:],
            "progress": self._bounded(view.progress, found.topic),
        }

    def _bounded(self, progress: Progress, name: str) -> Progress:
        """The progress with what the topic bears of asking in circles; the graph's routers know no files."""
        topic = self._topics.get(name)
        return progress.model_copy(update={"bearable": topic.patience.turns_without_progress}) if topic else progress


def spoken(view: ClassifyView) -> str | None:
    """The language of the case so far, where it was found in what the customer wrote and is no guess."""
    before = view.classification
    return view.row.language if before and before.language_confidence >= FLUENT_ENOUGH else None


def routed(row: CaseRow, found: Classification) -> CaseRow:
    """The case's row with what was found."""
    changes = {"topic": found.topic, "risk": found.risk.value, "language": found.language, "confidence": found.confidence}
    return row.model_copy(update=changes)
