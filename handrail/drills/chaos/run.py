"""One drill: load and faults by plan on a stack of its own, then everything is read and held against the invariants."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import OperationalError
from temporalio.service import RPCError

from handrail.drills.chaos.log import OperationLog
from handrail.drills.chaos.plan import ChaosPlan, CustomersAnswer, Finish, PlannedCase, PlannedRuling, Wish
from handrail.drills.chaos.play.acting import PlannedConversation
from handrail.drills.chaos.play.faults import Faults
from handrail.drills.chaos.play.shoppers import Shopper, shoppers
from handrail.drills.chaos.play.switching import PlannedThrow
from handrail.drills.chaos.results import ChaosReport, report
from handrail.drills.chaos.seen.evidence import CaseHistory, ChaosEvidence
from handrail.drills.chaos.seen.histories import histories
from handrail.drills.chaos.seen.readings import PostgresEvidence
from handrail.drills.chaos.stack import ChaosStack, opened
from handrail.temporal.cases.client import CaseClient

IN_FLIGHT = 24
PROBES_PATIENCE = 5.0
QUIET_SECONDS = 60.0
LOOK = 0.5
Tell = Callable[[str], None]


async def chaos(plan: ChaosPlan, tell: Tell, log: Path | None = None, keep: Path | None = None) -> ChaosReport:
    """Play the plan on a stack of its own and say what holds; `log` receives every operation, `keep` the stack's folder.

    Raises:
        StackFailed: a part would not start, or did not come back.
    """
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # that its server went away is no news here
    began = time.monotonic()
    operations = OperationLog(log)
    try:
        with tempfile.TemporaryDirectory(prefix="handrail-chaos-", ignore_cleanup_errors=True) as name:
            async with opened(keep or Path(name), plan.mutant) as stack:
                tell(f"plan {plan.hash}: {len(plan.cases)} cases, {len(plan.faults)} faults")
                evidence = await Drilled(plan, stack, operations, tell).run()
    finally:
        operations.close()
    return report(plan, evidence, time.monotonic() - began)


@dataclass
class Drilled:
    """A drill under way."""

    plan: ChaosPlan
    stack: ChaosStack
    log: OperationLog
    tell: Tell
    conversations: list[PlannedConversation] = field(default_factory=list)

    async def run(self) -> ChaosEvidence:
        """Play everything, wait until it is quiet, and read."""
        reading = PostgresEvidence(self.stack.pool)
        since = await reading.now()
        wishes = [*(one.wish for one in self.plan.cases), *(Wish.QUESTION for _ in self.plan.faults)]
        people = await shoppers(self.stack.pool, wishes)
        probes = people[len(self.plan.cases) :]
        faults = Faults(self.stack, reading, lambda number: self._probe(number, probes[number]), self.tell)
        throw = PlannedThrow(self.stack.pool, self.plan.switch, self.tell)
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hurt(faults, began))
            group.create_task(throw.play(began, [case_of(number) for number in self.plan.switch.cases]))
            places = asyncio.Semaphore(IN_FLIGHT)
            for planned, shopper in zip(self.plan.cases, people, strict=False):
                group.create_task(self._play(planned, shopper, began, places, throw.thrown))
        self.tell("the load is through; reading everything")
        found = await self._quiet(reading)
        evidence = await reading.everything(since)
        late = [one.case_id for one in self.conversations if one.late]
        seen = {"operations": self.log.all(), "histories": found, "late": late, "heals": faults.heals}
        return evidence.model_copy(update=seen)

    async def _hurt(self, faults: Faults, began: float) -> None:
        for fault in self.plan.faults:
            await faults.bring(fault, began)

    async def _play(
        self,
        planned: PlannedCase,
        shopper: Shopper,
        began: float,
        places: asyncio.Semaphore,
        thrown: asyncio.Event,
    ) -> None:
        await asyncio.sleep(max(0.0, began + planned.at - time.monotonic()))
        if planned.number in self.plan.switch.cases:
            await thrown.wait()
        async with places:
            await self._conversation(planned, shopper, case_of(planned.number)).hold()

    def _probe(self, number: int, shopper: Shopper) -> PlannedConversation:
        planned = PlannedCase(
            number=number,
            at=0.0,
            wish=Wish.QUESTION,
            answer=CustomersAnswer.YES,
            ruling=PlannedRuling.APPROVE,
            finish=Finish.RESOLVE,
            reply=False,
            following=0,
            patience=PROBES_PATIENCE,
        )
        return self._conversation(planned, shopper, f"probe-{number:04}")

    def _conversation(self, planned: PlannedCase, shopper: Shopper, case_id: str) -> PlannedConversation:
        cases = CaseClient(self.stack.outside, patience=planned.patience)
        conversation = PlannedConversation(cases, self.log, planned, shopper, case_id)
        self.conversations.append(conversation)
        return conversation

    async def _quiet(self, reading: PostgresEvidence) -> list[CaseHistory]:
        """Wait until nobody works on a case, nothing hangs and both sides agree, or for long; return the histories."""
        case_ids = [one.case_id for one in self.conversations]
        deadline = time.monotonic() + QUIET_SECONDS
        while True:
            try:
                found = await histories(self.stack.client, case_ids)
                recorded = await reading.statuses()
            except (OperationalError, RPCError):
                if time.monotonic() > deadline:
                    raise
            else:
                if time.monotonic() > deadline or at_rest(found, recorded):
                    return found
            await asyncio.sleep(LOOK)


def at_rest(found: Sequence[CaseHistory], recorded: Mapping[str, str]) -> bool:
    """Return whether nobody works on any of the cases, and the record holds each as Temporal does."""
    return "Working" not in recorded.values() and not any(
        one.trouble or (one.open and one.status != recorded.get(one.case_id)) for one in found
    )


def case_of(number: int) -> str:
    """Return the id of a planned case."""
    return f"chaos-{number:04}"
