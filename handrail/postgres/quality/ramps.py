"""Ramps in PostgreSQL: one at a time, their steps only added to, each change with who made it and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.errors import InvalidInput
from handrail.domain.quality.watch.drift import DriftAlarm
from handrail.domain.rollout.ramps import ArmValue, Ramp, RampStep, ServedRelease
from handrail.postgres.pool import Connection, Pool, alone, rows, writing
from handrail.postgres.quality.alarms import write_alarm
from handrail.postgres.queries import QUERIES


class PostgresRamps:
    """The port `RampRecord`, and what people do with ramps.

    Any method raises `psycopg.OperationalError` while the server is away; try it again.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def latest(self) -> Ramp | None:
        """Return the newest ramp as it stands, also one that has ended; None where there was none."""
        found = await alone(self._pool, "latest_ramp")
        return Ramp.model_validate(found[0]) if found else None

    async def steps(self, limit: int, ramp_id: int | None = None) -> list[RampStep]:
        """Return the steps of one ramp, or of all, the newest first."""
        found = await alone(self._pool, "ramp_steps", prepare=False, ramp_id=ramp_id, limit=limit)
        return [RampStep.model_validate(row) for row in found]

    async def arms(self, ramp_id: int) -> dict[str, tuple[int, int]]:
        """Return how many cases, and customers, each arm of a ramp has served."""
        found = await alone(self._pool, "ramp_arms", prepare=False, ramp_id=ramp_id)
        return {row["arm"]: (row["cases"], row["customers"]) for row in found}

    async def values(self, ramp_id: int, indicator: str, zone: str, until: datetime) -> list[ArmValue]:
        """Return what settled before `until`, by the day on which it did; cases that both arms answered are left out."""
        about: dict[str, Any] = {"ramp_id": ramp_id, "indicator": indicator, "zone": zone, "until": until}
        return [ArmValue.model_validate(row) for row in await alone(self._pool, "ramp_values", prepare=False, **about)]

    async def assign(self, case_id: str, served: ServedRelease) -> None:
        """Write down what answers a case; what is there stays."""
        await alone(self._pool, "assign_release", case_id=case_id, **served.model_dump(mode="json"))

    async def start(self, ramp: Ramp, words: str) -> Ramp:
        """Start a ramp, with its first step. Raises: InvalidInput: another one is going."""
        async with writing(self._pool) as connection:
            going = await _held(connection)
            if going is not None and going.going:
                words = f"ramp {going.ramp_id} of release {going.release} is going at {going.percent:g} %"
                raise InvalidInput(f"start: {words}. Stop it first: `handrail release ramp stop`.")
            about = {**ramp.model_dump(include={"release", "base", "owner", "evaluation_id"})}
            about["parts"] = Jsonb(ramp.parts.model_dump(mode="json"))
            about["candidate"] = Jsonb(ramp.candidate.model_dump(mode="json"))
            ramp_id = (await _one(connection, "put_ramp", about))["ramp_id"]
            step = RampStep(ramp_id=ramp_id, kind=ramp.kind, percent=ramp.percent, actor=ramp.owner, words=words)
            await _put(connection, step)
            return _sure(await _held(connection))

    async def step(self, step: RampStep) -> Ramp:
        """Add a step to the ramp that is going. Raises: InvalidInput: it has ended meanwhile."""
        async with writing(self._pool) as connection:
            going = await _held(connection)
            if going is None or not going.going or going.ramp_id != step.ramp_id:
                raise InvalidInput(f"ramp {step.ramp_id} has ended. Start another one: `handrail release ramp start`.")
            await _put(connection, step)
            return _sure(await _held(connection))

    async def end(self, step: RampStep, alarm: DriftAlarm | None = None) -> RampStep | None:
        """End the ramp by Handrail's own hand, with an alarm, both or neither; None where it has ended already."""
        async with writing(self._pool) as connection:
            going = await _held(connection)
            if going is None or not going.going or going.ramp_id != step.ramp_id:
                return None
            raised = await write_alarm(connection, alarm) if alarm else None
            return await _put(connection, step.model_copy(update={"alarm_id": raised.alarm_id if raised else None}))


async def _held(connection: Connection) -> Ramp | None:
    """Return the newest ramp, which nobody else changes until this transaction ends."""
    await connection.execute(QUERIES["hold_ramps"])
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["latest_ramp"])
        found = await cursor.fetchone()
    return Ramp.model_validate(found) if found else None


async def _put(connection: Connection, step: RampStep) -> RampStep:
    about = {**step.model_dump(mode="json"), "evidence": Jsonb(step.evidence)}
    return RampStep.model_validate(await _one(connection, "put_ramp_step", about))


async def _one(connection: Connection, query: str, about: dict[str, Any]) -> dict[str, Any]:
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES[query], about)
        return dict(await cursor.fetchone() or {})


def _sure(found: Ramp | None) -> Ramp:
    assert found is not None  # noqa: S101 - it was written within this transaction
    return found
