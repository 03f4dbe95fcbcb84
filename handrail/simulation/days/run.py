"""Runs a simulation: quiet days, a signed baseline, then the days with the governor and, from where it first acts, without."""

from __future__ import annotations

import asyncio
import copy
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handrail.business import Business, load_business
from handrail.domain.quality.watch.drift import WatchedSeries
from handrail.embedded.throwaway import Renewable, server
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import open_pool
from handrail.simulation.days import bulk
from handrail.simulation.days.answering import ECHO, Course
from handrail.simulation.days.house import House, KnownThresholds
from handrail.simulation.days.mistakes import laid_out
from handrail.simulation.plan import SimulationPlan
from handrail.simulation.playing.orders import DayOrders, DayPlayed
from handrail.simulation.playing.process import Players, players
from handrail.simulation.report import SimulatedSeed, Speed

Tell = Callable[[str], None]


@dataclass(slots=True)
class Fork:
    """The place from which the run without the governor goes on: behind a day, before the governor saw it."""

    number: int
    kept: list[bytes]
    course: Course


@dataclass(slots=True)
class Simulation:
    """A simulation of one seed on a server of its own. `speed` and `thresholds` go from one seed to the next."""

    plan: SimulationPlan
    players: Players
    database: Renewable
    business: Business
    folder: Path
    speed: Speed
    thresholds: KnownThresholds
    tell: Tell
    fork: Fork | None = field(default=None)
    watched: int = 0

    async def run(self) -> SimulatedSeed:
        """Play the quiet days, then both runs."""
        course = Course.of(self.plan)
        async with self._house() as (house, pool):
            await bulk.lay_out(pool)
            await house.define()
            await self._quiet(house, pool)
            stopped = await self._days(house, pool, course, 1, governor=True)
        if stopped is None:
            return self._result(course, course)
        self.fork = Fork(stopped, await self.players.kept(), copy.deepcopy(course))
        await self.database.keep()
        async with self._house() as (house, pool):
            house.clock.set(house.seen_to(stopped))
            await self._govern(house, course, stopped)
            await self._days(house, pool, course, stopped + 1, governor=True)
        return self._result(course, await self._without(self.fork))

    async def _quiet(self, house: House, pool: Any) -> None:
        for number in range(1 - self.plan.quiet, 1):
            await self._played(pool, DayOrders(number))
            self.tell(f"quiet day {number + self.plan.quiet} of {self.plan.quiet}")
            await house.watch(number)
        self.watched = await house.sign(self.thresholds, self.plan.day(1), None, self.tell)

    async def _without(self, fork: Fork) -> Course:
        """Play on without the governor from where it first had something to do."""
        await self.database.renew()
        await self.players.restore(fork.kept)
        async with self._house() as (house, pool):
            await self._days(house, pool, fork.course, fork.number + 1, governor=False)
        return fork.course

    async def _days(self, house: House, pool: Any, course: Course, since: int, *, governor: bool) -> int | None:
        """Play days; return the day behind which the governor first has something to do, which it has not done yet."""
        for number in range(since, self.plan.days + 1):
            await self._answer(house, course, number)
            found = await self._played(pool, DayOrders(number, await house.controls(), course.events(number)))
            course.cases += found.cases
            course.reviews += found.reviews
            course.failures += found.failures
            course.harmed(found.harms)
            began = time.monotonic()
            course.raised(number, await house.watch(number))
            self.speed.watching_seconds += time.monotonic() - began
            self.tell(f"day {number} of {self.plan.days}{'' if governor else ', without the governor'}")
            if governor and self.fork is None and await house.open_alarms():
                return number
            if governor:
                await self._govern(house, course, number)
        return None

    async def _govern(self, house: House, course: Course, number: int) -> None:
        course.stepped(number, await house.govern(number))
        course.paged(number, await house.open_alarms())

    async def _answer(self, house: House, course: Course, number: int) -> None:
        """Answer the alarms that are due, before the day begins; what alarmed is watched again a little later."""
        due = course.due.pop(number, [])
        if not due:
            return
        house.clock.set(self.plan.begins(number))
        open_now = {alarm.alarm_id for alarm in await house.open_alarms()}
        await house.answer([one for one in due if one[0].alarm_id in open_now], raise_again=not course.due)
        named = {WatchedSeries(indicator=one.indicator, topic=one.topic) for one, _, _ in due if one.baseline_id is not None}
        if named:
            await house.sign(self.thresholds, self.plan.day(number + ECHO), named, self.tell)

    async def _played(self, pool: Any, orders: DayOrders) -> DayPlayed:
        """Play a day and write it down."""
        began = time.monotonic()
        found = joined(await self.players.day(orders))
        played = time.monotonic()
        await bulk.write_day(pool, found.rows)
        self.speed.playing_seconds += played - began
        self.speed.record_seconds += time.monotonic() - played
        self.speed.playing_cpu_seconds += found.cpu
        self.speed.cases += found.cases
        return found

    @asynccontextmanager
    async def _house(self) -> AsyncIterator[tuple[House, Any]]:
        pool = await open_pool(self.database.url, size=2)
        try:
            yield House(self.plan, pool, self.business, self.folder), pool
        finally:
            await pool.close()

    def _result(self, governed: Course, ungoverned: Course) -> SimulatedSeed:
        other = {one.event.kind: one.affected for one in ungoverned.going}
        events = [one.result(other[one.event.kind]) for one in governed.going]
        return SimulatedSeed(
            seed=self.plan.seed,
            days=self.plan.days,
            quiet_days=self.plan.quiet,
            cases=governed.cases,
            reviews=governed.reviews,
            reviews_ungoverned=ungoverned.reviews,
            watched=self.watched,
            mistake=self.plan.mistake,
            events=events,
            false_alarms=governed.false_alarms,
            false_alarms_ungoverned=ungoverned.false_alarms,
            failures=[*governed.failures, *ungoverned.failures][:20],
        )


