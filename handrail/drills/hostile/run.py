"""One hostile run: the real graph over a database of its own, step by step, each held against every invariant."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from handrail.drills.hostile.acts import HostileActs
from handrail.drills.hostile.breaking import broken
from handrail.drills.hostile.evidence import HostileEvidence
from handrail.drills.hostile.invariants import INVARIANTS
from handrail.drills.hostile.oracle import WINDOW, Oracle, SeenCase, StepSeen
from handrail.drills.hostile.played import HostileCase
from handrail.drills.hostile.proposing.serve import UNREADABLE
from handrail.drills.hostile.results import HeldInvariant, HostileExample, HostileReport, SlowestStep
from handrail.drills.hostile.stage import HostilePlan, acting
from handrail.drills.rehearsal import prepare
from handrail.postgres.pool import open_pool
from handrail.settings import Settings
from handrail.wiring.cases.building import build_models
from handrail.wiring.cases.worker import world

MAY_FAIL = ("model_rejected", "model_unavailable", "facts_unavailable")
"""Reasons for which a turn may fail: the model did, or a business's record that was asked did not answer in time."""
EXAMPLES = 20
"""Counter-examples of an invariant that are kept."""
COUNTED = ("ruled", "effects", "replies", "reasons", "statuses")
Tell = Callable[[int], None]


async def hostile(settings: Settings, plan: HostilePlan, tell: Tell) -> HostileReport:
    """Play until so many proposals were made, and say what held; `tell` hears how many were made."""
    logging.getLogger("handrail").setLevel(logging.ERROR)  # refusals are what a hostile run is made of
    pool = await open_pool(settings.database_url.get_secret_value(), size=10)
    try:
        async with world(settings, pool) as adapters, httpx.AsyncClient(trust_env=False, timeout=30) as http:
            await prepare(settings, pool, adapters.business)
            build_models()
            await adapters.load()
            evidence = HostileEvidence(pool)
            orders = {one.order_id: one for one in await evidence.orders()}
            oracle = Oracle.of(list(orders.values()), await evidence.refunds(adapters.clock.now() - WINDOW))
            with broken(plan.mutant, adapters, pool, orders) as weak:
                acts = acting(weak, pool, oracle, plan, settings)
                root = str(settings.openai_base_url).removesuffix("/v1")
                return await HostileRun(plan, acts, oracle, evidence, http, root, tell).play()
    finally:
        await pool.close()


