"""Reads of a week that stand in no indicator: alarms, autonomy, people's load, drills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from handrail.domain.outcomes import Period
from handrail.domain.quality.weekly import AutonomyChange, PersonLoad, WeeklyAlarm, WeeklyDrill
from handrail.postgres.pool import Pool, reading, rows
from handrail.postgres.queries import QUERIES


@dataclass(frozen=True, slots=True)
class WeekOfRecord:
    """The record's week; `alarms` is None where nothing watches for drift, waits are minutes."""

    alarms: list[WeeklyAlarm] | None
    changes: list[AutonomyChange]
    load: list[PersonLoad]
    drills: list[WeeklyDrill]
    longest_wait: float | None
    median_wait: float | None


class PostgresWeek:
    """The week in PostgreSQL. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of(self, period: Period, zone: str) -> WeekOfRecord:
        """Read what happened in the period; its days are those of the zone."""
        place = ZoneInfo(zone)
        days = {"first_day": period.since.astimezone(place).date(), "next_day": period.until.astimezone(place).date()}
        async with reading(self._pool) as connection, rows(connection) as cursor:

            async def found(query: str) -> list[dict[str, Any]]:
                await cursor.execute(QUERIES[query], {**period.model_dump(), **days}, prepare=False)
                return await cursor.fetchall()

            await cursor.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            (watched,) = await found("watches_for_drift")
            alarms = await found("weekly_alarms") if watched["watches"] else None
            (waits,) = await found("weekly_waits")
            return WeekOfRecord(
                alarms=None if alarms is None else [WeeklyAlarm.model_validate(one) for one in alarms],
                changes=[AutonomyChange.model_validate(one) for one in await found("weekly_changes")],
                load=[PersonLoad.model_validate(one) for one in await found("weekly_load")],
                drills=[WeeklyDrill.model_validate(one) for one in await found("weekly_drills")],
                longest_wait=waits["longest"],
                median_wait=waits["median"],
            )
