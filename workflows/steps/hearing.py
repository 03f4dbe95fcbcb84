"""Words that come in where no turn begins with them: classified within the task, for what they mean to those at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

from graphs.hearing import SAID, brief
from graphs.state import CaseState
from graphs.views import ClassifyView
from graphs.wishes import still
from handrail.domain.actions.confirmations import UNCLEAR
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.classification import OUT_OF_SCOPE, Classification, FurtherWish, Risk, SentimentPoint
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import Message, standing
from handrail.domain.case.openings import ODD_MESSAGE
from handrail.domain.case.patience import SOFT
from handrail.domain.case.routes import OUTCOME_UNKNOWN
from workflows.memory.case import CaseMemory
from workflows.memory.fields import Suspended
from workflows.options import CLASSIFY, STEP
from workflows.steps.locally import locally

STOPS_A_TURN = ("customer_asked", "risk", "frustrated", UNCLEAR, OUTCOME_UNKNOWN)
ROUTED = "words-beside-a-question-are-routed"
UNREADABLE = Escalation(reason="graph_error", words="A new message could not be classified.")


async def hear_for_people(memory: CaseMemory, words: str) -> None:
    """Hear a first message that no agent should read alone: so that it reaches the people whose subject it is."""
    view = ClassifyView(row=memory.row, incoming=brief(standing(memory.inbox)))
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


async def hear_beside(memory: CaseMemory, messages: Sequence[Message], acting: Sequence[Message]) -> Classification | None:
    """Hear messages beside a turn that began with the words `acting`, or beside a question, and return how they are
    classified where they stop the agent: a wish for a person, a high risk, too much anger or a yes that is taken back."""
    read = {one.message_id for one in memory.changed}
    # What is edited before it was read corrects nothing that anybody acts on.
    messages = [one if one.corrects in read else one.model_copy(update={"corrects": None}) for one in messages]
    waiting, question, confirmed = memory.suspended, memory.confirmation, memory.confirmed
    mood = waiting.state.sentiment if waiting else []
    known = waiting.state.classification if waiting else None
    view = ClassifyView(row=memory.row, incoming=brief(messages), classification=known, sentiment=mood, confirmed=confirmed)
    words = standing(messages)
    if not words and not question and not confirmed:
        return None  # what was withdrawn says nothing new, and undoes no yes
    if question:
        view = view.model_copy(update={"confirmation": question, "acting": list(acting)})
    try:
        found = await locally(memory.cancel, CLASSIFY, [view], dict, STEP)
    except FailureError:
        memory.interruption = UNREADABLE
        return None
    heard = Classification.model_validate(found["classification"])
    why = Escalation.model_validate(found["escalation"]) if found["escalation"] else None
    stops = why is not None and (why.reason in STOPS_A_TURN or _stops_a_question(waiting, why))
    memory.interruption = why if stops else memory.interruption
    if waiting and words:  # while a turn runs, the message begins the next one and is heard again there
        _keep(waiting.state, words, found, heard, memory.row.topic or "", wished=not stops)
    return heard if stops else None


def _stops_a_question(waiting: Suspended | None, why: Escalation) -> bool:
    """Return whether it stops a turn that waits for people, as it stops one that begins: nobody routes these words again."""
    return waiting is not None and why.reason not in SOFT and workflow.patched(ROUTED)


def _keep(
    state: CaseState,
    messages: Sequence[Message],
    found: Mapping[str, Any],
    heard: Classification,
    topic: str,
    *,
    wished: bool,
) -> None:
    """Keep what was heard beside a question: the mood, and wishes of other topics for a person behind the turn."""
    state.sentiment = [SentimentPoint.model_validate(one) for one in found["sentiment"]]
    fresh = heard.besides
    if wished and heard.topic != OUT_OF_SCOPE:
        fresh = [FurtherWish(topic=heard.topic, sentences=[one.text for one in brief(messages, SAID)]), *fresh]
    state.besides = still(state.besides, fresh, topic)


def where_it_belongs(row: CaseRow, heard: Classification) -> tuple[CaseRow, Classification]:
    """Return what the matrix goes by where words stopped the agent: the topic that they have, and the gravest risk."""
    topic = row.topic or heard.topic if heard.topic == OUT_OF_SCOPE else heard.topic
    risk = max(heard.risk, Risk(row.risk or Risk.LOW), key=lambda one: one.rank)
    changes = {"topic": topic, "risk": risk.value, "language": heard.language}
    return row.model_copy(update=changes), heard.model_copy(update={"topic": topic, "risk": risk})
