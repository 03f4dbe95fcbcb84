"""Labels by people in PostgreSQL: what is to be labelled, by whom, and what they said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from handrail.domain.errors import InvalidInput
from handrail.domain.quality.judge.labels import GivenLabel, LabelledTask, LabelTask
from handrail.postgres.pool import Cursor, Pool, alone, rows, writing
from handrail.postgres.queries import QUERIES


class PostgresLabels:
    """The port `LabelRecord`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def lately(self, judges: Sequence[str], since: date, until: date) -> dict[str, tuple[int, int]]:
        """Read how many cases these judges failed and passed behind `since` and before `until`, by criterion."""
        found = await alone(self._pool, "judged_lately", judges=list(judges), since=since, until=until)
        return {str(row["criterion"]): (row["fails"], row["passes"]) for row in found}

    async def open(self, wordings: Sequence[str]) -> dict[str, int]:
        """Read how many tasks of these wordings nobody has labelled yet, by criterion."""
        found = await alone(self._pool, "open_label_tasks", wordings=list(wordings))
        return {str(row["criterion"]): int(row["open"]) for row in found}

    async def ask(self, task: LabelTask) -> None:
        """Put a case to people; one that was put before stays as it was."""
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["put_label_task"], task.model_dump())

    async def waiting(self, reviewer: str, wordings: Sequence[str]) -> list[tuple[str, str]]:
        """Read the cases and criteria that wait for this person, in an order of their own."""
        found = await alone(self._pool, "waiting_labels", reviewer=reviewer, wordings=list(wordings))
        return [(str(row["case_id"]), str(row["criterion"])) for row in found]

    async def give(self, label: GivenLabel) -> None:
        """Keep a person's label; they may change it, and nobody else can.

        Raises:
            InvalidInput: the case is not to be labelled by this criterion, they had a hand in it, or others have labelled it.
        """
        about = label.model_dump()
        async with writing(self._pool) as connection, rows(connection) as cursor:
            task = await _first(cursor, "label_task", about)
            if task is None:
                raise InvalidInput(
                    f"CASE: {label.case_id[:120]!r} is not to be labelled by {label.criterion}: cases are chosen with known "
                    "probabilities. Take what `handrail labels next` shows."
                )
            if await _first(cursor, "had_a_hand", about):
                raise InvalidInput(f"--reviewer: {label.reviewer} had a hand in {label.case_id}. Somebody else labels it.")
            await cursor.execute(QUERIES["labels_of_task"], about)
            others = [str(row["reviewer"]) for row in await cursor.fetchall() if row["reviewer"] != label.reviewer]
            if len(others) >= (2 if task["twice"] else 1):
                raise InvalidInput(f"CASE: {label.case_id} is labelled by {label.criterion} already. Take the next one.")
            await cursor.execute(QUERIES["put_label"], about)

    async def labelled(self, wordings: Mapping[str, str]) -> list[LabelledTask]:
        """Read what people have labelled by these wordings, which stand by criterion."""
        found = await alone(self._pool, "labelled_tasks", wordings=list(wordings.values()))
        return [LabelledTask.model_validate(row) for row in found]


async def _first(cursor: Cursor, query: str, about: dict[str, object]) -> dict[str, object] | None:
    await cursor.execute(QUERIES[query], about)
    return await cursor.fetchone()
