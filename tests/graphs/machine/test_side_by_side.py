"""Many turns on one machine share nothing and leave nothing."""

from __future__ import annotations

import asyncio

import pytest

from graphs.state import CaseState
from tests.support.losing import once
from tests.support.small import World, decision, key, turn, wanted


async def test_cases_on_one_machine_share_nothing() -> None:
    """Fifty cases interleaved at every node come out as each does alone."""
    many = World()
    names = [f"c-{number}" for number in range(50)]

    async def step_aside(state: CaseState) -> None:
        for _ in range(int(state.row.case_id[2:]) % 7):
            await asyncio.sleep(0)

    many.before = dict.fromkeys(("ask", "rule", "act", "finish"), step_aside)
    machine = many.machine()
    together = await asyncio.gather(*(turn(machine, wanted(f"t-{name}", name)) for name in names))
    alone = World().machine()
    for name, result in zip(names, together, strict=True):
        assert result == await turn(alone, wanted(f"t-{name}", name))
    assert (sorted(many.asked), len(many.replies)) == (sorted(names * 2), 50)


@pytest.mark.parametrize("asking", [False, True])
async def test_nothing_is_left_of_runs_that_are_over(asking: bool) -> None:
    world = World(rounds=1, asking=asking)
    machine = world.machine()
    before = dict(vars(machine))
    for number in range(20):
        name = f"c-{number}"
        result = await turn(machine, wanted(f"t-{name}", name))
        if asking:
            assert result.state
            assert result.question
            question = result.question.model_copy(update={"before": "rule" if number % 2 else "gone"})
            request = wanted(f"u-{name}", name, state=result.state, question=question, decision=decision(question))
            result = await turn(machine, request, minutes=1)
        assert result.learned
    once(world, "rule", ValueError("a defect"))
    await turn(machine, wanted("t-x", "c-x"))
    run = machine.begin(wanted("t-y", "c-y"), key("t-y"))
    await run.stop(asyncio.create_task(run.go()))
    assert vars(machine) == before
    assert machine.app.checkpointer is None, "runs keep nothing where others could find it"