def joined(parts: Sequence[DayPlayed]) -> DayPlayed:
    """The day of all processes together."""
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for one in parts:
        for table, found in one.rows.items():
            rows[table] += found
    return DayPlayed(
        cases=sum(one.cases for one in parts),
        turns=sum(one.turns for one in parts),
        reviews=sum(one.reviews for one in parts),
        cpu=sum(one.cpu for one in parts),
        rows=dict(rows),
        harms=set[Any]().union(*(one.harms for one in parts)),
        failures=[words for one in parts for words in one.failures],
    )


def simulate(
    plan: SimulationPlan, seeds: Sequence[int], processes: int, business: str, tell: Tell
) -> tuple[list[SimulatedSeed], Speed]:
    """Run the plan once for each seed, one after the other.

    Raises:
        InvalidInput: the plan, or the business's files, cannot be simulated.
        StackFailed: PostgreSQL would not start.
    """
    plan.check()
    found, speed, thresholds = list[SimulatedSeed](), Speed(processes=processes), KnownThresholds()
    began, brought = time.monotonic(), load_business(business)
    with tempfile.TemporaryDirectory(prefix="handrail-sim-") as name:
        right, wrong = laid_out(brought.folder, Path(name), plan.mistake)
        for seed in seeds:
            with server() as database:
                own, said = replace(plan, seed=seed), prefixed(tell, f"seed {seed}")
                found.append(asyncio.run(one_seed(own, database, brought, (right, wrong), speed, thresholds, said)))
    speed.seconds = time.monotonic() - began
    return found, speed


async def one_seed(
    plan: SimulationPlan,
    database: Renewable,
    business: Business,
    folders: tuple[Path, Path],
    speed: Speed,
    thresholds: KnownThresholds,
    tell: Tell,
) -> SimulatedSeed:
    """Run the plan on an empty database, in as many processes as `speed` says."""
    await migrate(database.url, business, datetime.now(UTC))
    async with players(plan, *folders, speed.processes) as playing:
        return await Simulation(plan, playing, database, business, folders[0], speed, thresholds, tell).run()


def prefixed(tell: Tell, prefix: str) -> Tell:
    """Return what tells with a word before it."""
    return lambda words: tell(f"{prefix}, {words}")
