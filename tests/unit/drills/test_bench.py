"""The bench's figures: medians, spreads, intervals, and when no ratio may be formed."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from handrail.domain.errors import InvalidInput
from handrail.drills.bench.endurance import taken
from handrail.drills.bench.measures import Measure
from handrail.drills.bench.stack.checkout import BESIDE, OURS, OURSELVES, beside, ours, ourselves
from handrail.drills.bench.stack.readings import Settled
from handrail.drills.bench.stack.sink import SpanSink
from handrail.drills.bench.statistics.agreement import disagreements
from handrail.drills.bench.statistics.comparing import compare
from handrail.drills.bench.statistics.figures import bootstrap, mad, paired, percentile, pooled
from handrail.drills.bench.statistics.results import Cell, Round
from handrail.drills.bench.turns import AGAIN, APP, DO_NOTHING, HANDRAIL, BenchPromise, BenchTurn, Group
from handrail.drills.bench.work import obvious
from handrail.drills.bench.work.customers import FIRST, LEAST_REFUND, CustomerRows
from handrail.drills.bench.work.loads import check_answered
from handrail.embedded.ports import free_block
from handrail.embedded.process import StackFailed
from tests.support.house import wait_for


def test_the_spread_is_the_median_distance_from_the_median() -> None:
    assert mad([10, 11, 12, 100]) == 1
    assert mad([5, 5, 5]) == 0


@pytest.mark.parametrize(("share", "value"), [(0, 10), (0.5, 30), (0.99, 49.6), (1, 50), (0.25, 20)])
def test_a_percentile_lies_between_its_neighbours(share: float, value: float) -> None:
    assert percentile([50, 10, 30, 20, 40], share) == pytest.approx(value)


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="there are none"):
        percentile([], 0.5)


def test_an_interval_is_the_same_every_time_and_holds_the_value() -> None:
    values = [4.0, 5.0, 4.5, 9.0, 4.2]
    found = bootstrap(5, lambda rounds: sum(values[number] for number in rounds) / 5)
    assert found == bootstrap(5, lambda rounds: sum(values[number] for number in rounds) / 5)
    assert found.value == pytest.approx(5.34)
    assert found.low < found.value < found.high
    assert min(values) <= found.low
    assert found.high <= max(values)


def test_rounds_that_are_alike_leave_no_interval() -> None:
    found = paired([8, 8, 8, 8, 8], [4, 4, 4, 4, 4])
    assert (found.low, found.value, found.high) == (2, 2, 2)


def test_what_slows_a_whole_round_does_not_change_a_paired_ratio() -> None:
    found = paired([10, 5, 10, 2, 10], [20, 10, 20, 4, 20])
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)


def test_latencies_are_compared_over_all_rounds_together() -> None:
    found = pooled([[10, 10], [10, 90]], [[5, 5], [5, 5]], 0.5)
    assert found.value == 2
    assert found.high > 2


@pytest.mark.parametrize(
    ("same", "words"),
    [
        ({"a": [20, 21, 20], "b": [22, 21, 22]}, []),
        ({"a": [20, 30, 40], "b": [20, 30, 40]}, ["a came out 34% apart from round to round", "b came out 34%"]),
        ({"a": [20, 20, 20], "b": [16, 16, 16]}, ["a and b did the same work and came out 25% apart"]),
        ({"a": [23.1, 23.1], "b": [20, 20]}, ["a and b did the same work and came out 16% apart (at most 15%)"]),
        ({"a": [23.0, 23.0], "b": [20, 20]}, []),
        ({"a": [16, 16, 16], "b": [20, 20, 20]}, ["a and b did the same work and came out 25% apart"]),
        ({"a": [20, 20, 5, 20, 20], "b": [20, 20, 5, 20, 20]}, []),
    ],
)
def test_arms_of_the_same_kind_have_to_come_out_alike(same: dict[str, list[float]], words: list[str]) -> None:
    found = disagreements(same)
    assert len(found) == len(words)
    assert all(one.startswith(start) for one, start in zip(found, words, strict=True))


async def never() -> Round:
    raise AssertionError


def turn(arm: str, *seconds: float, side: str = OURS) -> BenchTurn:
    """Ten pieces of work a round, in so many seconds."""
    rounds = [Round(count=10, seconds=one, cpu_ms={"worker": one}) for one in seconds]
    return BenchTurn(Cell(measure=Measure.PLAIN, arm=arm, side=side, rounds=rounds), never)


def test_ratios_are_formed_where_the_controls_agree() -> None:
    group = Group(Measure.PLAIN, [turn(DO_NOTHING, 1, 1), turn(AGAIN, 1, 1)], [turn(APP, 2, 2), turn(HANDRAIL, 4, 4)])
    assert {(one.of, one.ratio.value if one.ratio else None) for one in compare(group)} == {(DO_NOTHING, 0.25), (APP, 0.5)}


def test_no_ratio_is_formed_where_the_controls_differ() -> None:
    group = Group(Measure.PLAIN, [turn(DO_NOTHING, 1, 1), turn(AGAIN, 1.2, 1.2)], [turn(HANDRAIL, 4, 4)])
    (found,) = compare(group)
    assert found.ratio is None
    assert "came out 20% apart" in found.refused[0]


def test_each_arm_of_this_build_is_compared_with_the_same_arm_beside_it() -> None:
    control = [turn(DO_NOTHING, 1), turn(DO_NOTHING, 1, side=BESIDE), turn(AGAIN, 1)]
    others = [turn(arm, 2) for arm in (HANDRAIL, f"{HANDRAIL} × 2", "--help")]
    theirs = [turn(arm, 4, side=BESIDE) for arm in (HANDRAIL, "--help")]
    found = compare(Group(Measure.PLAIN, control, [*others, *theirs]))
    assert [(one.arm, one.of, one.figure) for one in found] == [
        (HANDRAIL, DO_NOTHING, "rate"),
        (HANDRAIL, BESIDE, "rate"),
        (HANDRAIL, BESIDE, "worker CPU"),
        (f"{HANDRAIL} × 2", DO_NOTHING, "rate"),
        (f"{HANDRAIL} × 2", BESIDE, "rate"),
        (f"{HANDRAIL} × 2", BESIDE, "worker CPU"),
        ("--help", BESIDE, "rate"),
    ]


def test_what_a_measure_promises_is_compared_first_and_says_how_much_it_may_be() -> None:
    group = Group(
        Measure.FRONT,
        [turn(DO_NOTHING, 1, 1), turn(AGAIN, 1, 1)],
        [turn("start_workflow", 2, 2), turn("POST", 3, 3), turn("POST", 4, 4, side=BESIDE)],
        [BenchPromise("POST", "start_workflow", "rate", 1.5)],
    )
    promised, *others = compare(group)
    assert (promised.arm, promised.of, promised.at_most) == ("POST", "start_workflow", 1.5)
    assert promised.ratio is not None
    assert promised.ratio.value == pytest.approx(2 / 3)
    assert [(one.of, one.at_most) for one in others] == [(BESIDE, None)] * len(others)


def test_decisions_are_compared_by_their_latency_and_by_what_they_cost_the_worker() -> None:
    rounds = [Round(count=2, seconds=1, latencies_ms=[one, one], cpu_ms={"worker": one}) for one in (30.0, 30.0)]
    arms = [(DO_NOTHING, OURS), (AGAIN, OURS), (HANDRAIL, OURS), (f"{HANDRAIL} × 2", OURS), (HANDRAIL, BESIDE)]
    cells = [Cell(measure=Measure.DECISIONS, arm=arm, side=side, timed=True, rounds=rounds) for arm, side in arms]
    turns = [BenchTurn(cell, never) for cell in cells]
    found = compare(Group(Measure.DECISIONS, turns[:2], turns[2:]))
    assert [(one.arm, one.figure) for one in found if one.of == BESIDE] == [
        (arm, figure) for arm in (HANDRAIL, f"{HANDRAIL} × 2") for figure in ("p50", "p99", "worker CPU")
    ]
    assert {one.ratio.value for one in found if one.of == BESIDE and one.ratio} == {1.0}


def settled(answered: int, others: int) -> list[Settled]:
    rows = ["Resolved"] * answered + ["WithHuman"] * others
    return [Settled(case_id=f"c-{number}", status=row, reason=None, committed=1.0) for number, row in enumerate(rows)]


def test_a_few_cases_may_go_another_way_and_are_counted() -> None:
    assert check_answered(settled(100, 2)) == 2
    with pytest.raises(StackFailed, match="3 of 100 plain cases were not answered; case c-97 is WithHuman"):
        check_answered(settled(97, 3))


def test_every_second_round_runs_backwards_between_the_controls() -> None:
    group = Group(Measure.PLAIN, [turn(DO_NOTHING, 1), turn(AGAIN, 1)], [turn(APP, 1), turn(HANDRAIL, 1)])
    assert [one.cell.arm for one in group.order(0)] == [DO_NOTHING, APP, HANDRAIL, AGAIN]
    assert [one.cell.arm for one in group.order(1)] == [DO_NOTHING, HANDRAIL, APP, AGAIN]


@pytest.mark.parametrize("status", ["shipped", "delivered"])
def test_customers_of_the_bench_are_new_and_ask_about_their_own_order(status: str) -> None:
    rows = CustomerRows(datetime(2026, 5, 4, tzinfo=UTC), status)
    letters = [rows.add(number) for number in range(FIRST, FIRST + 300)]
    assert len({one.customer_id for one in letters}) == 300
    for letter, order in zip(letters, rows.data.orders, strict=True):
        assert (letter.customer_id, order[3]) == (order[1], status)
        assert str(order[0]) in letter.text
    if status == "delivered":
        assert all(LEAST_REFUND <= Decimal(str(one[5])) <= 2 * LEAST_REFUND + 10 for one in rows.data.orders)
        assert all(one[3] <= 20 for one in rows.data.order_lines if isinstance(one[3], int))


def test_pages_in_the_log_of_a_database_count_and_free_ones_do_not(tmp_path: Path) -> None:
    database = tmp_path / "temporal.db"
    with closing(sqlite3.connect(database)) as own:
        own.execute("pragma journal_mode = wal")
        own.execute("create table words (word text)")
        own.commit()
        before = taken(database)
        own.executemany("insert into words values (?)", [("x" * 1_000,)] * 1_000)
        own.commit()
        assert 1_000_000 < taken(database) - before < 1_500_000
        own.execute("drop table words")
        own.commit()
        assert taken(database) <= before


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obvious, "MODULE", "temporalio.nobody.wrote_this")
    with pytest.raises(InvalidInput, match=r"extra `dev`.*--no-obvious"):
        obvious.require()


def test_the_bench_loads_without_the_library_of_the_obvious_app() -> None:
    loaded = "import sys, handrail.drills.bench.run; sys.exit('temporalio.langgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0


def test_a_folder_without_an_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="make setup"):
        beside(tmp_path)


def test_an_environment_that_runs_another_folders_build_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    with pytest.raises(InvalidInput, match="does not run that folder's Handrail"):
        beside(tmp_path)


def test_our_own_build_can_stand_beside_itself() -> None:
    assert ours().folder == Path(__file__).parents[3]
    told = {how: ourselves(how).describe().partition(", ")[2] for how in OURSELVES}
    assert told == {
        "encrypted": "histories encrypted",
        "traced": "figures and traces on",
        "watched": "histories encrypted, figures and traces on",
    }
    assert {ourselves(how).name for how in OURSELVES} == {BESIDE}


async def test_a_collector_takes_spans_and_keeps_none() -> None:
    sink = SpanSink(free_block(1))
    process = await asyncio.create_subprocess_exec(*sink.command().argv)
    try:
        await wait_for(lambda: sink.ready(process.pid))
        async with httpx.AsyncClient(base_url=sink.url, trust_env=False) as client:
            answers = [await client.post("/v1/traces", content=b"x" * size) for size in (0, 5, 500_000)]
        assert [(one.status_code, one.content) for one in answers] == [(200, b"")] * 3
    finally:
        process.terminate()
        assert await process.wait() == 0
