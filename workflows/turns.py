"""A case's turns: begun, gone on with, cut short, and passed between the agent and people. The loop says when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from graphs.hearing import brief
from graphs.state import CaseState, Person
from graphs.views import ClassifyView
from handrail.domain.approvals import ApprovalStatus, Decision
from handrail.domain.cases import CaseRow, CaseStatus
from handrail.domain.classification import Classification, SentimentPoint
from handrail.domain.handoffs import Escalation
from handrail.domain.messages import Author, Message
from handrail.domain.openings import ODD_MESSAGE
from workflows import returns
from workflows.essentials import publish_memo
from workflows.handing import hand_over
from workflows.listening import listen
from workflows.local import CLASSIFY
from workflows.memory import CaseMemory
from workflows.options import LOCAL_STEP
from workflows.record import flush, take_inbox
from workflows.trouble import escalation_for
from workflows.turn import Turn, TurnEnd

LAST_WORDS = 3
HAND_OVER_STEPS = 20
HANDING_OVER = "escalate"
NO_OUTCOME = Escalation(reason="graph_error", words="The graph ended without an outcome.")
STOPS_A_TURN = ("customer_asked", "risk", "frustrated")
UNREADABLE = Escalation(reason="graph_error", words="A new message could not be classified.")


class Turns:
    """`show` makes what changed visible; `worked` says whether this run has run a graph: then it parks before it waits."""

    def __init__(self, memory: CaseMemory, show: Callable[[], None]) -> None:
        self._memory = memory
        self._show = show
        self.worked = False
        self._stopped: CaseState | None = None

    async def start(self) -> None:
        """The customer wrote: from the entrance of the graph."""
        memory, now = self._memory, workflow.now()
        returns.begin(memory)
        first = not memory.messages
        if not first:
            memory.row = memory.row.model_copy(update={"turn": memory.row.turn + 1})
            returns.reopen(memory, now)
        said = take_inbox(memory)
        if memory.unsaved:
            await flush(memory)
        state = memory.state()
        state.incoming = brief(said)
        await self._go(lambda turn: turn.start(state), state)

    async def resume(self, decision: Decision) -> None:
        """Somebody decided: from the question that was asked."""
        memory, suspended = self._memory, self._memory.suspended
        memory.become(CaseStatus.WORKING, workflow.now(), due_at=None)
        self._show()
        memory.decided = None
        await flush(memory)
        if suspended is None:
            memory.interruption = Escalation(reason="graph_changed", words="The question that was answered is gone.")
            return
        suspended.state.row, suspended.state.sequence = memory.row, memory.heard + 1
        suspended.state.stated = memory.stated
        memory.suspended = None
        await self._go(lambda turn: turn.resume(suspended, decision), suspended.state)

    async def hand_back(self, words: str) -> None:
        """A person gave the case back: the agent goes on with their note."""
        memory, now = self._memory, workflow.now()
        name, _, note = words.partition("\n")
        memory.row = memory.row.model_copy(update={"turn": memory.row.turn + 1})
        memory.become(CaseStatus.WORKING, now, **returns.AGENTS)
        memory.handed_back = None
        memory.reroutes = 0
        memory.lost = []
        returns.hand_back(memory, name)
        await flush(memory)
        state = memory.state()
        state.person = Person(name=name, note=note)
        await self._go(lambda turn: turn.start(state), state)

    async def escalate(self, why: Escalation) -> None:
        """A person gets the case with its packet, from wherever it stands."""
        memory = self._memory
        self.worked = True
        memory.odd = ""
        state = self._stopped or (memory.suspended.state if memory.suspended else memory.state())
        memory.handed_back = None
        if memory.decided:
            state.decisions.append(memory.decided)
            memory.decided = None
        said = take_inbox(memory)
        if not state.incoming and not said:
            said = [one for one in memory.messages if one.author is Author.CUSTOMER][-LAST_WORDS:]
        expired = why.reason == "approval_expired"
        memory.drop_approvals(ApprovalStatus.EXPIRED if expired else ApprovalStatus.WITHDRAWN)
        if memory.unsaved:
            await flush(memory)
        changes = {"row": memory.row, "sequence": memory.heard + 1, "escalation": why, "outcome": None}
        heard = {"incoming": brief([*state.incoming, *said]), "stated": memory.stated}
        state = state.model_copy(update={**changes, **heard})
        await self._give(state, why)

    async def _give(self, state: CaseState, why: Escalation) -> None:
        """By the graph's node; where that fails, which an edited one may, by the workflow itself."""
        memory, failure = self._memory, "the graph did not hand it over"
        end: TurnEnd | None = None
        try:
            end = await Turn(HAND_OVER_STEPS).start(state)
        except Exception as error:  # noqa: BLE001 - whatever a graph does, the customer's case reaches a person
            failure = type(error).__name__
        memory.interruption = None
        self._stopped = None
        if end is not None and (end.state.outcome or not workflow.patched("plain-hand-over")):
            self._finish(end)
            return
        workflow.logger.error("%s is handed over without the graph: %s", memory.row.case_id, failure)
        memory.suspended = None
        hand_over(memory, state, why, failure, workflow.now())
        await flush(memory)
        returns.arrive(memory)

    async def for_people(self, words: str) -> None:
        """A first message that no agent should read alone: classified, so that it reaches the people whose subject it is."""
        memory = self._memory
        view = ClassifyView(row=memory.row, incoming=brief(memory.inbox))
        memory.interruption = Escalation(reason=ODD_MESSAGE, words=words)
        try:
            found = await workflow.execute_local_activity(CLASSIFY, view, result_type=dict, **LOCAL_STEP)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise asyncio.CancelledError from error
            return
        memory.row = CaseRow.model_validate(found["row"])
        memory.classification = Classification.model_validate(found["classification"])
        if found["escalation"] and found["escalation"]["reason"] in STOPS_A_TURN:
            why = Escalation.model_validate(found["escalation"])
            memory.interruption = why.model_copy(update={"words": f"{why.words} {words}"})

    async def hear_meanwhile(self, messages: Sequence[Message]) -> None:
        """Classify what came in anew; a wish for a person, a high risk or too much anger stops what the agent is doing."""
        waiting = self._memory.suspended
        mood = waiting.state.sentiment if waiting else []
        view = ClassifyView(row=self._memory.row, incoming=brief(messages), sentiment=mood)
        try:
            found = await workflow.execute_local_activity(CLASSIFY, view, result_type=dict, **LOCAL_STEP)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise asyncio.CancelledError from error
            self._memory.interruption = UNREADABLE
            return
        if waiting:  # while a turn runs, the message begins the next one and is heard again there
            waiting.state.sentiment = [SentimentPoint.model_validate(one) for one in found["sentiment"]]
        if found["escalation"] and found["escalation"]["reason"] in STOPS_A_TURN:
            self._memory.interruption = Escalation.model_validate(found["escalation"])

    async def _go(self, start: Callable[[Turn], Coroutine[Any, Any, TurnEnd]], state: CaseState) -> None:
        """Run the graph with one ear open; what goes wrong in it becomes a reason for a person."""
        self.worked = True
        self._show()
        publish_memo(self._memory)
        turn = Turn()
        try:
            end = await listen(turn, start(turn), self._memory, self.hear_meanwhile)
        except Exception as error:  # noqa: BLE001 - whatever a graph does, the customer's case reaches a person
            workflow.logger.warning("turn failed in %s: %s", turn.running, type(error).__name__)
            self._memory.interruption = escalation_for(error, turn.running)
            end = None
        if end is not None:
            self._finish(end)
            return
        self._stopped = await turn.state() or state
        if turn.running == HANDING_OVER and self._stopped.escalation:
            self._memory.interruption = self._stopped.escalation
        self._memory.absorb(self._stopped)

    def _finish(self, end: TurnEnd) -> None:
        memory, now = self._memory, workflow.now()
        memory.absorb(end.state)
        memory.reminded = False
        if end.request is not None:
            memory.suspended = end.suspended()
            approval = memory.ask(end.request, now)
            memory.become(CaseStatus.AWAITING_APPROVAL, now, due_at=approval.due_at)
        elif end.state.outcome is None:
            memory.interruption = end.state.escalation or NO_OUTCOME
        else:
            memory.suspended = None
            returns.arrive(memory)
