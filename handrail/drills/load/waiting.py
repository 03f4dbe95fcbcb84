"""Very many waiting cases: whether people's decisions take longer beside them, and what each takes of both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

from handrail.drills.bench.endurance import disk
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.work import loads
from handrail.drills.bench.work.arms import NOTHING
from handrail.drills.bench.work.serve import QUEUES
from handrail.drills.load.judging import DecisionsSeen
from handrail.drills.load.plan import LoadPlan
from handrail.drills.load.stage import WARM, staged

IN_FLIGHT = 50
STEP = 1_000
CONTROLS = 20
Tell = Callable[[str], None]


async def waiting(folder: Path, plan: LoadPlan, tell: Tell) -> tuple[DecisionsSeen, DecisionsSeen, dict[str, float]]:
    """Return decisions beside few and beside many waiting cases, and the bytes of a waiting case by database.

    Raises:
        StackFailed: a part would not start, or cases went another way than they should.
    """
    async with staged(folder, ["nothing"]) as side:
        # What a worker loads for its first decisions would make the later ones look quick.
        await loads.decisions(side, await side.customers.refunds(WARM), plan.per_second)
        await wait_more(side, WARM, plan.fewer, tell)
        few, before = await decisions(side, plan, plan.fewer, tell), await disk(side)
        await wait_more(side, plan.fewer, plan.waiting, tell)
        after = await disk(side)
        many = await decisions(side, plan, plan.waiting, tell)
    more = plan.waiting - plan.fewer
    return few, many, {name: round((after[name] - before[name]) / more) for name in before}


async def wait_more(side: Side, here: int, wanted: int, tell: Tell) -> None:
    """Have plain cases answered until so many wait for their customers to write again."""
    while here < wanted:
        step = min(STEP, wanted - here)
        await loads.cases(side, await side.customers.questions(step), IN_FLIGHT)
        here += step
        tell(f"waiting: {here:,} of {wanted:,} cases wait")


async def decisions(side: Side, plan: LoadPlan, beside: int, tell: Tell) -> DecisionsSeen:
    """Approve at a pace, in rounds; a workflow that does nothing runs before each, to tell how busy the machine is."""
    found, control = [], list[float]()
    for number in range(plan.rounds):
        nothing = await loads.workflows_singly(side, NOTHING, QUEUES["nothing"], CONTROLS)
        control.append(median(nothing.latencies_ms))
        found.append(await loads.decisions(side, await side.customers.refunds(plan.decisions), plan.per_second))
        tell(f"waiting: decisions beside {beside:,}, round {number + 1} of {plan.rounds}")
    parts = sorted(found[0].cpu_ms)
    return DecisionsSeen(
        waiting=beside,
        rounds_ms=[one.latencies_ms for one in found],
        cpu_ms={part: round(median(one.cpu_ms[part] for one in found), 1) for part in parts if part != "driver"},
        control_ms=control,
    )
