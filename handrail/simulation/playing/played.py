"""A simulated case: its turns in the real graph, and everybody around it, from the first message to the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from graphs.engine.run import TurnAttempt
from graphs.hearing import brief, hear
from graphs.state import CaseState
from graphs.turn import Learned, OpenQuestion, TurnRequest, TurnResult
from handrail.domain.actions.approvals import Approval, ApprovalStatus, Decision
from handrail.domain.actions.decisions import settle
from handrail.domain.case.cases import CaseOpen, CaseStatus
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import Author, IncomingMessage, Message
from handrail.domain.case.turns import TurnKey
from handrail.simulation.playing.stage import SimulatedStage
from handrail.simulation.population.matters import Matter
from workflows.memory.case import CaseMemory
from workflows.memory.fields import Suspended
from workflows.steps import handback as returns


class NextUp(StrEnum):
    """The next thing that happens to a case."""

    OPEN = "open"
    ANSWER = "answer"
    DECIDE = "decide"
    CLAIM = "claim"
    SOLVE = "solve"
    SILENCE = "silence"
    ENDED = "ended"


@dataclass(slots=True)
class PlayedCase:
    """A case of a matter; `contact` counts the customer's cases about it from 1. `asked` is how often the agent asked back."""

    case_id: str
    matter: Matter
    contact: int
    order_id: str
    chance: Random
    memory: CaseMemory | None = None
    asked: int = 0
    number: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def here(self) -> CaseMemory:
        """The memory of the case. Raises: ValueError: it was not opened."""
        if self.memory is None:
            raise ValueError(f"{self.case_id} is not open")
        return self.memory

    async def open(self, stage: SimulatedStage, text: str) -> None:
        """Open the case with the customer's first message, and run its first turn."""
        now = stage.clock.now()
        message = IncomingMessage(message_id=f"{self.case_id}-1", text=text)
        wanted = CaseOpen(
            case_id=self.case_id, customer_id=self.matter.customer_id, message=message, channel=self.matter.channel
        )
        self.memory = CaseMemory.of(wanted, now)
        self.number = 1
        await self._heard(stage)

    async def say(self, stage: SimulatedStage, text: str) -> None:
        """The customer writes again, in the same case."""
        memory, now = self.here, stage.clock.now()
        self.number += 1
        memory.take(IncomingMessage(message_id=f"{self.case_id}-{self.number}", text=text), now)
        returns.begin(memory)
        memory.row = memory.row.model_copy(update={"turn": memory.row.turn + 1})
        returns.reopen(memory, now)
        await self._heard(stage)

    async def _heard(self, stage: SimulatedStage) -> None:
        """Run a turn over what the customer wrote just now."""
        memory = self.here
        said, memory.inbox = memory.inbox, []
        for message in said:
            memory.say(message.model_copy(update={"turn": memory.row.turn}))
        self.save(stage)
        memory.hear(hear(said, memory.facts))
        state = memory.state()
        state.incoming = brief(said)
        await self._go(stage, state)

    async def decide(self, stage: SimulatedStage, decision: Decision) -> None:
        """People decided: write it down, and go on where the graph waits; with more people to ask, it goes on waiting."""
        memory, now = self.here, stage.clock.now()
        approval = memory.open_approvals[0]
        settled = settle(approval, decision)
        memory.keep(settled)
        waiting = memory.suspended
        if settled.status is ApprovalStatus.OPEN or waiting is None:
            return self.save(stage)
        memory.become(CaseStatus.WORKING, now, due_at=None)
        self.save(stage)
        waiting.state.row, waiting.state.sequence = memory.row, memory.heard + 1
        waiting.state.stated = memory.stated
        memory.suspended = None
        question = OpenQuestion(node=waiting.node, before=waiting.before, request_id=waiting.request_id)
        return await self._go(stage, waiting.state, question, decision)

    @property
    def waits_for(self) -> Approval | None:
        """The approval that waits for people."""
        return next(iter(self.here.open_approvals), None)

    def claim(self, stage: SimulatedStage, name: str) -> None:
        """Somebody takes the case."""
        memory, now = self.here, stage.clock.now()
        memory.become(CaseStatus.WITH_HUMAN, now, assignee=name)
        memory.audit(name, "claim", now)
        self.save(stage)

    def solve(self, stage: SimulatedStage, name: str, text: str) -> None:
        """The holder answers the customer, and ends the case."""
        memory, now = self.here, stage.clock.now()
        memory.say(
            Message(
                message_id=f"{self.case_id}-p{memory.row.version}",
                author=Author.PERSON,
                text=text,
                at=now,
                turn=memory.row.turn,
                sequence=memory.heard + 1,
                by=name,
            )
        )
        memory.audit(name, "reply", now)
        memory.become(CaseStatus.RESOLVED, now, reply=text)
        memory.audit(name, "resolve", now)
        self.save(stage)

    def close(self, stage: SimulatedStage) -> None:
        """The customer said nothing for too long: the clock closes the case."""
        memory, now = self.here, stage.clock.now()
        memory.become(CaseStatus.CLOSED, now)
        memory.audit("clock", "close", now)
        self.save(stage)

    def save(self, stage: SimulatedStage) -> None:
        """Write down what is not written yet."""
        memory = self.here
        if memory.unsaved:
            commit = memory.commit()
            stage.record.write(commit)
            memory.saved(commit)

    async def _go(
        self,
        stage: SimulatedStage,
        state: CaseState,
        question: OpenQuestion | None = None,
        decision: Decision | None = None,
    ) -> None:
        memory = self.here
        result = await self._run(stage, state, question, decision)
        if result.learned is None and result.request is None:
            # A turn that failed: a person gets the case, as in the workflow.
            why = result.failure or Escalation(reason="graph_error", words="The graph ended without an outcome.")
            self.failures.append(f"{self.case_id}: {why.reason}: {why.words}")
            left = (result.state or state).model_copy(update={"escalation": why, "outcome": None})
            result = await self._run(stage, left)
        if result.learned:
            memory.absorb(result.learned)
            memory.suspended = None
            returns.arrive(memory)
        elif result.request and result.question and result.state:
            memory.absorb(Learned.of(result.state))
            memory.suspended = Suspended(state=result.state, **result.question.model_dump())
            approval = memory.ask(result.request, stage.clock.now())
            memory.become(CaseStatus.AWAITING_APPROVAL, stage.clock.now(), due_at=approval.due_at)
            self.save(stage)
        else:
            raise RuntimeError(f"{self.case_id}: the turn neither ended nor asked")

    async def _run(
        self, stage: SimulatedStage, state: CaseState, question: OpenQuestion | None = None, decision: Decision | None = None
    ) -> TurnResult:
        token = f"{self.case_id}-{self.here.row.version}"
        wanted = TurnRequest.model_construct(
            token=token, state=state, question=question, decision=decision, lost=None, steps=200, commit=None
        )
        attempt: TurnAttempt = stage.machine.begin(wanted, TurnKey(token=token, asked_at=stage.clock.now()))
        return await attempt.go()

    @property
    def settled(self) -> bool:
        """Tell if the customer has what they wanted: from a person always, from the agent by what was said and done."""
        memory = self.here
        if any(one.author is Author.PERSON for one in memory.messages):
            return True
        if self.matter.wants in ("status", "payment"):
            return self.order_id in (memory.row.reply or "")
        effects = {"refund": "refund_order", "cancel": "cancel_order", "address": "change_shipping_address"}
        wanted = effects.get(self.matter.wants, "send_password_reset" if self.matter.wants == "password" else None)
        return any(one.action == wanted and one.status == "applied" for one in memory.effects)
