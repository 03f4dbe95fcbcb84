"""The node that asks a language model what a message is about, where the local classifier could not tell; and only there."""

from __future__ import annotations

from typing import Any

from graphs.nodes.classify import routed
from graphs.screening import Screen
from graphs.views import ConsultView
from handrail.domain.autonomy.controls import SWITCHED_OFF
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.classification import Classification
from handrail.domain.case.handoffs import Escalation
from handrail.domain.errors import ModelFailed, ModelUnavailable, SwitchedOff
from handrail.domain.llm.consulting import READ, Choice, ConsultQuestion, ModelOpinion, heeded
from handrail.ports import Consultant, Dial, Topics


class ConsultNode:
    """One model call that may name a topic of the business and raise the risk. Anything odd sends the case to a person."""

    def __init__(self, consultant: Consultant, screen: Screen, topics: Topics, dial: Dial) -> None:
        self._consultant = consultant
        self._screen = screen
        self._topics = topics
        self._dial = dial

    async def consult(self, state: ConsultView) -> dict[str, Any]:
        """The classification with the model's opinion, and the reason to escalate if there is one.

        Raises:
            ModelUnavailable: the model's server asks for patience; it is worth another try then.
        """
        view = ConsultView.model_validate(state)
        before = view.classification
        if before is None:
            return refused("The message was not classified.")
        if not await anywhere(self._topics, self._dial, view.row):
            words = "The agent is switched off everywhere, so no model was asked what the message is about."
            return {"escalation": Escalation(reason=SWITCHED_OFF, words=words)}
        own = await self._screen.own_words(view.row, view.incoming)
        view = view.model_copy(update={"incoming": own.said})
        question = self._question(view, before)
        try:
            opinion = await self._consultant.consult(question)
        except SwitchedOff as off:
            return {"escalation": Escalation(reason=SWITCHED_OFF, words=str(off))}
        except ModelFailed as failed:
            if isinstance(failed, ModelUnavailable) and failed.wait:
                raise
            return refused(f"Which topic the message is about could not be told, and the model gave no opinion: {failed}")
        return await self._heeded(view, before, question, opinion)

    async def _heeded(
        self, view: ConsultView, before: Classification, question: ConsultQuestion, opinion: ModelOpinion
    ) -> dict[str, Any]:
        found = heeded(before, opinion, question.choices)
        row = routed(view.row, found)
        topic = self._topics.get(found.topic)
        bearable = topic.patience.turns_without_progress if topic else view.progress.bearable
        return {
            "row": row,
            "classification": found,
            "usage": view.usage.plus(opinion.usage),
            "escalation": await self._screen.reason(row, view.incoming, found),
            "progress": view.progress.model_copy(update={"bearable": bearable}),
        }

    def _question(self, view: ConsultView, found: Classification) -> ConsultQuestion:
        return ConsultQuestion(
            case_id=view.row.case_id,
            customer_id=view.row.customer_id,
            text="\n".join(message.text for message in view.incoming)[:READ],
            choices=[Choice(name=topic.name, description=topic.description) for topic in self._topics.all()],
            language=found.language,
        )


async def anywhere(topics: Topics, dial: Dial, row: CaseRow) -> bool:
    """Return whether the agent may work on anything now; where it may not, no model is called."""
    for topic in topics.all():
        if not topic.people_only and (await dial.autonomy(topic, row)).autonomy is not Autonomy.OFF:
            return True
    return False


def refused(words: str) -> dict[str, Any]:
    """Give the case to a person."""
    return {"escalation": Escalation(reason="out_of_scope", words=words)}
