"""A case's turns: begun, gone on with, cut short, and passed between the agent and people. The loop says when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from temporalio import workflow

from graphs.hearing import brief
from graphs.state import CaseState, HandBackNote
from graphs.turn import Learned, OpenQuestion, TurnRequest, TurnResult
from graphs.wishes import for_people
from handrail.domain.actions.approvals import ApprovalStatus, Decision, HumanRequest
from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.case.changes import CHANGED
from handrail.domain.case.classification import Classification
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import Author, Message
from workflows.memory.case import CaseMemory
from workflows.memory.fields import Suspended
from workflows.options import turn_options
from workflows.page.memo import publish_memo
from workflows.steps import handback as returns
from workflows.steps.halting import Halt
from workflows.steps.hearing import hear_beside, where_it_belongs
from workflows.steps.heeding import begins_anew, came_late, counted, to_hear
from workflows.steps.interrupting import finished, listen
from workflows.steps.last_resort import hand_over
from workflows.steps.record import flush, take_inbox

LAST_WORDS = 3
RECORDS_IN_TURN = "decision-within-the-turn"
HAND_OVER_STEPS = 20
HANDING_OVER = "escalate"
NO_OUTCOME = Escalation(reason="graph_error", words="The graph ended without an outcome.")
NOT_HEARD = Escalation(reason="graph_error", words="The turn could not be run to its end.")


class Turns:
    """`show` makes what changed visible; `_said` is what the last turn of the customer's began with."""

    def __init__(self, memory: CaseMemory, show: Callable[[], None]) -> None:
        self._memory = memory
        self._show = show
        self._stopped: CaseState | None = None
        self._lost: str | None = None
        """The turn that was cut short and never said how far it came."""
        self._said: list[Message] = []
        self._struck: Classification | None = None
        """How the words are classified that stopped the agent."""

    async def start(self) -> None:
        """The customer wrote: from the entrance of the graph."""
        memory, now = self._memory, workflow.now()
        returns.begin(memory)
        if memory.messages:
            memory.row = memory.row.model_copy(update={"turn": memory.row.turn + 1})
            returns.reopen(memory, now)
        self._said = counted(memory, take_inbox(memory), self._said)
        if memory.unsaved:
            await flush(memory)
        state = memory.state()
        state.incoming = brief(self._said)
        await self._go(state)

    async def resume(self, decision: Decision) -> None:
        """Resume the turn with a decision, from the question that was asked."""
        memory, suspended = self._memory, self._memory.suspended
        memory.become(CaseStatus.WORKING, workflow.now(), due_at=None)
        self._show()
        memory.decided = None
        commit = self._with_the_turn()
        if commit is None or suspended is None:
            commit = None
            await flush(memory)
        if suspended is None:
            memory.interruption = Escalation(reason="graph_changed", words="The question that was answered is gone.")
            return
        suspended.state.row, suspended.state.sequence = memory.row, memory.heard + 1
        suspended.state.stated = memory.stated
        memory.suspended = None
        asked = OpenQuestion(node=suspended.node, before=suspended.before, request_id=suspended.request_id)
        await self._go(suspended.state, asked, decision, commit)

    def _with_the_turn(self) -> Commit | None:
        """Return what the turn is to record before it goes on; None where messages or a packet have to be recorded first."""
        memory = self._memory
        in_turn = memory.terms.at_once or workflow.patched(RECORDS_IN_TURN)
        return None if not in_turn or memory.unsaved_messages or memory.unsaved_handoff else memory.commit()

    async def hand_back(self, words: str) -> None:
        """A person gave the case back: the agent goes on with their note."""
        memory, now = self._memory, workflow.now()
        name, _, note = words.partition("\n")
        memory.row = memory.row.model_copy(update={"turn": memory.row.turn + 1})
        memory.become(CaseStatus.WORKING, now, **returns.AGENTS)
        memory.handed_back = None
        memory.reroutes = 0
        memory.lost = []
        returns.hand_back(memory, name, memory.handed_back_topic)
        memory.handed_back_topic = None
        await flush(memory)
        state = memory.state()
        state.person = HandBackNote(name=name, note=note)
        await self._go(state)

    async def escalate(self, why: Escalation) -> None:
        """A person gets the case with its packet, from wherever it stands."""
        memory = self._memory
        memory.odd = ""
        state = memory.unsaid(self._stopped or (memory.suspended.state if memory.suspended else memory.state()))
        memory.handed_back = None
        if memory.decided:
            state.decisions.append(memory.decided)
            memory.decided = None
        said = take_inbox(memory)
        if not state.incoming and not said:
            said = [one for one in memory.messages if one.author is Author.CUSTOMER and one.stands][-LAST_WORDS:]
        expired = why.reason == "approval_expired"
        memory.drop_approvals(ApprovalStatus.EXPIRED if expired else ApprovalStatus.WITHDRAWN)
        if memory.unsaved:
            await flush(memory)
        changes = {"row": memory.row, "sequence": memory.heard + 1, "escalation": why, "outcome": None}
        heard = {"incoming": brief([*memory.still(state.incoming), *said]), "stated": memory.stated}
        state = state.model_copy(update={**changes, **heard})
        if self._struck:
            state.row, state.classification = where_it_belongs(state.row, self._struck)
        await self._give(state, why)
        self._struck = self._struck if memory.interruption else None

    async def _give(self, state: CaseState, why: Escalation) -> None:
        """Hand the case over by the graph's node; where that fails, which an edited one may, by the workflow itself."""
        memory, failure = self._memory, "the graph did not hand it over"
        result: TurnResult | None = None
        request = self._request(state, steps=HAND_OVER_STEPS)
        try:
            result = (await finished(self._start(request))).onto(state)
        except Exception as error:  # noqa: BLE001 - whatever a graph does, the customer's case reaches a person
            failure = type(error).__name__
        self._lost = None
        if result and result.learned:
            # The end of a turn that had been lost is no hand-over yet: the reason stands.
            memory.interruption = why if result.recovered else None
            self._stopped = None
            self._end(result.learned)
            return
        memory.interruption = None
        self._stopped = None
        failure = result.failure.words if result and result.failure else failure
        workflow.logger.error("%s is handed over without the graph: %s", memory.row.case_id, failure)
        memory.suspended = None
        hand_over(memory, state, why, failure, workflow.now())
        await flush(memory)
        returns.arrive(memory)

    async def hear_meanwhile(self, messages: Sequence[Message]) -> None:
        """Hear what came in beside the turn under way, or beside what was asked."""
        self._struck = await hear_beside(self._memory, messages, brief(self._said)) or self._struck

    async def heed(self) -> None:
        """Hear what was edited or withdrawn after it was read: it may undo a yes."""
        if beside := to_hear(self._memory):
            await self.hear_meanwhile(beside)

    async def _go(
        self,
        state: CaseState,
        question: OpenQuestion | None = None,
        decision: Decision | None = None,
        commit: Commit | None = None,
    ) -> None:
        """Run a turn with one ear open; what goes wrong in it becomes a reason for a person."""
        memory = self._memory
        self._show()
        publish_memo(memory)
        request = self._request(state, question=question, decision=decision, commit=commit)
        result: TurnResult | None = None
        try:
            result = await self._run(request)
        except Exception as error:  # noqa: BLE001 - whatever a turn does, the customer's case reaches a person
            workflow.logger.warning("the turn failed: %s", type(error).__name__)
            memory.interruption = memory.interruption or NOT_HEARD
        self._lost = None if result else request.token
        if commit and result and result.recorded:
            memory.saved(commit)
        if result is None:
            self._stopped = state
            memory.interruption = memory.interruption or (CHANGED if memory.changed else None)
        elif result.learned:
            self._end(result.learned)
            came_late(memory, state)
        elif memory.changed and not memory.interruption and not memory.closing:
            # The words that it goes by do not stand any more.
            if decision or not begins_anew(memory, result, state, self._said, workflow.now()):
                memory.interruption = memory.interruption or CHANGED
                self._stop(result, state)
        elif result.request and result.question and result.state:
            self._ask(result.state, result.question, result.request)
        else:
            self._stop(result, state)

    async def _run(self, request: TurnRequest) -> TurnResult | None:
        """Run the turn, unless its words were changed while it was made ready; None where nobody knows how far it came."""
        if self._memory.changed:
            await self.heed()
            return TurnResult(state=request.state)
        result = await listen(self._start(request), self._memory, self.hear_meanwhile, Halt(self._memory, request.token))
        return result.onto(request.state) if result else None

    def _request(self, state: CaseState, **more: Any) -> TurnRequest:
        return TurnRequest(token=str(workflow.uuid4()), state=state, lost=self._lost, briefly=True, **more)

    def _start(self, request: TurnRequest) -> workflow.ActivityHandle[TurnResult]:
        row = self._memory.row
        summary = f"Turn {row.turn}: {row.topic.replace('_', ' ')}" if row.topic else f"Turn {row.turn}"
        options = turn_options(row.customer_id, decided=request.decision is not None)
        return workflow.start_activity("case.turn", request, result_type=TurnResult, summary=summary, **options)

    def _end(self, learned: Learned) -> None:
        """The turn has ended, and was recorded."""
        memory = self._memory
        memory.absorb(learned)
        memory.reminded, memory.suspended = False, None
        if learned.goes_on:
            memory.interruption = memory.interruption or for_people(memory.besides)
        returns.arrive(memory)

    def _ask(self, state: CaseState, question: OpenQuestion, request: HumanRequest) -> None:
        """The graph waits for a person."""
        memory, now = self._memory, workflow.now()
        memory.absorb(Learned.of(state))
        memory.reminded = False
        memory.suspended = Suspended(state=state, **question.model_dump())
        approval = memory.ask(request, now)
        memory.become(CaseStatus.AWAITING_APPROVAL, now, due_at=approval.due_at)

    def _stop(self, result: TurnResult, state: CaseState) -> None:
        """The turn was cut short or failed: what it found out is kept, and a person gets the case."""
        memory = self._memory
        self._stopped = stopped = result.state or state
        if result.failure:
            memory.interruption = memory.interruption or result.failure
        if result.node == HANDING_OVER and stopped.escalation:
            memory.interruption = stopped.escalation
        if memory.closing:
            memory.unsaved_audit.extend(stopped.unrecorded.audit)
        else:
            memory.interruption = memory.interruption or stopped.escalation or NO_OUTCOME
        memory.absorb(Learned.of(stopped, sure=False))
