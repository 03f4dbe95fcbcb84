"""The bench on a stack of its own, as small as it can be: nothing is said about how long anything takes."""

from __future__ import annotations

import psutil
import pytest

from handrail.drills.bench import endurance, histories
from handrail.drills.bench.front.opening import OPENINGS
from handrail.drills.bench.measures import Measure
from handrail.drills.bench.plan import BenchPlan, Sizes
from handrail.drills.bench.run import bench
from handrail.drills.bench.stack.checkout import OURS
from handrail.drills.bench.turns import AGAIN, DO_NOTHING, HANDRAIL
from handrail.drills.bench.work import loads

TINY = Sizes(nothing=4, cases=2, histories=1, in_flight=2, warm=1, front=2, streams=6, replies=2, backlog=60, looks=1)


def running() -> set[tuple[int, float]]:
    """All that this process has started, and what they started."""
    return {(one.pid, one.create_time()) for one in psutil.Process().children(recursive=True)}


async def test_every_arm_has_its_turn_and_everything_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "TRAILING_SECONDS", 0.0)
    monkeypatch.setattr(histories, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(endurance, "IDLE_SECONDS", 0.5)
    before, heard = running(), list[str]()
    found = await bench(
        BenchPlan((Measure.PLAIN, Measure.HISTORY), rounds=2, sizes=TINY, processes=1, waiting=30, soak=20, profile=True),
        heard.append,
        app=False,
    )
    assert not running() - before

    cells = {cell.arm: cell for cell in found.cells}
    assert {DO_NOTHING, AGAIN, HANDRAIL} <= cells.keys()
    assert all(len(cell.rounds) == 2 for cell in found.cells)
    assert [one.count for one in cells[HANDRAIL].rounds] == [2, 2]
    for part in ("worker", "temporal", "postgres"):
        assert cells[HANDRAIL].cpu(part) > 0
    (rate,) = found.compared
    assert (rate.arm, rate.of) == (HANDRAIL, DO_NOTHING)
    assert (rate.ratio is None) == bool(rate.refused)
    assert {one.figure: one.value > 0 for one in found.readings}["history events of a plain case"]
    held = {one.figure: one for one in found.readings}
    assert held["memory with 30 waiting cases over idle"].at_most == 1.2
    assert 1 < held["a waiting case in PostgreSQL"].value < 1_000
    assert 1 < held["a waiting case in Temporal's database"].value < 1_000
    in_a_row, machine = held["last 2 over first 2"].value, held["do nothing, after over before"].value
    assert held["last 2 over first 2, over do nothing's"].value == pytest.approx(in_a_row / machine, rel=0.01)
    # A part may spend less on two cases than the system counts in.
    spent = [held[f"{part}'s CPU, {some} 2 of 20 cases"].value for part in endurance.PARTS for some in ("first", "last")]
    assert min(spent) >= 0
    assert sum(spent) > 0
    assert held["temporal's CPU, do nothing, after 20 cases"].value > 0
    assert sum(one.share for one in found.profile) == pytest.approx(1, abs=0.01)
    assert all(one.ms > 0 for one in found.profile)
    assert set(found.sides) == {OURS}
    assert any(line.startswith("round 2 of 2") for line in heard)


async def test_the_front_door_is_measured_beside_the_temporal_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "TRAILING_SECONDS", 0.0)
    before = running()
    found = await bench(
        BenchPlan((Measure.FRONT, Measure.STREAMS, Measure.PAGES), rounds=2, sizes=TINY, processes=1),
        lambda _: None,
        app=False,
    )
    assert not running() - before

    cells = {cell.arm: cell for cell in found.cells}
    assert cells.keys() == {DO_NOTHING, AGAIN, *OPENINGS}
    assert all(len(one.latencies_ms) == 2 for arm in OPENINGS for one in cells[arm].rounds)
    assert cells["POST"].cpu("api") > 0
    assert [(one.arm, one.of, one.figure, one.at_most) for one in found.compared] == [
        ("POST", "start_workflow", "p50", 1.5),
        ("POST", "start_workflow", "p99", 2.0),
        ("POST and reply", "start_workflow and reply", "p50", 1.2),
        ("POST and reply", "start_workflow and reply", "p99", 1.2),
    ]
    readings = {one.figure: one for one in found.readings}
    assert readings["with 6 streams: a reply, p95"].at_most == 150
    assert readings["with 6 streams: the API grows by"].unit == "MB"
    assert all(readings[f"{page}, size"].value > 1 for page in ("queue", "case of 60 messages", "owner's page"))
    assert all(one.value > 0 for one in found.readings if one.unit == "ms")
