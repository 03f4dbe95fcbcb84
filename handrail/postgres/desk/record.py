"""The desk in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from handrail.domain.team.commands import folded
from handrail.domain.team.desk import READING, BoardRow, BoardWanted, CaseReader, DeskSession, Draft, DraftKind
from handrail.postgres.pool import Pool, alone

SOON = timedelta(hours=1)
FIRST = datetime(1, 1, 1, tzinfo=UTC)


class PostgresDesk:
    """The port `DeskRecord`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def board(self, wanted: BoardWanted) -> list[BoardRow]:
        """Return the rows in the order in which they are due."""
        after = wanted.after
        place = {
            "after_due_at": after.due_at if after else FIRST,
            "after_case_id": after.case_id if after else "",
            "after_approval_id": after.approval_id if after else "",
        }
        given = {**wanted.model_dump(mode="json", exclude={"after"}), **place, "folded": folded(wanted.person)}
        # Never prepared: an optional filter must be planned with its value, or no index is used.
        return [BoardRow.model_validate(row) for row in await alone(self._pool, "desk_board", prepare=False, **given)]

    async def counts(self) -> Mapping[str, int]:
        """Count `approvals` and `cases` that wait, and those `pressing`: late, or due within the hour."""
        (counted,) = await alone(self._pool, "desk_counts", soon=SOON)
        return counted

    async def sign_in(self, token_hash: str, session: DeskSession) -> None:
        """Keep the session."""
        principal = session.principal.model_dump(mode="json") if session.principal else None
        given = session.model_dump(exclude={"principal"})
        await self._do("open_desk_session", token_hash=token_hash, principal=principal, **given)

    async def session(self, token_hash: str) -> DeskSession | None:
        """Return the session; None where it has ended."""
        found = await alone(self._pool, "desk_session", token_hash=token_hash)
        return DeskSession.model_validate(found[0]) if found else None

    async def sign_out(self, token_hash: str) -> None:
        """End the session, and forget those that ended by themselves."""
        await self._do("close_desk_session", token_hash=token_hash)

    async def read(self, case_id: str, person: str) -> list[CaseReader]:
        """Note that the person opens the page, and return who else has it open."""
        await self._do("read_at_desk", case_id=case_id, person=person)
        found = await alone(self._pool, "desk_readers", case_id=case_id, person=person, within=READING)
        return [CaseReader.model_validate(row) for row in found]

    async def keep(self, case_id: str, person: str, kind: DraftKind, text: str) -> None:
        """Keep the draft in the place of an earlier one; an empty one is dropped."""
        name = "keep_desk_draft" if text else "drop_desk_draft"
        await self._do(name, case_id=case_id, person=person, kind=kind.value, **({"text": text} if text else {}))

    async def drafts(self, case_id: str) -> list[Draft]:
        """Return everybody's drafts, the newest first."""
        return [Draft.model_validate(row) for row in await alone(self._pool, "desk_drafts", case_id=case_id)]

    async def _do(self, query: str, **given: Any) -> None:
        await alone(self._pool, query, **given)
