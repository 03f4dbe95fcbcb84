"""Plays that prove the clinic: `handrail conformance clinic --tasks examples/clinic/tasks.yaml`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from handrail.conformance.plays import Play, PlayedCall, PlayedTurn
from handrail.conformance.tasks import read_tasks

from .data import ROWS
from .tools import HERE


class ClinicTasks:
    """The tasks of a file: each cancels or moves one appointment."""

    environment: dict[str, str] = {}  # noqa: RUF012 - the clinic finds its data without
    people = ("lena", "dora")

    def __init__(self, file: Path) -> None:
        read = read_tasks(file)
        self._tasks, self.tasks, self.clock = read.tasks, list(read.tasks), read.clock

    def play(self, task: str) -> Play:
        """The task as it stands."""
        return self._played(task, {}, "")

    def worse(self, task: str, *, every: bool) -> list[Play]:
        """The task in each way that the file has for it."""
        return [self._played(task, change, kind) for kind, change in self._tasks[task].data["worse"].items()]

    def _played(self, task: str, change: dict[str, Any], kind: str) -> Play:
        one, data = self._tasks[task], self._tasks[task].data
        ((tool, arguments),) = data["call"].items()
        call = PlayedCall(tool, {**arguments, **change}, bool(kind), None if kind else data["asked"])
        return Play(task, data["patient"], (PlayedTurn(data["asks"], (call,), reply=data.get("reply", "")),), kind, one.clock)

    def expected(self, calls: Sequence[PlayedCall]) -> Any:
        """The start and the state of each appointment after these calls."""
        assert self.clock is not None  # noqa: S101 - the file has one
        today = self.clock.astimezone(HERE).replace(hour=0, minute=0)
        found: dict[str, list[Any]] = {row[0]: [today + timedelta(days=row[3], hours=row[4]), row[6]] for row in ROWS}
        for call in calls:
            number = call.arguments["appointment_id"]
            if call.tool == "cancel_appointment":
                found[number][1] = "cancelled"
            else:
                found[number][0] = datetime.fromisoformat(call.arguments["to"])
        return {number: [starts.timestamp(), state] for number, (starts, state) in found.items()}

    async def state(self, connection: Any) -> Any:
        """The start and the state of each out of the database."""
        cursor = await connection.execute("select appointment_id, starts, state from clinic.appointments")
        return {row[0]: [row[1].timestamp(), row[2]] for row in await cursor.fetchall()}


def suite(tasks: Path, data: Path | None) -> ClinicTasks:
    """The suite over a file of tasks."""
    return ClinicTasks(tasks)