@dataclass
class HostileRun:
    """A run under way."""

    plan: HostilePlan
    acts: HostileActs
    oracle: Oracle
    evidence: HostileEvidence
    http: httpx.AsyncClient
    root: str
    tell: Tell
    step: int = 0
    slowest: SlowestStep = field(default_factory=SlowestStep)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in COUNTED})
    looked_at: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[HostileExample]] = field(default_factory=dict)
    approved: int = 0
    made: dict[str, int] = field(default_factory=dict)
    proposals: int = 0
    last: list[str] = field(default_factory=list)

    async def play(self) -> HostileReport:
        """Step until enough was proposed, then look at everything once more."""
        began, since = time.monotonic(), self.acts.stage.clock.now()
        while self.proposals < self.plan.proposals:
            await self._step()
            self.tell(self.proposals)
        audited = await self._whole(since)
        return self._report(time.monotonic() - began, audited)

    async def _step(self) -> None:
        self.step += 1
        since, failures, cases = self.acts.stage.clock.now(), list[str](), list[HostileCase]()
        before = time.process_time()
        try:
            doing, cases = await self.acts.act()
        except Exception as error:  # noqa: BLE001 - whatever comes out is a counter-example
            doing, cases = "", self.acts.cases[-3:]
            failures.append(f"{type(error).__name__}: {str(error)[:300]}")
        cpu = time.process_time() - before
        await self._proposed(cases)
        for case in cases:
            self._hear(case, failures)
        names = [one.case_id for one in cases]
        seen = StepSeen(
            number=self.step,
            doing=doing,
            cases=[seen_case(one) for one in cases if not failures],
            effects=[one for one in await self.evidence.effects(names) if one.effect_id not in self.oracle.applied],
            traces=await self.evidence.traces(since),
            replies=[one for one in await self.evidence.replies(names) if one.message_id not in self.oracle.told],
            failures=failures,
            cpu=cpu,
        )
        if cpu > self.slowest.seconds:
            self.slowest = SlowestStep(seconds=round(cpu, 3), step=self.step, doing=doing, proposed=self.last)
        self.counts["effects"].update(one.action for one in seen.effects)
        self.counts["replies"]["sent"] += len(seen.replies)
        self.approved += sum(self.oracle.said_yes(one) for one in seen.effects)
        self._hold(seen)
        self.oracle.take(seen)

    def _hear(self, case: HostileCase, failures: list[str]) -> None:
        """Take over what the graph ruled in a case, and why turns failed."""
        self.counts["ruled"].update(self.oracle.ruled(case.ruled))
        failures += [f"{case.case_id}: {one.reason}: {one.words}" for one in case.failures if one.reason not in MAY_FAIL]
        self.counts["statuses"][str(case.status)] += 1
        if case.memory.row.reason:
            self.counts["reasons"][case.memory.row.reason] += 1
        case.failures = []

    async def _proposed(self, cases: Sequence[HostileCase]) -> None:
        found = (await self.http.get(f"{self.root}/made", params={"case": cases[0].case_id if cases else ""})).json()
        self.proposals, self.made, self.last = found["proposals"], found["kinds"], found["last"]

    async def _whole(self, since: datetime) -> int:
        """Hold what the ledger and the shop hold altogether against what the steps saw, and verify the audit."""
        audited, audit_broken = await self.evidence.audit()
        left = [one for one in await self.evidence.every_effect() if one.effect_id not in self.oracle.applied]
        known = set(self.oracle.made.values())
        stray = [
            one
            for one in await self.evidence.traces(since - timedelta(seconds=1))
            if one.effect_id and one.made_id not in known
        ]
        failures = [f"{self.made[UNREADABLE]} requests could not be read"] if self.made.get(UNREADABLE) else []
        self.step += 1
        self._hold(StepSeen(self.step, "audit and everything", (), left, stray, failures=failures, audit_broken=audit_broken))
        return audited

    def _hold(self, seen: StepSeen) -> None:
        for one in INVARIANTS:
            self.looked_at[one.name] += one.looked_at(seen)
            found = self.broken.setdefault(one.name, [])
            found += [
                HostileExample(seed=self.plan.seed, step=seen.number, doing=seen.doing, proposed=self.last, seen=words)
                for words in one.check(self.oracle, seen)
            ][: EXAMPLES - len(found)]

    def _report(self, seconds: float, audited: int) -> HostileReport:
        counts = {name: dict(found.most_common()) for name, found in self.counts.items()}
        return HostileReport(
            seed=self.plan.seed,
            mutant=self.plan.mutant,
            proposals=self.proposals,
            steps=self.step,
            cases=self.acts.opened,
            seconds=round(seconds, 1),
            kinds=self.made,
            ruled=counts["ruled"],
            decisions=dict(self.acts.counts),
            effects=counts["effects"],
            approved_effects=self.approved,
            replies=self.counts["replies"]["sent"],
            reasons=counts["reasons"],
            statuses=counts["statuses"],
            audited=audited,
            slowest=self.slowest,
            invariants=[
                HeldInvariant(name=one.name, looked_at=self.looked_at[one.name], broken=self.broken[one.name])
                for one in INVARIANTS
            ],
        )


def seen_case(case: HostileCase) -> SeenCase:
    """Return where a case stands."""
    memory = case.memory
    spoken = any(one.author != "customer" for one in memory.messages)
    return SeenCase(
        case.case_id, case.customer_id, case.status, len(memory.open_approvals), memory.handoff is not None, spoken
    )
