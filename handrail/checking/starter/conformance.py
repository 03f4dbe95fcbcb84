"""BookingTasks that prove the business through the whole stack: `handrail conformance acme --tasks acme/tasks.json`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handrail.conformance.plays import Play, PlayedCall, PlayedTurn

ASKS = "Please change how many guests my booking is for"


class BookingTasks:
    """The tasks of a file: each changes one booking."""

    def __init__(self, file: Path) -> None:
        self._tasks = {one["id"]: one for one in json.loads(file.read_text())}
        self.tasks = list(self._tasks)
        self.environment: dict[str, str] = {}
        self.people = ("ann", "bob")

    def play(self, task: str) -> Play:
        """The task as it stands."""
        one = self._tasks[task]
        return Play(task, one["customer"], (PlayedTurn(ASKS, (PlayedCall("change_guests", one["change"]),)),))

    def worse(self, task: str, *, every: bool) -> list[Play]:
        """The task for somebody else's booking."""
        one = self._tasks[task]
        stranger = PlayedCall("change_guests", {**one["change"], "booking_id": "B-8"}, worse=True)
        return [Play(task, one["customer"], (PlayedTurn(ASKS, (stranger,)),), "another_customer")]

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
