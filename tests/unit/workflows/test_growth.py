"""When a case goes on in a fresh run: by what it did itself, and by the history's length only where nothing else tells."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from workflows.steps import loop
from workflows.steps.growth import ACTIVITY, BEGUN, SIGNAL, UPDATE, WAIT, Growth


class Seen:
    """The part of `temporalio.workflow` that the decision uses; `length` is what a replay may see otherwise."""

    def __init__(self, length: int, *, patched: bool) -> None:
        self.length, self.answer, self.asked = length, patched, list[str]()

    def patched(self, name: str) -> bool:
        self.asked.append(name)
        return self.answer

    def info(self) -> Any:
        return SimpleNamespace(is_continue_as_new_suggested=lambda: False, get_current_history_length=lambda: self.length)


def of(events: int) -> Growth:
    growth = Growth()
    growth.events = events
    return growth


@pytest.mark.parametrize("length", [3, 6, 799, 801, 5_000])
def test_what_was_counted_decides_whatever_the_length(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    seen = Seen(length, patched=True)
    monkeypatch.setattr(loop, "workflow", seen)
    assert loop.long_enough(of(loop.EVENTS + 1))
    assert seen.asked == [loop.COUNTED]


@pytest.mark.parametrize(("length", "enough"), [(800, False), (801, True)])
def test_a_history_from_before_the_count_goes_by_its_length(
    monkeypatch: pytest.MonkeyPatch, length: int, enough: bool
) -> None:
    monkeypatch.setattr(loop, "workflow", Seen(length, patched=False))
    assert loop.long_enough(of(loop.EVENTS + 1)) is enough


@pytest.mark.parametrize("length", [14, 800])
def test_no_marker_is_written_before_the_bound(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    seen = Seen(length, patched=True)
    monkeypatch.setattr(loop, "workflow", seen)
    assert not loop.long_enough(of(loop.EVENTS))
    assert not seen.asked


@pytest.mark.parametrize(("more", "wakes"), [(0, False), (WAIT, False), (WAIT + 1, True)])
def test_a_waiting_case_wakes_for_what_came_in_behind_the_wait(
    monkeypatch: pytest.MonkeyPatch, more: int, wakes: bool
) -> None:
    seen = Seen(14, patched=True)
    monkeypatch.setattr(loop, "workflow", seen)
    assert loop.grown(of(loop.EVENTS + more)) is wakes
    assert seen.asked == ([loop.WAKES_LONG, loop.COUNTED] if wakes else [])


def test_a_case_of_an_earlier_build_wakes_for_nothing_and_keeps_its_other_marker(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen(14, patched=False)
    monkeypatch.setattr(loop, "workflow", seen)
    assert not loop.grown(of(loop.EVENTS + 5_000))
    assert seen.asked == [loop.WAKES_LONG]


def test_everything_that_writes_events_counts() -> None:
    growth = Growth()
    growth.activity()
    growth.wait()
    growth.signal()
    growth.update()
    assert growth.events == BEGUN + ACTIVITY + WAIT + SIGNAL + UPDATE
