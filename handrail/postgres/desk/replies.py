"""Held replies in PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

from psycopg.types.json import Jsonb

from handrail.domain.team.desk import HeldReply
from handrail.postgres.pool import Pool, alone


class PostgresHeldReplies:
    """The port `HeldReplies`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def hold(self, reply: HeldReply, pause: timedelta) -> bool:
        """Hold the reply so long; the same again changes nothing. Return False where another one is on its way."""
        given = reply.model_dump(include={"case_id", "message_id", "person", "text", "note", "resolves"})
        principal = Jsonb(reply.principal.model_dump(mode="json"))
        await alone(self._pool, "hold_desk_reply", principal=principal, pause=pause, **given)
        there = await self.of(reply.case_id)
        return there is None or there.message_id == reply.message_id

    async def of(self, case_id: str) -> HeldReply | None:
        """Return the reply of the case that has not left; behind it one that was refused."""
        found = await alone(self._pool, "desk_reply", case_id=case_id)
        return HeldReply.model_validate(found[0]) if found else None

    async def take_back(self, case_id: str, person: str) -> bool:
        """Make the person's reply a draft again; return False where it has left, or is leaving."""
        return bool(await alone(self._pool, "take_desk_reply_back", case_id=case_id, person=person))

    async def due(self, most: int, lease: timedelta) -> list[HeldReply]:
        """Take what is due: for so long nobody else gets it, and nobody takes it back any more."""
        found = await alone(self._pool, "due_desk_replies", most=most, lease=lease)
        return [HeldReply.model_validate(row) for row in found]

    async def left(self, reply: HeldReply) -> None:
        """Note that the case has it."""
        await alone(self._pool, "desk_reply_left", case_id=reply.case_id, message_id=reply.message_id)

    async def later(self, reply: HeldReply, pause: timedelta) -> None:
        """Make it due again after a pause."""
        await alone(self._pool, "desk_reply_later", case_id=reply.case_id, message_id=reply.message_id, pause=pause)

    async def refused(self, reply: HeldReply, words: str, code: str) -> None:
        """Make it a draft again, and keep why."""
        await alone(
            self._pool,
            "desk_reply_refused",
            case_id=reply.case_id,
            message_id=reply.message_id,
            words=words,
            code=code,
        )
