"""A clock that a play sets: the same for rules, tools, texts and deadlines of a whole worker, and for nobody else's.

`python -m handrail.conformance.clock FILE` is the worker whose clock is as far ahead of the machine's as FILE says. No setting
moves the clock of an ordinary worker.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from handrail.domain.errors import InvalidInput
from handrail.domain.policy.shapes import moment

RIGHT = "Write a time with its zone, for example 2026-05-04T10:00:00+02:00."
FIRST, LAST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def set_to(value: object, whose: str) -> datetime | None:
    """Return the time that a clock is set to; None where nothing is said.

    Raises:
        InvalidInput: it is no time with its zone, or out of all bounds.
    """
    if value is None:
        return None
    found = moment(value)
    if found is None:
        given = value.isoformat() if isinstance(value, datetime) else value
        raise InvalidInput(f"{whose}: clock: {str(given)[:60]!r} is no time with its zone. {RIGHT}")
    if not FIRST <= found < LAST:
        raise InvalidInput(f"{whose}: clock: {found.isoformat()} is not between 1980 and 2200. {RIGHT}")
    return found


class MovedClock:
    """The port `Clock`: the machine's time, moved by the seconds that a file holds; not at all where there is no file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def start(self, at: datetime | None) -> None:
        """Let it be `at` now, and go on from there; None is the machine's own time."""
        seconds = (at - datetime.now(UTC)).total_seconds() if at else 0.0
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds!r}\n")
        fresh.replace(self._file)

    def ahead(self) -> timedelta:
        """Return how far it is ahead of the machine's."""
        try:
            return timedelta(seconds=float(self._file.read_text()))
        except FileNotFoundError:
            return timedelta()

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC) + self.ahead()


class MovedWorkflows(WorkflowRunner):
    """Runs workflow code as `runner` does, at the time of the moved clock. Its timers last as long as they say."""

    def __init__(self, runner: WorkflowRunner, clock: MovedClock) -> None:
        self._runner, self._clock = runner, clock

    def prepare_workflow(self, defn: Any) -> None:
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        info, ahead = det.info, self._clock.ahead()
        moved = replace(info, start_time=info.start_time + ahead, workflow_start_time=info.workflow_start_time + ahead)
        return MovedInstance(self._runner.create_instance(replace(det, info=moved)), ahead)

    def set_worker_level_failure_exception_types(self, types: Any) -> None:
        self._runner.set_worker_level_failure_exception_types(types)


class MovedInstance(WorkflowInstance):
    """A workflow to which every task happens later, or earlier, than it does."""

    def __init__(self, instance: WorkflowInstance, ahead: timedelta) -> None:
        self._instance, self._ahead = instance, ahead

    def activate(self, act: Any) -> Any:
        if act.HasField("timestamp"):
            act.timestamp.FromDatetime(act.timestamp.ToDatetime() + self._ahead)
        return self._instance.activate(act)

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Any:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()


def main() -> None:
    """Run the worker on the clock that the file moves."""
    import worker

    clock = MovedClock(Path(sys.argv[1]))
    logging.getLogger("handrail.worker").warning("this worker's clock is a play's, not the machine's")
    worker.main(clock, lambda runner: MovedWorkflows(runner, clock))


if __name__ == "__main__":
    main()
