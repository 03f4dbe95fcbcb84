"""Corrections in PostgreSQL: taken from the record once, accepted by people, retired by name; a third is shown to nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.base import Stored, digest
from handrail.domain.errors import InvalidInput
from handrail.domain.quality.evaluation.corrections import (
    Acceptance,
    Correction,
    CorrectionDecision,
    CorrectionSource,
    CorrectionState,
    Relied,
    StoredCorrection,
)
from handrail.domain.team.commands import same_name
from handrail.ports.loop.corrections import FreshCorrection
from handrail.postgres.autonomy.controls import ADVISORY_LOCK
from handrail.postgres.pool import Connection, Cursor, Pool, alone, reading, rows, writing
from handrail.postgres.queries import QUERIES

CORRECTIONS_LOCK = ADVISORY_LOCK + 14
Change = tuple[str, dict[str, Any], CorrectionDecision]
"""A query with its values, and what came of the decision."""


class AlikeRow(Stored):
    """A correction that stands, by what is compared of it."""

    correction_id: str
    words: list[str]
    done_words: list[str]
    done_key: str
    held_out: bool


class StandingRow(Stored):
    """A correction that stands, with what it relies on."""

    correction_id: str
    topic: str
    relied: Relied
    held_out: bool


class TestRow(Stored):
    """An accepted correction, as an evaluation takes it."""

    __test__ = False

    correction_id: str
    body: Correction


class PostgresCorrections:
    """The port `CorrectionStore`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sources(self, since: datetime, limit: int) -> list[CorrectionSource]:
        """Read what people corrected since then and nothing was made of yet, the oldest first."""
        async with reading(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            await cursor.execute(QUERIES["correction_sources"], {"since": since, "limit": limit}, prepare=False)
            return [CorrectionSource.model_validate(row) for row in await cursor.fetchall()]

    async def alike(self, correction: Correction) -> list[AlikeRow]:
        """Read the corrections of the same kind, topic and action that are not retired."""
        about: dict[str, Any] = {"kind": correction.kind.value, "topic": correction.topic, "action": correction.action}
        return [AlikeRow.model_validate(row) for row in await alone(self._pool, "corrections_alike", prepare=False, **about)]

    async def keep(self, source: CorrectionSource, fresh: FreshCorrection) -> bool:
        """Keep a correction with its source; false where another process has taken the source meanwhile.

        One that is held out stands at once as its decider left it, for nobody else may look at it; one that loosens never
        becomes a test so.
        """
        made, now = fresh.correction, source.happened_at
        own = [Acceptance(by=made.decided_by, at=now)] if fresh.held_out and not made.loosens else []
        state = CorrectionState.ACCEPTED if own else CorrectionState.NEW
        async with writing(self._pool) as connection:
            if not await self._free(connection, source):
                return False
            about = {
                **made.model_dump(include={"topic", "action", "reason"}),
                "correction_id": fresh.correction_id,
                "kind": made.kind.value,
                "body": Jsonb(made.model_dump(mode="json")),
                "words": list(fresh.words),
                "done_words": list(fresh.done_words),
                "done_key": fresh.done_key,
                "loosens": bool(made.loosens),
                "held_out": fresh.held_out,
                "state": CorrectionState.RETIRED.value if fresh.retired else state.value,
                "accepted": Jsonb([acceptance.model_dump(mode="json") for acceptance in own]),
                "happened_at": now,
                "because": fresh.retired or None,
                "by": "handrail",
            }
            await connection.execute(QUERIES["put_correction"], about)
            await self._took(connection, source, fresh.correction_id)
        return True

    async def merge(self, source: CorrectionSource, into: str) -> bool:
        """Count the source with a correction that says nearly the same; false as above."""
        async with writing(self._pool) as connection:
            if not await self._free(connection, source):
                return False
            await self._took(connection, source, into)
        return True

    async def standing(self) -> list[StandingRow]:
        """Read every correction that is not retired."""
        return [StandingRow.model_validate(row) for row in await alone(self._pool, "standing_corrections")]

    async def retire(self, correction_id: str, by: str, because: str) -> None:
        """Retire it; one that is retired stays as it is."""
        async with writing(self._pool) as connection:
            about = {"correction_id": correction_id, "by": by, "because": because}
            await connection.execute(QUERIES["retire_correction"], about)

    async def forget(self, before: datetime) -> None:
        """Drop the evidence of decisions that nothing was made of."""
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["drop_old_evidence"], {"since": before})

    async def shown(self, *, state: str | None, topic: str | None, kind: str | None, limit: int) -> list[StoredCorrection]:
        """Read the corrections that people may see, the newest first."""
        about: dict[str, Any] = {"state": state, "topic": topic, "kind": kind, "limit": limit}
        found = await alone(self._pool, "list_corrections", prepare=False, **about)
        return [StoredCorrection.model_validate(row) for row in found]

    async def show(self, correction_id: str) -> StoredCorrection:
        """Read one. Raises: InvalidInput: there is none that people may see."""
        found = await alone(self._pool, "show_correction", correction_id=correction_id)
        if not found:
            raise unknown(correction_id)
        return StoredCorrection.model_validate(found[0])

    async def tests(self, *, held_out: bool, topic: str | None, limit: int) -> list[TestRow]:
        """Read the accepted corrections, those that are held out or the others, the oldest first."""
        found = await alone(self._pool, "tests_of_corrections", prepare=False, held_out=held_out, topic=topic, limit=limit)
        return [TestRow.model_validate(row) for row in found]

    async def accept(self, correction_id: str, acceptance: Acceptance) -> CorrectionDecision:
        """Note that a person accepts it; one that loosens stands once two different people have.

        Raises:
            InvalidInput: there is none that people may see, it is retired, or this person has accepted it already.
        """
        return await self._decide(correction_id, acceptance, "accepted", accepted)

    async def reject(self, correction_id: str, acceptance: Acceptance) -> CorrectionDecision:
        """Retire it as a person's no. Raises: InvalidInput: there is none that people may see, or it is retired."""
        return await self._decide(correction_id, acceptance, "rejected", rejected)

    async def _decide(
        self, correction_id: str, given: Acceptance, word: str, change: Callable[[str, dict[str, Any], Acceptance], Change]
    ) -> CorrectionDecision:
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["lock_correction"], {"correction_id": correction_id})
            stands = await cursor.fetchone()
            if stands is None:
                raise unknown(correction_id)
            query, about, decision = change(correction_id, stands, given)
            await cursor.execute(QUERIES[query], {"correction_id": correction_id, **about})
            await audited(cursor, correction_id, given, word)
            return decision

    async def _free(self, connection: Connection, source: CorrectionSource) -> bool:
        """Return whether nobody has taken the source; whoever takes one holds the others back until the end."""
        await connection.execute(QUERIES["hold_corrections"], {"key": CORRECTIONS_LOCK})
        about = {"case_id": source.case_id, "source": source.source}
        found = await connection.execute(QUERIES["source_taken"], about)
        return await found.fetchone() is None

    async def _took(self, connection: Connection, source: CorrectionSource, correction_id: str) -> None:
        about = {**source.model_dump(include={"case_id", "source", "happened_at"}), "correction_id": correction_id}
        await connection.execute(QUERIES["put_correction_source"], about)
        await connection.execute(QUERIES["drop_correction_evidence"], about)


