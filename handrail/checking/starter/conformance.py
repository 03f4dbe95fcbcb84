"""BookingTasks that prove the business through the whole stack: `handrail conformance acme --tasks acme/tasks.yaml`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handrail.conformance.plays import Play, PlayedCall, PlayedTurn
from handrail.conformance.tasks import read_tasks

ASKS = "Please change how many guests my booking is for"


class BookingTasks:
    """The tasks of a file: each changes one booking."""

    def __init__(self, file: Path) -> None:
        read = read_tasks(file)
        self._tasks = read.tasks
        self.tasks = list(read.tasks)
        self.clock = read.clock
        self.environment: dict[str, str] = {}
        self.people = ("ann", "bob")

    def play(self, task: str) -> Play:
        """The task as it stands."""
        data = self._tasks[task].data
        return self._played(task, PlayedCall("change_guests", data["change"], asked=data["asked"]))

    def worse(self, task: str, *, every: bool) -> list[Play]:
        """The task for somebody else's booking."""
        change = {**self._tasks[task].data["change"], "booking_id": "B-8"}
        return [self._played(task, PlayedCall("change_guests", change, worse=True), "another_customer")]

    def _played(self, task: str, call: PlayedCall, kind: str = "") -> Play:
        one = self._tasks[task]
        return Play(task, one.data["customer"], (PlayedTurn(ASKS, (call,)),), kind, one.clock)

    def expected(self, calls: Sequence[PlayedCall]) -> Any:
        """The guests of every booking after these calls."""
        guests = {"B-7": 2, "B-8": 2}
        for call in calls:
            guests[call.arguments["booking_id"]] = call.arguments["guests"]
        return guests

    async def state(self, connection: Any) -> Any:
        """The guests of every booking in the database."""
        cursor = await connection.execute("select booking_id, guests from acme.bookings")
        return dict(await cursor.fetchall())


def suite(tasks: Path, data: Path | None) -> BookingTasks:
    """The suite over a file of tasks."""
    return BookingTasks(tasks)
