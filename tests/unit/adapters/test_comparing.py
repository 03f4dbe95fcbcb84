"""How often the record is held against Temporal, and from when on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from handrail.domain.case.reconciling import Reconciliation
from handrail.temporal.cases.executions import listing
from handrail.temporal.repair.reconcile import Reconciler
from handrail.wiring.cases.comparing import LATE, REST, compare_forever

DONE = Reconciliation(compared=0, differences=[], paused={})


class Looks:
    """A reconciler that notes each look; `ends` says how it ends."""

    def __init__(self, *ends: Any) -> None:
        self.ends, self.since = list(ends), list[datetime | None]()

    async def alone(self, since: datetime | None = None) -> Reconciliation | None:
        """Look, and end as it was said."""
        self.since.append(since)
        end = self.ends.pop(0) if self.ends else DONE
        if isinstance(end, Exception):
            raise end
        return cast("Reconciliation | None", await end() if callable(end) else end)


async def looked(
    looks: Looks,
    count: int,
    pause: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    clock: Callable[[], float] = lambda: 0.0,
) -> None:
    """Let it look so often, without waiting; `pause` hears how long it would have waited."""
    sleep = asyncio.sleep

    async def at_once(seconds: float) -> None:
        pause(seconds)
        if len(looks.since) == count:
            raise asyncio.CancelledError
        await sleep(0)

    monkeypatch.setattr("asyncio.sleep", at_once)
    with pytest.raises(asyncio.CancelledError):
        await compare_forever(cast(Reconciler, looks), 60, clock=clock)


async def test_all_cases_first_then_what_ended_since_the_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    began = datetime.now(UTC)
    looks = Looks(None, OSError("no answer"), DONE, None, DONE)
    await looked(looks, 5, lambda _: None, monkeypatch)
    assert looks.since[:3] == [None, None, None], "another process looked, and one look failed"
    assert looks.since[3] == looks.since[4]
    assert looks.since[3] is not None
    assert timedelta(0) <= looks.since[3] + LATE - began < timedelta(minutes=1)


async def test_a_long_look_is_followed_by_a_long_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    times = iter([0.0, 1.0, 1.0, 601.0])
    await looked(Looks(), 2, rests.append, monkeypatch, lambda: next(times))
    assert rests == [60, 60, REST * 600.0]


def test_the_query_names_open_runs_and_what_ended_since() -> None:
    assert listing(None) == "WorkflowType = 'case'"
    since = datetime(2026, 3, 1, tzinfo=UTC)
    assert listing(since) == "WorkflowType = 'case' AND (CloseTime IS NULL OR CloseTime > '2026-03-01T00:00:00+00:00')"
    begun = "StartTime >= '2026-03-01T01:00:00+00:00'"
    ended = "CloseTime > '2026-03-01T00:00:00+00:00'"
    assert listing(since, since + timedelta(hours=1)) == f"WorkflowType = 'case' AND ({begun} OR {ended})"
