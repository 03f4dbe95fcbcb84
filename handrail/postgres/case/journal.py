"""The journal of turns in PostgreSQL: one row a case, for the newest turn."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from handrail.domain.case.turns import JournalEntry, TurnKey, TurnSuperseded
from handrail.postgres.pool import Pool, alone


class PostgresJournal:
    """The port `Journal`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def left(self, case_id: str, token: str) -> JournalEntry | None:
        """Read what earlier attempts at the turn left, None where they left nothing."""
        found = await alone(self._pool, "left_of_turn", case_id=case_id, token=token)
        return JournalEntry.model_validate(found[0]) if found else None

    async def claim(self, case_id: str, key: TurnKey, lost: str) -> tuple[str, JournalEntry]:
        """Shut the `lost` turn out, and tell what it or earlier attempts at this one left, and which of them did.

        Raises:
            TurnSuperseded: a later attempt writes, or a later turn does.
        """
        if found := await alone(self._pool, "claim_turn", **key.model_dump(), case_id=case_id, lost=lost):
            return key.token, JournalEntry.model_validate(found[0])
        for token in (key.token, lost):
            left = await self.left(case_id, token)
            if left and left.result is not None:
                return token, left
        raise TurnSuperseded("Another attempt at this turn has gone on, or a later turn of the case has begun.")

    async def note(self, case_id: str, key: TurnKey, entry: JournalEntry) -> None:
        """Keep the state behind an answered node.

        Raises:
            TurnSuperseded: the turn has ended, a later attempt writes, or a later turn does.
        """
        given = {**key.model_dump(), "case_id": case_id, "node": entry.node, "state": Jsonb(entry.state)}
        if not await alone(self._pool, "note_turn", **given):
            raise TurnSuperseded("Another attempt at this turn has gone on, or the turn has ended.")
