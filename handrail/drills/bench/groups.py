"""The measures that run in rounds: for each its control, whose arms must come out alike, and the arms that are measured."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from handrail.drills.bench.front.door import Door
from handrail.drills.bench.front.opening import OPENINGS, Opening, paced
from handrail.drills.bench.measures import Measure
from handrail.drills.bench.plan import BenchPlan
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.stack.starts import STARTS
from handrail.drills.bench.statistics.results import Cell, Round
from handrail.drills.bench.turns import (
    ACTIVITY,
    AGAIN,
    APP,
    DO_NOTHING,
    HANDRAIL,
    BenchPromise,
    BenchTurn,
    Group,
    Work,
    bound,
    many,
    turn,
)
from handrail.drills.bench.work import loads
from handrail.drills.bench.work.arms import NOTHING, OBVIOUS, ONE_ACTIVITY
from handrail.drills.bench.work.serve import QUEUES
from handrail.embedded.process import StackFailed

CALLS = 3
"""Calls of the model per case that are given a latency; a plain case makes two."""


PROMISES = (
    BenchPromise("POST", "start_workflow", "p50", 1.5),
    BenchPromise("POST", "start_workflow", "p99", 2.0),
    BenchPromise("POST and reply", "start_workflow and reply", "p50", 1.2),
    BenchPromise("POST and reply", "start_workflow and reply", "p99", 1.2),
)


class Groups:
    """Makes the groups of a plan over its sides, and the `doors` of those that serve one; ours comes first."""

    def __init__(self, plan: BenchPlan, sides: Sequence[Side], doors: Sequence[Door] = (), *, obvious: bool) -> None:
        self._plan, self._sizes, self._sides, self._obvious, self._doors = plan, plan.sizes, sides, obvious, doors

    def make(self) -> list[Group]:
        """Return the groups of the measures that were asked for."""
        makers: Mapping[Measure, Callable[[], Group]] = {
            Measure.PLAIN: self._plain,
            Measure.SINGLE: self._single,
            Measure.MESSAGES: self._messages,
            Measure.DECISIONS: self._decisions,
            Measure.THINKING: self._thinking,
            Measure.STARTS: self._starts,
            Measure.FRONT: self._front,
        }
        return [make() for measure, make in makers.items() if measure in self._plan.measures]

    def _plain(self) -> Group:
        ours, group = self._sides[0], self._busy(Measure.PLAIN)
        at_once = self._sizes.in_flight
        group.others.append(turn(group, ACTIVITY, ours, lambda: many(ours, ONE_ACTIVITY, self._sizes.nothing // 2, at_once)))
        if self._obvious:
            group.others.append(turn(group, APP, ours, lambda: many(ours, OBVIOUS, self._sizes.obvious, at_once)))
        self._add_cases(group, self._cases)
        return group

    def _thinking(self) -> Group:
        group, seconds, spread = self._busy(Measure.THINKING), self._plan.latency_seconds, self._plan.latency_spread

        async def slowly(side: Side) -> Round:
            await side.think(CALLS * self._sizes.cases, seconds, spread)
            try:
                return await self._cases(side)
            finally:
                await side.think(0, 0, 0)

        self._add_cases(group, slowly)
        return group

    def _single(self) -> Group:
        count, measure = self._sizes.single, Measure.SINGLE

        def nothing(side: Side) -> Work:
            return lambda: loads.workflows_singly(side, NOTHING, QUEUES["nothing"], count)

        async def singly(side: Side) -> Round:
            return await loads.cases_singly(side, await side.customers.questions(count))

        group = Group(measure, self._control(measure, nothing, timed=True))
        ours = self._sides[0]
        if self._obvious:
            work = lambda: loads.workflows_singly(ours, OBVIOUS, QUEUES["obvious"], count)  # noqa: E731
            group.others.append(turn(group, APP, ours, work, timed=True))
        for side in self._sides:
            group.others.append(turn(group, HANDRAIL, side, bound(singly, side), timed=True))
        return group

    def _starts(self) -> Group:
        def nothing(side: Side) -> Work:
            return lambda: loads.workflows_singly(side, NOTHING, QUEUES["nothing"], self._sizes.single)

        group = Group(Measure.STARTS, self._control(Measure.STARTS, nothing, timed=True))
        for arm, start in STARTS.items():
            group.others.extend(turn(group, arm, side, bound(start, side), timed=True) for side in self._sides)
        return group

    def _decisions(self) -> Group:
        count, per_second, measure = self._sizes.decisions, self._sizes.per_second, Measure.DECISIONS

        def nothing(side: Side) -> Work:
            return lambda: loads.workflows_paced(side, NOTHING, QUEUES["nothing"], count, per_second)

        async def decided(side: Side) -> Round:
            return await loads.decisions(side, await side.customers.refunds(count), per_second)

        group = Group(measure, self._control(measure, nothing, timed=True))
        self._add_cases(group, decided, timed=True)
        return group

    def _front(self) -> Group:
        count, per_second, measure = self._sizes.front, self._sizes.front_per_second, Measure.FRONT

        def nothing(side: Side) -> Work:
            return lambda: loads.workflows_paced(side, NOTHING, QUEUES["nothing"], count, per_second)

        def opened(door: Door, opening: Opening) -> Work:
            async def work() -> Round:
                return await paced(door, opening, await door.side.customers.questions(count), per_second)

            return work

        group = Group(measure, self._control(measure, nothing, timed=True), promises=PROMISES)
        for arm, opening in OPENINGS.items():
            group.others.extend(turn(group, arm, door.side, opened(door, opening), timed=True) for door in self._doors)
        return group

    def _messages(self) -> Group:
        group = self._busy(Measure.MESSAGES)
        for side in self._sides:
            group.others.append(turn(group, HANDRAIL, side, bound(self._run_messages, side)))
        return group

    async def _run_messages(self, side: Side) -> Round:
        letters = await side.customers.questions(self._sizes.messages)
        file = side.folder / "messages.jsonl"
        write(file, [{"customer_id": one.customer_id, "text": one.text} for one in letters])
        at_once = str(self._sizes.in_flight)
        told = json.loads(
            await side.command("run-messages", str(file), "--concurrency", at_once, "--timeout", "300", "--json")
        )
        answered = sum(told["statuses"].get(status, 0) for status in loads.ANSWERED)
        if answered < len(letters):
            raise StackFailed(f"{side.name}: run-messages answered {answered} of {len(letters)} cases: {told['statuses']}.")
        return Round(count=len(letters), seconds=told["seconds"])

    async def _cases(self, side: Side) -> Round:
        letters = await side.customers.questions(self._sizes.cases)
        return await loads.cases(side, letters, self._sizes.in_flight)

    def _busy(self, measure: Measure) -> Group:
        """A group whose control is the do-nothing workflow under load."""

        def nothing(side: Side) -> Work:
            return lambda: many(side, NOTHING, self._sizes.nothing, self._sizes.in_flight)

        return Group(measure, self._control(measure, nothing))

    def _control(self, measure: Measure, work: Callable[[Side], Work], *, timed: bool = False) -> list[BenchTurn]:
        """The same work on each stack, and once more on ours when the round ends."""
        first, again = [
            BenchTurn(Cell(measure=measure, arm=arm, side=side.name, timed=timed), work(side))
            for arm, side in ((DO_NOTHING, self._sides[0]), (AGAIN, self._sides[0]))
        ]
        beside = [
            BenchTurn(Cell(measure=measure, arm=DO_NOTHING, side=side.name, timed=timed), work(side))
            for side in self._sides[1:]
        ]
        return [first, *beside, again]

    def _add_cases(self, group: Group, work: Callable[[Side], Awaitable[Round]], *, timed: bool = False) -> None:
        """Handrail with one worker on each side, and with several on ours."""
        for side in self._sides:
            group.others.append(turn(group, HANDRAIL, side, bound(work, side), timed=timed))
        ours, count = self._sides[0], self._plan.processes

        async def several() -> Round:
            async with ours.workers(count):
                # Workers that have just started load on their first cases what the others have long loaded.
                await loads.cases(ours, await ours.customers.questions(count * self._sizes.warm), self._sizes.in_flight)
                return await work(ours)

        if count > 1:
            group.others.append(turn(group, f"{HANDRAIL} × {count}", ours, several, timed=timed))


def write(file: Path, lines: Sequence[Mapping[str, str]]) -> None:
    """Write a JSON object per line."""
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
