"""The drill of load on stacks of its own, as small as it can be: what is counted keeps its bounds, whatever time it takes."""

from __future__ import annotations

import pytest

from handrail.drills.bench.work import loads
from handrail.drills.load.judging import LONG, STORM
from handrail.drills.load.parts import LoadPart
from handrail.drills.load.plan import PLACES, LoadPlan
from handrail.drills.load.run import load

LATE_BYTES = 55_000
"""In and out of a turn of a case that knows all it may know of what it looked up: forty facts."""
EARLY_BYTES = 20_000


@pytest.fixture(autouse=True)
def nothing_trails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "TRAILING_SECONDS", 0.0)


async def test_an_outage_costs_few_calls_and_sends_nobody_to_people() -> None:
    heard = list[str]()
    plan = LoadPlan((LoadPart.OUTAGE,), messages=30, outage=3.0, retry_after=1, thinking=0.01)
    found = {one.figure: one for one in (await load(plan, heard.append)).figures}
    assert found["calls meanwhile"].at_most == STORM * PLACES
    for counted in ("calls meanwhile", "messages without a reply", "messages that reach a person"):
        assert found[counted].met, counted
    assert found["messages that reach a person"].value == 0
    assert {one.part for one in found.values()} == {LoadPart.OUTAGE}
    assert any(line.startswith("outage: over after") for line in heard)


async def test_a_late_turn_takes_few_bytes_and_as_many_events_as_an_early_one() -> None:
    report = await load(LoadPlan((LoadPart.TURNS,), turns=46, window=3), lambda _: None)
    found = {one.figure: one for one in report.figures}
    early, late = found["in and out, turns 2-4"].value, found["in and out, turns 44-46"].value
    assert early <= EARLY_BYTES
    assert late <= LATE_BYTES
    assert found["late over early, events"].value <= LONG
    assert found["late over early, CPU"].at_most == LONG
    assert found["runs of the case"].value >= 1
