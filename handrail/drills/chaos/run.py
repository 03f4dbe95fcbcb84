"""One drill: load and faults by plan on a stack of its own, then everything is read and held against the invariants."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import OperationalError
from temporalio.service import RPCError

from handrail.drills.chaos.log import OperationLog
from handrail.drills.chaos.plan import ChaosPlan, CustomersAnswer, Finish, PlannedCase, PlannedRuling, Wish
from handrail.drills.chaos.play.acting import PlannedConversation
from handrail.drills.chaos.play.casting import Casting, casting
from handrail.drills.chaos.play.days import EndedDays
from handrail.drills.chaos.play.faults import Faults
from handrail.drills.chaos.play.shoppers import Shopper, shoppers
from handrail.drills.chaos.play.switching import PlannedThrow
from handrail.drills.chaos.results import ChaosReport, report
from handrail.drills.chaos.seen.evidence import CaseHistory, ChaosEvidence
from handrail.drills.chaos.seen.histories import histories
from handrail.drills.chaos.seen.readings import PostgresEvidence
from handrail.drills.chaos.stack import ChaosStack, opened

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
            async with opened(keep or Path(name), plan.mutants, plan.paths, kept=keep is not None) as stack:
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

    async def run(self) -> ChaosEvidence:
        """Play everything, wait until it is quiet, and read."""
        reading = PostgresEvidence(self.stack.pool)
        since = await reading.now()
        days = EndedDays(self.stack, self.plan.days, since, self.tell)
        async with casting(self.stack, self.log) as cast:
            faults = await self._played(cast, reading, days)
            self.tell("the load is through; reading everything")
            found = await self._quiet(cast, reading)
            if self.stack.box is not None:
                await self.stack.box.emptied(self.stack.pool)
                found = await self._quiet(cast, reading)  # a mail that cannot leave gives its case to a person
            if self.stack.webhook is not None:
                await self.stack.webhook.emptied(self.stack.pool, self.stack.client)
            if self.plan.days:
                await days.end()
            evidence = await reading.everything(since)
            outside = await self._outside(cast, evidence)
        seen = {"operations": self.log.all(), "histories": found, "late": cast.late, "heals": faults.heals, **outside}
        seen |= {"days_ended": len(days.ended), "came_late": faults.came_late}
        return evidence.model_copy(update=seen)

    async def _played(self, cast: Casting, reading: PostgresEvidence, days: EndedDays) -> Faults:
        """Play load and faults together; return what became of the faults."""
        wishes = [*(one.wish for one in self.plan.cases), *(Wish.QUESTION for _ in self.plan.faults), Wish.CANCEL]
        people = await shoppers(self.stack.pool, wishes)
        probes = people[len(self.plan.cases) :]
        faults = Faults(
            self.stack,
            reading,
            lambda number: probe(cast, probes[number], f"probe-{number:04}"),
            lambda: probe(cast, probes[-1], "late"),
            self.tell,
        )
        throw = PlannedThrow(self.stack.pool, self.plan.switch, self.tell)
        conversations = [
            cast.conversation(planned, shopper, case_of(planned.number))
            for planned, shopper in zip(self.plan.cases, people, strict=False)
        ]
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hurt(faults, began))
            group.create_task(days.play(began))
            switched = [conversations[number].case_id for number in self.plan.switch.cases]
            group.create_task(throw.play(began, switched))
            places = asyncio.Semaphore(IN_FLIGHT)
            for one in conversations:
                group.create_task(self._play(one, began, places, throw.thrown))
        return faults

    async def _outside(self, cast: Casting, evidence: ChaosEvidence) -> dict[str, Any]:
        """Return what was seen from outside, once whoever follows has caught up."""
        found: dict[str, Any] = {}
        if cast.web is not None:
            await cast.web.readers.caught_up(Counter(one.case_id for one in evidence.told))
            found |= {"answers": cast.web.door.heard, "streams": cast.web.readers.told()}
        if self.stack.webhook is not None:
            found |= {"webhooks": self.stack.webhook.came(), "called": True}
        if self.stack.box is not None:
            found |= {"letters": self.stack.box.letters, "mails": self.stack.box.took()}
        return found

    async def _hurt(self, faults: Faults, began: float) -> None:
        for fault in self.plan.faults:
            await faults.bring(fault, began)

    async def _play(self, one: PlannedConversation, began: float, places: asyncio.Semaphore, thrown: asyncio.Event) -> None:
        await asyncio.sleep(max(0.0, began + one.plan.at - time.monotonic()))
        if one.plan.number in self.plan.switch.cases:
            await thrown.wait()
        async with places:
            await one.hold()

    async def _quiet(self, cast: Casting, reading: PostgresEvidence) -> list[CaseHistory]:
        """Wait until nobody works on a case, nothing hangs and both sides agree, or for long; return the histories."""
        deadline = time.monotonic() + QUIET_SECONDS
        while True:
            try:
                found = await histories(self.stack.client, cast.case_ids)
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


def probe(cast: Casting, shopper: Shopper, name: str) -> PlannedConversation:
    """Return a conversation of the drill's own: whoever asks gets an answer, and whoever wants an effect says yes."""
    planned = PlannedCase(
        number=0,
        at=0.0,
        wish=shopper.wish,
        answer=CustomersAnswer.YES,
        ruling=PlannedRuling.APPROVE,
        finish=Finish.RESOLVE,
        reply=False,
        following=0,
        patience=PROBES_PATIENCE,
    )
    return cast.conversation(planned, shopper, name)


def case_of(number: int) -> str:
    """Return the id of a planned case."""
    return f"chaos-{number:04}"