def accepted(correction_id: str, stands: dict[str, Any], given: Acceptance) -> Change:
    """One more person accepts it."""
    refuse_retired(correction_id, stands)
    earlier = [Acceptance.model_validate(before) for before in stands["accepted"]]
    if any(same_name(person.by, given.by) for person in earlier):
        needed = " It loosens, so another person has to accept it, too." if stands["state"] == "new" else ""
        raise InvalidInput(f"--reviewer: {given.by} has accepted {correction_id} already.{needed}")
    people = [*earlier, given]
    enough = len(people) >= (2 if stands["loosens"] else 1)
    state = CorrectionState.ACCEPTED if enough else CorrectionState.NEW
    missing = "" if enough else "It loosens what the agent may do: another person has to accept it, too."
    about = {"state": state.value, "accepted": Jsonb([person.model_dump(mode="json") for person in people])}
    names = [person.by for person in people]
    return (
        "accept_correction",
        about,
        CorrectionDecision(correction_id=correction_id, state=state, accepted_by=names, missing=missing),
    )


def rejected(correction_id: str, stands: dict[str, Any], given: Acceptance) -> Change:
    """A person's no."""
    refuse_retired(correction_id, stands)
    about = {"by": given.by, "because": f"Rejected by {given.by}{f': {given.note}' if given.note else '.'}"}
    return "retire_correction", about, CorrectionDecision(correction_id=correction_id, state=CorrectionState.RETIRED)


def refuse_retired(correction_id: str, stands: dict[str, Any]) -> None:
    """Raises: InvalidInput: it is retired."""
    if stands["state"] == CorrectionState.RETIRED:
        raise InvalidInput(f"{correction_id}: is retired, and no test any more. `handrail corrections show` says why.")


def unknown(correction_id: str) -> InvalidInput:
    """The error for an id that nobody may see or that there is not."""
    return InvalidInput(f"{correction_id[:60]!r} is no correction. List them with `handrail corrections list`.")


async def audited(cursor: Cursor, correction_id: str, given: Acceptance, word: str) -> None:
    """Put the decision into the audit of the case that it came from."""
    about = {
        "correction_id": correction_id,
        "entry_id": digest(["correction", correction_id, word, given.by, given.at.isoformat()])[:36],
        "at": given.at,
        "by": given.by,
        "action": f"correction:{word}",
        "details": Jsonb({"correction_id": correction_id, **({"note": given.note} if given.note else {})}),
    }
    await cursor.execute(QUERIES["audit_correction"], about)
