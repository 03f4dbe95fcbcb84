"""What a conformance run makes of a play: it must see what differs, what was done that should not be, and what never came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from handrail.conformance.lane import Lane
from handrail.conformance.player import Came, CasePlay, Result, behaviours, judge, perform
from handrail.conformance.plays import Play, PlayedCall, PlayedTurn, Suite
from handrail.conformance.report import ConformanceReport
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.errors import InvalidInput

GOOD, OTHER = PlayedCall("add", {"n": 1}), PlayedCall("add", {"n": 2})
WORSE = PlayedCall("add", {"n": 9}, worse=True)


class Sums:
    """A suite whose whole system of record is one sum."""

    def expected(self, calls: Sequence[PlayedCall]) -> Any:
        return {"sum": sum(call.arguments["n"] for call in calls)}


def played(
    *calls: PlayedCall,
    kind: str = "",
    count: int | None = None,
    left: str = "",
    held: bool = False,
    asked: dict[int, set[str]] | None = None,
) -> CasePlay:
    play = Play("t", "C-1", (PlayedTurn("please", calls),), kind)
    done = len(calls) if count is None else count
    return CasePlay(cast(Lane, None), play, "c", "ann", "bob", held=held, played=done, left=left, asked=asked or {})


def done(*calls: PlayedCall, status: EffectStatus = EffectStatus.APPLIED) -> list[EffectResult]:
    at = datetime.now(UTC)
    return [
        EffectResult(
            effect_id=str(number),
            action=call.tool,
            arguments={**call.arguments, "pinned": 0},
            status=status,
            applied_at=at,
        )
        for number, call in enumerate(calls)
    ]


@pytest.mark.parametrize(
    ("performance", "ledger", "total", "came"),
    [
        (played(GOOD, OTHER), done(GOOD, OTHER), 3, Came.EQUAL),
        (played(GOOD, OTHER), done(GOOD, OTHER), 4, Came.DIFFERENT),
        (played(GOOD, OTHER, count=1, left="WithHuman"), done(GOOD), 3, Came.DIFFERENT),
        (played(GOOD, WORSE, OTHER, kind="k"), done(GOOD, OTHER), 3, Came.REFUSED),
        (played(GOOD, WORSE, OTHER, kind="k", held=True), done(GOOD, OTHER), 3, Came.HELD),
        (played(GOOD, WORSE, OTHER, kind="k"), done(GOOD, WORSE, OTHER), 12, Came.APPLIED),
        (played(GOOD, WORSE, OTHER, kind="k"), done(GOOD, OTHER), 12, Came.APPLIED),
        (played(GOOD, WORSE, OTHER, kind="k", count=2, left="WithHuman"), done(GOOD), 1, Came.REFUSED),
        (played(GOOD, WORSE, OTHER, kind="k", count=1, left="WithHuman"), done(GOOD), 1, Came.DIFFERENT),
    ],
)
def test_what_came_of_a_play(performance: CasePlay, ledger: list[EffectResult], total: int, came: Came) -> None:
    found, words = judge(performance, cast(Suite, Sums()), ledger, {"sum": total})
    assert found is came
    assert bool(words) is (came in (Came.DIFFERENT, Came.APPLIED))


@pytest.mark.parametrize(
    ("wanted", "asked", "words"),
    [
        (None, {0: {"person"}}, ""),
        ((), {}, ""),
        (["customer", "person"], {0: {"person", "customer"}}, ""),
        ((), {0: {"person"}}, "add: asked person instead of nobody"),
        (["customer"], {}, "add: asked nobody instead of customer"),
        (["person"], {0: {"customer", "person"}}, "add: asked customer and person instead of person"),
    ],
)
def test_nobody_else_is_asked_than_the_play_says(wanted: Any, asked: dict[int, set[str]], words: str) -> None:
    performance = played(PlayedCall("add", {"n": 1}, asked=wanted), asked=asked)
    assert judge(performance, cast(Suite, Sums()), [], {"sum": 1}) == (Came.DIFFERENT if words else Came.EQUAL, words)


@pytest.mark.parametrize("asked", ["person", ["persn"], [3]])
def test_a_play_asks_only_customers_and_people(asked: Any) -> None:
    with pytest.raises(InvalidInput, match="is nobody who is asked"):
        PlayedCall("add", {"n": 1}, asked=asked)


def test_the_same_call_a_second_time_counts_as_applied_only_where_it_was_done_twice() -> None:
    again = PlayedCall("add", {"n": 1}, worse=True)
    once = judge(played(GOOD, again, kind="k"), cast(Suite, Sums()), done(GOOD), {"sum": 1})
    twice = judge(played(GOOD, again, kind="k"), cast(Suite, Sums()), done(GOOD, again), {"sum": 2})
    refused = judge(
        played(GOOD, again, kind="k"),
        cast(Suite, Sums()),
        [*done(GOOD), *done(again, status=EffectStatus.REFUSED)],
        {"sum": 1},
    )
    assert (once[0], twice[0], refused[0]) == (Came.REFUSED, Came.APPLIED, Came.REFUSED)


def test_a_report_names_every_failure() -> None:
    plain, worse = played(GOOD).play, played(WORSE, kind="k").play
    report = ConformanceReport(
        "acme",
        [
            Result(plain, Came.EQUAL),
            Result(plain, Came.DIFFERENT, "sum: 4 instead of 3"),
            Result(worse, Came.HELD),
            Result(worse, Came.APPLIED, "add was applied"),
        ],
        1.25,
    )
    found = report.document()
    assert (found["tasks"], found["equal"], found["mutations"], found["held"], found["applied"]) == (2, 1, 2, 1, 1)
    assert found["kinds"] == {"k": {"mutations": 2, "refused": 0, "held": 1, "applied": 1}}
    assert [(one["kind"], one["came"]) for one in found["failures"]] == [(None, "different"), ("k", "applied")]


def test_the_model_says_every_call_by_itself_and_ends_as_the_turn_does() -> None:
    said = behaviours(PlayedTurn("please", (GOOD, OTHER)), last=False)
    assert [list(one) for one in said] == [["calls"], ["calls"], ["reply", "disposition"]]
    assert said[-1]["disposition"] == "awaiting_customer"
    assert behaviours(PlayedTurn("please"), last=True)[-1]["disposition"] == "resolved"
    assert behaviours(PlayedTurn("bitte", reply="Danke."), last=True) == [{"reply": "Danke.", "disposition": "resolved"}]
    assert behaviours(PlayedTurn("please", hands_over=True), last=True)[-1]["disposition"] == "escalate"


class BrokenHouse:
    """A lane whose database cannot be made anew, while its worker logs."""

    def __init__(self, log: Path) -> None:
        self.postgres, self._log = self, log

    async def begin(self, case_id: str) -> None:
        with self._log.open("a") as log:
            log.write("ERROR the preview of add failed\nTraceback\n")
        raise InvalidInput("no database")

    async def ended(self, case_id: str) -> None:
        """There is no case to end."""

    def logged(self, since: int = 0) -> tuple[int, list[str]]:
        return Lane.logged(cast(Lane, self), since)


async def test_a_play_that_fails_shows_what_the_worker_logged_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_text("polling\n")
    play = Play("t", "C-1", (PlayedTurn("please", (GOOD,)),))

    result = await perform(cast(Lane, BrokenHouse(tmp_path / "worker.log")), cast(Suite, None), play, "c")

    assert (result.came, result.log) == (Came.DIFFERENT, ["ERROR the preview of add failed", "Traceback"])
    (failure,) = ConformanceReport("p", [result], 1.0).document()["failures"]
    assert failure["log"] == result.log


def test_a_long_log_is_shown_from_its_end(tmp_path: Path) -> None:
    file = tmp_path / "worker.log"
    file.write_text("".join(f"line {number}\n" for number in range(10_000)))
    size, lines = BrokenHouse(file).logged()
    assert (size, len(lines), lines[-1]) == (file.stat().st_size, 40, "line 9999")
    assert BrokenHouse(file).logged(size) == (size, [])
    assert BrokenHouse(tmp_path / "none").logged() == (0, [])
