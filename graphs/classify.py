"""The node that routes: what is for people leaves before any model is asked."""

from __future__ import annotations

from typing import Any

from graphs.views import ClassifyView
from handrail.domain.classification import OUT_OF_SCOPE, Classification, Risk
from handrail.domain.handoffs import Escalation
from handrail.domain.topics import Autonomy, Topic
from handrail.ports import Cases, Router, Topics

FLUENT_ENOUGH = 0.6


class Classify:
    """Routing before any model: what is for people leaves here."""

    def __init__(self, router: Router, topics: Topics, cases: Cases) -> None:
        self._router = router
        self._topics = topics
        self._cases = cases

    async def classify(self, state: ClassifyView) -> dict[str, Any]:
        """The classification of the customer's new words, and the reason to escalate if there is one."""
        text = "\n".join(message.text for message in state.incoming)
        found = await self._router.classify(text, topic_before=state.row.topic)
        row = state.row.model_copy(
            update={"topic": found.topic, "risk": found.risk.value, "language": found.language, "confidence": found.confidence}
        )
        known = await self._cases.known_customer(state.row.customer_id)
        return {"row": row, "classification": found, "escalation": for_people(found, self._topics.get(found.topic), known)}


def for_people(found: Classification, topic: Topic | None, known_customer: bool = True) -> Escalation | None:
    """Why this goes to a person without asking a model, or None."""
    if found.wants_person:
        return Escalation(reason="customer_asked", words="The customer asked for a person.")
    if found.risk in (Risk.HIGH, Risk.FORBIDDEN):
        return Escalation(reason="risk", words=f"Risk is {found.risk}: {'; '.join(found.reasons) or found.topic}.")
    if topic is not None and topic.people_only:
        return Escalation(reason="people_only", words=f"{topic.name} is for people: {topic.description}")
    if not known_customer:
        return Escalation(reason="unknown_customer", words="No customer with this id is known; nothing was looked up.")
    if found.topic == OUT_OF_SCOPE or topic is None:
        return Escalation(reason="out_of_scope", words="The message is about none of the agent's topics.")
    if topic.autonomy is Autonomy.OFF:
        return Escalation(reason="autonomy_off", words=f"The agent is switched off for {topic.name}.")
    if found.language not in topic.languages and found.language_confidence >= FLUENT_ENOUGH:
        return Escalation(reason="unsupported_language", words=f"The agent does not answer in {found.language!r} here.")
    return None
