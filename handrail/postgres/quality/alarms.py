"""Alarms in PostgreSQL: raised once, acknowledged once, and the ledger of which were real."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from handrail.domain.errors import InvalidInput
from handrail.domain.quality.watch.drift import DriftAlarm
from handrail.postgres.pool import Connection, Pool, alone, rows, writing
from handrail.postgres.queries import QUERIES

if TYPE_CHECKING:
    from handrail.domain.quality.watch.watched import Precision

MOST = 1_000


async def write_alarm(connection: Connection, alarm: DriftAlarm) -> DriftAlarm | None:
    """Write an alarm down within this transaction; None where it stands already."""
    about = {**alarm.model_dump(mode="json"), "day": alarm.day, "first_day": alarm.first_day, "proved_on": alarm.proved_on}
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["raise_alarm"], {**about, "evidence": Jsonb(about["evidence"])})
        found = await cursor.fetchone()
    return DriftAlarm.model_validate(found) if found else None


class PostgresAlarms:
    """The port `AlarmRecord`, and what the command line does with alarms.

    Any method raises `psycopg.OperationalError` while the server is away; try it again.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def raise_alarm(self, alarm: DriftAlarm) -> DriftAlarm | None:
        """Write an alarm down; None where it stands already."""
        async with writing(self._pool) as connection:
            return await write_alarm(connection, alarm)

    async def of_baselines(self, ids: Collection[int]) -> list[DriftAlarm]:
        """Return the alarms that these baselines raised."""
        return [DriftAlarm.model_validate(row) for row in await alone(self._pool, "alarms_of_baselines", ids=sorted(ids))]

    async def prove(self, alarm_id: int, day: date) -> None:
        """Write down the day by which an alarm was proven; a day that stands there stays."""
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["prove_alarm"], {"alarm_id": alarm_id, "day": day})

    async def open(self) -> list[DriftAlarm]:
        """Return the alarms that nobody has acknowledged, the newest first."""
        return await self.all(MOST, everything=False)

    async def all(self, limit: int, *, everything: bool = True) -> list[DriftAlarm]:
        """Return alarms, the newest first; with `everything` those that were acknowledged, too."""
        found = await alone(self._pool, "alarms", limit=limit, everything=everything)
        return [DriftAlarm.model_validate(row) for row in found]

    async def get(self, alarm_id: int) -> DriftAlarm:
        """Return the alarm. Raises: InvalidInput: there is none of that number."""
        found = await alone(self._pool, "alarm", alarm_id=alarm_id)
        if not found:
            raise InvalidInput(f"ID: there is no alarm {alarm_id}. `handrail alarms list --all` shows those that there are.")
        return DriftAlarm.model_validate(found[0])

    async def acknowledge(self, alarm_id: int, by: str, *, real: bool, note: str) -> DriftAlarm:
        """Write down a person's word on an alarm. Raises: InvalidInput: there is none, or it was said before."""
        async with writing(self._pool) as connection, rows(connection) as cursor:
            about = {"alarm_id": alarm_id, "by": by, "real": real, "note": note}
            await cursor.execute(QUERIES["acknowledge_alarm"], about)
            found = await cursor.fetchone()
        if found:
            return DriftAlarm.model_validate(found)
        stands = await self.get(alarm_id)
        raise InvalidInput(f"ID: {stands.acknowledged_by} has acknowledged alarm {alarm_id} before: {stands.note}")

    async def ledger(self) -> list[Precision]:
        """Return how many alarms each detector raised, and how many were real."""
        from handrail.domain.quality.watch.watched import Precision

        return [Precision.model_validate(row) for row in await alone(self._pool, "alarm_ledger")]
