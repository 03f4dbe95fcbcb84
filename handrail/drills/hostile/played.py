"""Cases over PostgreSQL without Temporal: turns on the worker's own machine, decisions as a case takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from activities.people import PeopleActivities
from graphs.engine.machine import CaseMachine
from graphs.engine.run import TurnAttempt
from graphs.hearing import brief, hear
from graphs.state import CaseState
from graphs.turn import Learned, OpenQuestion, TurnRequest, TurnResult
from handrail.domain.actions.approvals import Approval, ApprovalStatus, Attempt, Decision, DecisionInput, Identity, Source
from handrail.domain.actions.decisions import draft
from handrail.domain.case.cases import CaseOpen, CaseStatus, RuledProposal
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import IncomingMessage, check_message
from handrail.domain.case.turns import TurnKey
from handrail.domain.errors import ApprovalRefused, ModelUnavailable
from handrail.ports import Cases, Clock
from workflows.handlers.commands import Intake
from workflows.memory.case import CaseMemory
from workflows.memory.fields import Suspended
from workflows.steps import handback as returns

CHANNEL = "drill"
TRIES = 3
"""Times that a turn is tried whose model failed."""
NO_OUTCOME = Escalation(reason="graph_error", words="The graph ended without an outcome.")


class Named:
    """The port `Identities`: whoever decides is whom they say."""

    async def of_event(self, source: Source, decision: Decision) -> tuple[str, Identity]:
        """See the port."""
        return decision.reviewer, Identity.SELF_DECLARED


@dataclass(frozen=True, slots=True)
class HostileStage:
    """A stage that cases are played over."""

    machine: CaseMachine
    cases: Cases
    people: PeopleActivities
    clock: Clock


@dataclass(slots=True)
class HostileCase:
    """A case under way. `ruled` are the verdicts of its turns, `failures` why turns failed since somebody asked."""

    case_id: str
    customer_id: str
    stage: HostileStage
    memory: CaseMemory
    said: int = 1
    ruled: list[RuledProposal] = field(default_factory=list)
    failures: list[Escalation] = field(default_factory=list)

    @classmethod
    async def open(cls, stage: HostileStage, case_id: str, customer_id: str, text: str) -> HostileCase:
        """Open the case; its first turn has not begun."""
        message = check_message(IncomingMessage(message_id=f"{case_id}-1", text=text))
        wanted = CaseOpen(case_id=case_id, customer_id=customer_id, message=message, channel=CHANNEL)
        now = stage.clock.now()
        await stage.cases.open(wanted, now)
        return cls(case_id, customer_id, stage, CaseMemory.of(wanted, now))

    @property
    def status(self) -> CaseStatus:
        """The status of the case."""
        return self.memory.row.status

    async def say(self, text: str) -> None:
        """The customer writes again."""
        memory, now = self.memory, self.stage.clock.now()
        self.said += 1
        memory.take(check_message(IncomingMessage(message_id=f"{self.case_id}-{self.said}", text=text)), now)
        memory.row = memory.row.model_copy(update={"turn": memory.row.turn + 1})
        returns.begin(memory)
        returns.reopen(memory, now)
        await self.turn()

    async def turn(self) -> None:
        """Run a turn over what the customer wrote."""
        memory = self.memory
        said, memory.inbox = memory.inbox, []
        for message in said:
            memory.say(message.model_copy(update={"turn": memory.row.turn}))
        await self._save()
        memory.hear(hear(said, memory.facts))
        state = memory.state()
        state.incoming = brief(said)
        await self._go(state)

    async def decide(self, wanted: DecisionInput, said: Callable[[Approval], None]) -> None:
        """A person decides, as a case takes it; `said` hears what counts, then the turn goes on.

        Raises:
            ApprovalRefused, InvalidInput: the decision does not count.
        """
        memory, now = self.memory, self.stage.clock.now()
        intake = Intake(memory)
        approval = intake.undecided(wanted, now)
        source = Source(workflow_id=f"case-{self.case_id}", run_id="drill")
        attempt = Attempt(
            case_id=self.case_id,
            customer_id=self.customer_id,
            topic=memory.row.topic or "",
            approval=approval,
            decision=draft(approval, wanted, now, "drill"),
            changed=sorted(wanted.arguments or {}),
            source=source,
        )
        permit = await self.stage.people.permit(attempt)
        if permit.refused:
            intake.refused(permit.decision, permit.refused, now, source)
            await self._save()
            raise ApprovalRefused(permit.refused)
        settled = intake.settle(approval, permit, now, source)
        said(settled)
        await self._resume(settled)

    async def _resume(self, settled: Approval) -> None:
        """Go on with a decision, where it is enough."""
        memory, waiting = self.memory, self.memory.suspended
        decision, memory.decided = settled.decision, None
        if settled.status is ApprovalStatus.OPEN or decision is None or waiting is None:
            return await self._save()
        memory.become(CaseStatus.WORKING, self.stage.clock.now(), due_at=None)
        await self._save()
        waiting.state.row, waiting.state.sequence = memory.row, memory.heard + 1
        waiting.state.stated = memory.stated
        memory.suspended = None
        question = OpenQuestion(node=waiting.node, before=waiting.before, request_id=waiting.request_id)
        return await self._go(waiting.state, question, decision)

    async def close(self) -> None:
        """The case is over: nobody wrote, or people answered elsewhere."""
        memory, now = self.memory, self.stage.clock.now()
        memory.drop_approvals(ApprovalStatus.EXPIRED)
        if memory.row.status is not CaseStatus.RESOLVED:
            memory.become(CaseStatus.CLOSED, now)
        memory.audit("clock", "close", now)
        await self._save()

    async def _save(self) -> None:
        while self.memory.unsaved:
            commit = self.memory.commit()
            await self.stage.cases.commit(commit)
            self.memory.saved(commit)

    async def _go(self, state: CaseState, question: OpenQuestion | None = None, decision: Decision | None = None) -> None:
        result = await self._run(state, question, decision)
        if result.learned is None and result.request is None:
            # A turn that failed: a person gets the case, as in the workflow.
            why = result.failure or NO_OUTCOME
            self.failures.append(why)
            self.memory.drop_approvals(ApprovalStatus.WITHDRAWN)
            left = (result.state or state).model_copy(update={"escalation": why, "outcome": None})
            result = await self._run(left)
        memory = self.memory
        if result.learned:
            memory.absorb(result.learned)
            memory.suspended = None
            returns.arrive(memory)
        elif result.request and result.question and result.state:
            memory.absorb(Learned.of(result.state))
            memory.suspended = Suspended(state=result.state, **result.question.model_dump())
            approval = memory.ask(result.request, self.stage.clock.now())
            memory.become(CaseStatus.AWAITING_APPROVAL, self.stage.clock.now(), due_at=approval.due_at)
        elif result.failure:
            self.failures.append(result.failure)
        await self._save()

    async def _run(
        self, state: CaseState, question: OpenQuestion | None = None, decision: Decision | None = None
    ) -> TurnResult:
        """Run a turn, a few times where the model fails, as the activity does."""
        token = f"{self.case_id}-{self.memory.row.version}-{len(self.failures)}"
        asked_at: datetime = self.stage.clock.now()
        for number in range(1, TRIES + 1):
            wanted = TurnRequest.model_construct(
                token=token, state=state, question=question, decision=decision, lost=None, steps=500, commit=None
            )
            attempt: TurnAttempt = self.stage.machine.begin(wanted, TurnKey(token=token, asked_at=asked_at, attempt=number))
            try:
                result = await attempt.go()
            except ModelUnavailable as error:
                result = attempt.failed(error)
                if number < TRIES:
                    continue
            self.ruled += attempt.state.ruled
            return result
        raise AssertionError("the last try returns")
