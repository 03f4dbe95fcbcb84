"""Handrail's own hand holding the whole agent back until a person lifts it: never looser than it holds already."""

from __future__ import annotations

from datetime import timedelta

from handrail.domain.autonomy.controls import GLOBAL, Control, Hand
from handrail.domain.autonomy.topics import Autonomy
from handrail.postgres.pool import Connection, Cursor, rows
from handrail.postgres.queries import QUERIES

LONGEST_REASON = 500


async def restrain(connection: Connection, level: Autonomy, reason: str, actor: str, *, waited: bool) -> Control | None:
    """Hold everything to the level, within a change of controls; None where this hand holds it so, or stricter, for good.

    What this hand holds stricter for a time stays stricter for that time: it is set anew, before what lasts.
    """
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["controls_in_force"])
        own = (Hand.HANDRAIL, str(GLOBAL))
        found = [Control.model_validate(row) for row in await cursor.fetchall()]
        held = [one for one in found if (one.hand, one.scope) == own]
        if any(one.level.rank >= level.rank and one.expires_at is None for one in held):
            return None
        lasting = await _put(cursor, level, reason, actor, None, waited=waited)
        for one in held:
            if one.level.rank > level.rank and one.expires_at is not None:
                await _put(cursor, one.level, one.reason, one.actor, one.expires_at - lasting.set_at, waited=waited)
        return lasting


async def _put(
    cursor: Cursor, level: Autonomy, reason: str, actor: str, lasting: timedelta | None, *, waited: bool
) -> Control:
    values = {
        "scope": str(GLOBAL),
        "level": level,
        "hand": Hand.HANDRAIL,
        "reason": reason[:LONGEST_REASON],
        "actor": actor,
        "lasting": lasting,
        "waited": waited,
    }
    await cursor.execute(QUERIES["set_control"], values)
    return Control.model_validate(await cursor.fetchone())
