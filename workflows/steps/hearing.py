"""Words that come in where no turn begins with them: classified within the task, for what they mean to those at work."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.exceptions import FailureError

from graphs.hearing import brief
from graphs.views import ClassifyView
from handrail.domain.actions.confirmations import UNCLEAR
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.classification import Classification, SentimentPoint
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import Message
from handrail.domain.case.openings import ODD_MESSAGE
from workflows.memory.case import CaseMemory
from workflows.options import CLASSIFY, STEP
from workflows.steps.locally import locally

STOPS_A_TURN = ("customer_asked", "risk", "frustrated", UNCLEAR)
UNREADABLE = Escalation(reason="graph_error", words="A new message could not be classified.")


async def hear_for_people(memory: CaseMemory, words: str) -> None:
    """Hear a first message that no agent should read alone: so that it reaches the people whose subject it is."""
    view = ClassifyView(row=memory.row, incoming=brief(memory.inbox))
    memory.interruption = Escalation(reason=ODD_MESSAGE, words=words)
    try:
        found = await locally(memory.cancel, CLASSIFY, [view], dict, STEP)
    except FailureError:
        return
    memory.row = CaseRow.model_validate(found["row"])
    memory.classification = Classification.model_validate(found["classification"])
    if found["escalation"] and found["escalation"]["reason"] in STOPS_A_TURN:
        why = Escalation.model_validate(found["escalation"])
        memory.interruption = why.model_copy(update={"words": f"{why.words} {words}"})


async def hear_beside(memory: CaseMemory, messages: Sequence[Message], acting: Sequence[Message]) -> None:
    """Hear messages beside a turn that began with the words `acting`, or beside a question: a wish for a person, a high risk,
    too much anger or a yes that is taken back stops the agent."""
    waiting, question, confirmed = memory.suspended, memory.confirmation, memory.confirmed
    mood = waiting.state.sentiment if waiting else []
    view = ClassifyView(row=memory.row, incoming=brief(messages), sentiment=mood, confirmed=confirmed)
    if question:
        view = view.model_copy(update={"confirmation": question, "acting": list(acting)})
    try:
        found = await locally(memory.cancel, CLASSIFY, [view], dict, STEP)
    except FailureError:
        memory.interruption = UNREADABLE
        return
    if waiting:  # while a turn runs, the message begins the next one and is heard again there
        waiting.state.sentiment = [SentimentPoint.model_validate(one) for one in found["sentiment"]]
    if found["escalation"] and found["escalation"]["reason"] in STOPS_A_TURN:
        memory.interruption = Escalation.model_validate(found["escalation"])
