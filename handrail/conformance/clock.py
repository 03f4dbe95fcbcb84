"""A clock that a play sets: the same for rules, tools, texts and deadlines of a whole worker, and for nobody else's.

No setting moves the clock of an ordinary worker.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from handrail.domain.moments import moment_in
from handrail.temporal.worker.wrapping import WrappingInstance, WrappingRunner

RIGHT = "Write a time with its zone, for example 2026-05-04T10:00:00+02:00."


def set_to(value: object, whose: str) -> datetime | None:
    """Return the time that a clock is set to; None where nothing is said.

    Raises:
        InvalidInput: it is no time with its zone, or out of all bounds.
    """
    return None if value is None else moment_in(f"{whose}: clock", value, RIGHT)


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


class MovedWorkflows(WrappingRunner):
    """Runs workflow code as `inner` does, at the time of the moved clock. Its timers last as long as they say."""

    def __init__(self, inner: WorkflowRunner, clock: MovedClock) -> None:
        super().__init__(inner)
        self._clock = clock

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """See base class."""
        info, ahead = det.info, self._clock.ahead()
        moved = replace(info, start_time=info.start_time + ahead, workflow_start_time=info.workflow_start_time + ahead)
        return MovedInstance(super().create_instance(replace(det, info=moved)), ahead)


class MovedInstance(WrappingInstance):
    """A workflow to which every task happens later, or earlier, than it does."""

    def __init__(self, inner: WorkflowInstance, ahead: timedelta) -> None:
        super().__init__(inner)
        self._ahead = ahead

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """See base class."""
        if act.HasField("timestamp"):
            act.timestamp.FromDatetime(act.timestamp.ToDatetime() + self._ahead)
        return super().activate(act)
