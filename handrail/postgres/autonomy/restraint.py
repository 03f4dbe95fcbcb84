"""Handrail's own hand holding the agent back to a level until a person lifts it: never looser than it holds already."""

from __future__ import annotations

from datetime import timedelta

from handrail.domain.autonomy.controls import GLOBAL, Control, Hand
from handrail.domain.autonomy.topics import Autonomy
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Connection, Cursor, rows
from handrail.postgres.queries import QUERIES

LONGEST_REASON = 500


class PostgresRestraint(PostgresControls):
    """The port `Restraint`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    async def restrain(self, level: Autonomy, reason: str) -> Control | None:
        """Hold everything to the level; None where this hand holds it so, or stricter, for good.

        What this hand holds stricter for a time stays stricter for that time: it is set anew, before what lasts.
        """

        async def change(connection: Connection, waited: bool) -> Control | None:
            async with rows(connection) as cursor:
                await cursor.execute(QUERIES["controls_in_force"])
                own = (Hand.HANDRAIL, str(GLOBAL))
                found = [Control.model_validate(row) for row in await cursor.fetchall()]
                held = [one for one in found if (one.hand, one.scope) == own]
                if any(one.level.rank >= level.rank and one.expires_at is None for one in held):
                    return None
                lasting = await _put(cursor, level, reason, None, waited=waited)
                for one in held:
                    if one.level.rank > level.rank and one.expires_at is not None:
                        await _put(cursor, one.level, one.reason, one.expires_at - lasting.set_at, waited=waited)
                return lasting

        return await self.change(change)


async def _put(cursor: Cursor, level: Autonomy, reason: str, lasting: timedelta | None, *, waited: bool) -> Control:
    values = {
        "scope": str(GLOBAL),
        "level": level,
        "hand": Hand.HANDRAIL,
        "reason": reason[:LONGEST_REASON],
        "actor": Hand.HANDRAIL,
        "lasting": lasting,
        "waited": waited,
    }
    await cursor.execute(QUERIES["set_control"], values)
    return Control.model_validate(await cursor.fetchone())
