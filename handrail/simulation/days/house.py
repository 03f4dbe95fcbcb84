"""The house of a simulation: its record in PostgreSQL, the real steps of its day, and the person who answers for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from handrail.business import Business
from handrail.domain.autonomy.controls import Control
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.quality.days import day_at
from handrail.domain.quality.judge.calibration import JudgedTerms
from handrail.domain.quality.watch.drift import DriftAlarm, DriftBaseline, WatchedSeries
from handrail.domain.quality.watch.governor import GovernorStep, StepKind
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.reviews import PostgresReviewGates
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.drift import PostgresDrift
from handrail.postgres.quality.governor import PostgresGovernor
from handrail.quality.governor.govern import Governor
from handrail.quality.governor.loader import load_governor
from handrail.quality.judging.loader import load_rubric
from handrail.quality.watching.baselines import BaselinePeriod, calibrated_baselines, proposals, threshold_place
from handrail.quality.watching.terms import FileTerms
from handrail.quality.watching.watch import DriftWatch, observations
from handrail.simulation.days.bulk import move_times
from handrail.simulation.plan import SimulationPlan
from handrail.simulation.world.clock import SimulatedClock
from handrail.topics.dial import GateLever, TopicDial
from handrail.topics.loader import FileTopics

OWNER = "mia"
"""Who signs baselines, acknowledges alarms and raises topics in a simulation."""
SEEN_TO = timedelta(minutes=15)
"""A day's steps are done so long behind its end."""
Tell = Callable[[str], None]


async def unjudged() -> Mapping[str, JudgedTerms]:
    """Return nothing: no model judges in a simulation."""
    return {}


@dataclass(slots=True)
class KnownThresholds:
    """KnownThresholds that were found by simulation, kept from one seed to the next: equal places have equal ones."""

    known: dict[str, float] = field(default_factory=dict)


class House:
    """The record and the steps of a day over it, at simulated time."""

    def __init__(self, plan: SimulationPlan, pool: Pool, business: Business, folder: Path) -> None:
        self._plan, self._pool = plan, pool
        self.clock = SimulatedClock(plan.begins(1))
        self._topics = FileTopics(folder / "topics", business.by_name)
        self._controls = PostgresControls(pool, business)
        gates = GateLever(PostgresReviewGates(pool, self.clock), self.clock)
        self._record, self._alarms = PostgresDrift(pool), PostgresAlarms(pool)
        self._steps = PostgresGovernor(pool, self._controls)
        self._terms = FileTerms(folder, self._topics, TopicDial(gates), lambda: load_rubric(folder).value.criteria, unjudged)
        dial = TopicDial(gates, self._controls)
        self._watch = DriftWatch(self._record, self._alarms, self._terms, self.clock)
        self._governor = Governor(
            self._steps, self._alarms, self._topics, dial, lambda: load_governor(folder).value, self.clock
        )

    async def define(self) -> None:
        """Put the definitions of outcomes in force."""
        outcomes = (await self._terms()).outcomes
        await PostgresOutcomes(self._pool).define(outcomes.value, outcomes.version)

    def seen_to(self, number: int) -> datetime:
        """The moment at which the day's steps are done."""
        return self._plan.begins(number + 1) + SEEN_TO

    async def watch(self, number: int) -> list[DriftAlarm]:
        """Do the step `watch` of the day; return the alarms that it raised."""
        self.clock.set(self.seen_to(number))
        return (await self._watch.look(self._plan.day(number))).alarms

    async def govern(self, number: int) -> list[GovernorStep]:
        """Do the step `govern` of the day; return what the governor did, asked of people or left."""
        zone = (await self._terms()).outcomes.value.zone
        found = await self._governor.govern(day_at(self._plan.day(number), zone).day)
        await move_times(self._pool, self.clock.now())
        return found.steps

    async def open_alarms(self) -> list[DriftAlarm]:
        """The alarms that nobody has acknowledged."""
        return await self._alarms.open()

    async def controls(self) -> tuple[Control, ...]:
        """The controls in force."""
        return tuple(await self._controls.in_force())

    async def sign(
        self, thresholds: KnownThresholds, watch_from: date, only: Collection[WatchedSeries] | None, tell: Tell
    ) -> int:
        """Sign what was normal on the quiet days, of all series or of these; return how many can alarm."""
        plan, terms = self._plan, await self._terms()
        period = BaselinePeriod(plan.day(1 - plan.quiet), plan.day(1), watch_from)
        seen = await observations(self._record, terms, period.since, period.until)
        found = proposals(terms, seen, period, lambda series: only is None or series in only)
        watched = [one for one in found if not one.shortage and not one.series.volume]
        for one in watched:
            if (place := threshold_place(one)) in thresholds.known:
                await self._record.keep_threshold(place, thresholds.known[place])
        signed = await calibrated_baselines(self._record, found, tell)
        for one in signed:
            if not one.shortage and not one.series.volume:
                thresholds.known[threshold_place(one)] = one.threshold
        await self._record.sign([accepted(one) for one in signed])
        return sum(not one.shortage for one in signed)

    async def answer(self, alarms: Sequence[tuple[DriftAlarm, bool, str]], raise_again: bool) -> None:
        """Acknowledge alarms as real or not, with why; with `raise_again` also lift what the governor holds."""
        for alarm, real, why in alarms:
            await self._alarms.acknowledge(alarm.alarm_id, OWNER, real=real, note=why)
        if raise_again:
            for step in (await self._steps.lowered()).values():
                await self._steps.lift(raised(step, self.clock.now().date()))
        await move_times(self._pool, self.clock.now())


def accepted(one: DriftBaseline) -> DriftBaseline:
    """The baseline as the owner signs it."""
    return one.model_copy(update={"accepted_by": OWNER})


def raised(step: GovernorStep, day: date) -> GovernorStep:
    """The step up, behind a step down whose cause is out of the world."""
    return GovernorStep(
        kind=StepKind.RAISED,
        day=day,
        topic=step.topic,
        level=Autonomy.AUTO,
        volume=step.volume,
        words="raised against the evidence: the cause of the alarm was found and mended",
        evidence={"against": "the cause was mended"},
        actor=OWNER,
    )
