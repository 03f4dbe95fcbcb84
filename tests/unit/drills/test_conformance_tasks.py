"""Files of tasks with a clock: when each task begins, and what is said of a time that is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from handrail.conformance.clock import MovedClock
from handrail.conformance.plays import Play, Suite, play_clock
from handrail.conformance.tasks import read_tasks
from handrail.domain.errors import DefinitionInvalid, InvalidInput

FILE = """\
clock: 2026-05-04T10:00:00+02:00
tasks:
  - {id: as it is, customer: C-1}
  - {id: later, after: 1d2h}
  - {id: elsewhere, clock: 2027-01-01T00:00:00Z}
  - {id: before, after: -30m}
"""


def test_each_task_begins_when_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_text(FILE)
    found = read_tasks(tmp_path / "tasks.yaml")
    assert {name: one.clock and one.clock.astimezone(UTC).isoformat()[:16] for name, one in found.tasks.items()} == {
        "as it is": "2026-05-04T08:00",
        "later": "2026-05-05T10:00",
        "elsewhere": "2027-01-01T00:00",
        "before": "2026-05-04T07:30",
    }
    assert found.tasks["as it is"].data == {"customer": "C-1"}

    (tmp_path / "plain.json").write_text('[{"id": "a", "calls": [1]}, {"id": "b"}]')
    plain = read_tasks(tmp_path / "plain.json")
    assert (plain.clock, [one.clock for one in plain.tasks.values()]) == (None, [None, None])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("clock: 2026-05-04T10:00:00\ntasks: [{id: a}]", ":1: clock: '2026-05-04T10:00:00' is no time with its zone. Write"),
        ("tasks: [{id: a}]\n\nclock: tomorrow", ":3: clock: 'tomorrow' is no time with its zone. Write a time"),
        ("clock: 12\ntasks: [{id: a}]", ":1: clock: '12' is no time with its zone"),
        ("clock: 0026-05-04T10:00:00Z\ntasks: [{id: a}]", ":1: clock: '0026-05-04T10:00:00Z' is not between 1970 and 2199"),
        (FILE.replace("1d2h", "26 hours"), ":4: after: '26 hours' is no duration, for example '36h' or '2d12h'."),
        (FILE.replace("1d2h", "999999d"), ":4: after: clock: '4764-"),
        (FILE.replace("1d2h", "99999999d"), ":4: after: leads out of the calendar."),
        (
            FILE.replace("after: 1d2h", "after: 1d, clock: 2027-01-01T00:00:00Z"),
            ":4: after: stands beside a clock of its own.",
        ),
        (
            "tasks:\n  - {id: a, after: 1h}",
            ":2: after: moves the file's clock, and there is none. Add `clock:` before `tasks:`.",
        ),
        ("- {id: a}\n- {id: a}", ":2: id: 'a' stands here twice. Choose another."),
        ("- {name: a}", ":1: a task is an object with an `id`. Write"),
        ("clok: 2026-05-04T10:00:00Z\ntasks: [{id: a}]", ":1: clok: is no key that is known here. Known: clock, tasks."),
        ("clock: 2026-05-04T10:00:00Z", ":1: holds no tasks. Write a list of them"),
        ("", ":1: holds no tasks."),
        ("[]]", ":1: is not the YAML expected"),
    ],
)
def test_what_is_no_time_is_refused_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "tasks.yaml"
    file.write_text(text)
    with pytest.raises(DefinitionInvalid) as refused:
        read_tasks(file)
    assert str(refused.value).startswith(f"{file}{problem}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefinitionInvalid, match=r"none\.yaml: cannot be read"):
        read_tasks(tmp_path / "none.yaml")


class TimedSuite:
    """A suite with a clock."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock


@pytest.mark.parametrize(
    ("suite", "play", "begins"),
    [
        (object(), None, None),
        (TimedSuite(None), None, None),
        (TimedSuite("2026-05-04T10:00:00Z"), None, 4),
        (TimedSuite(datetime(2026, 5, 4, 10, tzinfo=UTC)), datetime(2026, 5, 5, 10, tzinfo=UTC), 5),
        (object(), "2026-05-06T10:00:00Z", 6),
    ],
)
def test_a_play_has_the_suites_clock_or_its_own(suite: Any, play: Any, begins: int | None) -> None:
    found = play_clock(cast(Suite, suite), Play("t", "C-1", (), clock=play))
    assert (found and found.day) == begins


@pytest.mark.parametrize(("suite", "play", "whose"), [("today", None, "suite"), (None, datetime(2026, 5, 4), "task t")])  # noqa: DTZ001
def test_a_time_without_a_zone_names_whose_it_is(suite: Any, play: Any, whose: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{whose}: clock: .* is no time with its zone"):
        play_clock(cast(Suite, TimedSuite(suite)), Play("t", "C-1", (), clock=play))


@pytest.mark.parametrize("at", [datetime(2031, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC), None])
def test_a_moved_clock_goes_on_from_where_it_was_set(tmp_path: Path, at: datetime | None) -> None:
    clock, other = MovedClock(tmp_path / "clock"), MovedClock(tmp_path / "clock")
    assert abs(clock.ahead()) == timedelta(), "without a file it is the machine's"
    clock.start(at)
    seen: Sequence[datetime] = (other.now(), other.now())
    begun = at or datetime.now(UTC) - timedelta(seconds=30)
    assert begun <= seen[0] <= seen[1] < begun + timedelta(minutes=1)
