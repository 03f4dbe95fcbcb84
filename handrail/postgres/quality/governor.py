"""The governor's steps in PostgreSQL: each with its control, both or neither."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from handrail.domain.autonomy.controls import Control, ControlRequest, Hand, Scope, ScopeKind
from handrail.domain.quality.watch.drift import EVERY, DriftAlarm
from handrail.domain.quality.watch.governor import GovernorStep, ReviewCount, StepKind
from handrail.postgres.autonomy.controls import PostgresControls, set_control
from handrail.postgres.autonomy.restraint import restrain
from handrail.postgres.pool import Connection, Pool, alone, rows, writing
from handrail.postgres.quality.alarms import write_alarm
from handrail.postgres.queries import QUERIES


class PostgresGovernor:
    """The port `GovernorRecord`, and what people do about the governor's steps.

    Any method raises `psycopg.OperationalError` while the server is away; try it again.
    """

    def __init__(self, pool: Pool, controls: PostgresControls) -> None:
        self._pool, self._controls = pool, controls

    async def steps_about(self, alarms: Collection[int], since: datetime) -> list[GovernorStep]:
        """Return the steps about these alarms, and every step down since then."""
        found = await alone(self._pool, "governor_steps_about", alarms=sorted(alarms), since=since)
        return [GovernorStep.model_validate(row) for row in found]

    async def steps(self, limit: int) -> list[GovernorStep]:
        """Return what was done, the newest first."""
        return [GovernorStep.model_validate(row) for row in await alone(self._pool, "governor_steps", limit=limit)]

    async def lowered(self) -> dict[str, GovernorStep]:
        """Return each topic's latest step down, where nobody has raised it since."""
        found = [GovernorStep.model_validate(row) for row in await alone(self._pool, "governor_latest")]
        return {one.topic: one for one in found if one.kind is StepKind.DOWN}

    async def stepped_at(self) -> dict[str, datetime]:
        """Return when each topic stepped down last."""
        return {row["topic"]: row["at"] for row in await alone(self._pool, "governor_stepped_at")}

    async def volumes(self, since: datetime) -> dict[str, float]:
        """Return each topic's part of all cases that were opened since then."""
        found = await alone(self._pool, "governor_volumes", since=since)
        return {row["topic"]: float(row["share"]) for row in found if row["topic"] is not None}

    async def reviews(self, topic: str, since: datetime, recent: datetime) -> ReviewCount:
        """Count people's decisions in a topic since then."""
        (found,) = await alone(self._pool, "governor_reviews", topic=topic, since=since, recent=recent)
        return ReviewCount(topic=topic, since=since, **found)

    async def step_down(self, step: GovernorStep) -> GovernorStep | None:
        """Set the control and write the step down, both or neither; None where it was taken before.

        A step of everything that is held so already is written down as kept.
        """

        async def change(connection: Connection, waited: bool) -> GovernorStep | None:
            about = {"alarm_id": step.alarm_id, "topic": step.topic, "level": step.level}
            cursor = await connection.execute(QUERIES["governor_step_stands"], about)
            if await cursor.fetchone() is not None:
                return None
            if step.topic != EVERY:
                return await _write(connection, step, await set_control(connection, _wanted(step), waited=waited))
            held = await restrain(connection, step.level, step.words, step.actor, waited=waited)
            kept = step.model_copy(update={"kind": StepKind.KEPT, "words": f"everything is held at '{step.level}' already"})
            return await _write(connection, step if held else kept, held)

        return await self._controls.change(change)

    async def note(self, steps: Sequence[GovernorStep], page: DriftAlarm | None) -> DriftAlarm | None:
        """Write down steps that set no control, with the alarm about them; returns the alarm where it is new."""
        async with writing(self._pool) as connection:
            for step in steps:
                await _write(connection, step)
            return await write_alarm(connection, page) if page is not None else None

    async def lift(self, step: GovernorStep) -> GovernorStep:
        """Lift what the governor set on a topic, and write down by whom and why, both or neither."""

        async def change(connection: Connection, waited: bool) -> GovernorStep | None:
            return await _write(connection, step, await set_control(connection, _wanted(step), waited=waited))

        lifted = await self._controls.change(change)
        if lifted is None:
            raise RuntimeError(f"a step about no alarm was not written: {step.topic}")
        return lifted


def _wanted(step: GovernorStep) -> ControlRequest:
    """The control of a step, by Handrail's own hand, which no person's temporary control undoes."""
    scope = Scope(kind=ScopeKind.TOPIC, name=step.topic)
    return ControlRequest(scope=scope, level=step.level, hand=Hand.HANDRAIL, reason=step.words, actor=step.actor)


async def _write(connection: Connection, step: GovernorStep, control: Control | None = None) -> GovernorStep | None:
    about = {**step.model_dump(mode="json"), "day": step.day, "evidence": Jsonb(step.evidence)}
    about["control_id"] = control.control_id if control else None
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["add_governor_step"], about)
        found = await cursor.fetchone()
    return GovernorStep.model_validate(found) if found else None
