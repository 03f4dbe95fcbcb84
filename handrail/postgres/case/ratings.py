"""Customers' ratings in PostgreSQL: kept with the case, whether it is open or closed long since."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.base import digest
from handrail.domain.case.ratings import END, LinkedCase, RatedCase, RatingReceipt
from handrail.domain.errors import UnknownCase
from handrail.postgres.pool import Cursor, Pool, alone, rows, writing
from handrail.postgres.queries import QUERIES

SAID = ("csat", "nps", "solved")


class PostgresRatings:
    """The ratings. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def rate(self, rated: RatedCase) -> RatingReceipt:
        """Keep the rating and note it in the audit, without the comment; the same one again changes nothing.

        Raises:
            UnknownCase: the record holds no such case.
        """
        given = rated.rating
        about = {"case_id": rated.case_id, **given.model_dump(), "at": rated.at}
        async with writing(self._pool) as connection, rows(connection) as cursor:
            # One after the other: what is replaced stands in the audit.
            if await first(cursor, "hold_rated_case", about) is None:
                raise UnknownCase(f"case_id: there is no case {rated.case_id[:120]!r}. List them with `handrail case list`.")
            before = await first(cursor, "standing_rating", about)
            asked = await first(cursor, "survey_offered", about)
            receipt = RatingReceipt(case_id=rated.case_id, survey_id=given.survey_id, offered=bool(asked and asked["offered"]))
            if before and all(before[name] == about[name] for name in (*SAID, "comment")):
                return receipt.model_copy(update={"duplicate": True})
            changes = before["changes"] + 1 if before else 0
            await cursor.execute(QUERIES["put_rating"], {**about, "changes": changes})
            await cursor.execute(QUERIES["audit_rating"], {**about, **entry(about, before, changes)})
            return receipt.model_copy(update={"changed": before is not None})


class PostgresRatingLinks:
    """Links with which a case is rated. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, link_hash: str, case_id: str, expires_at: datetime) -> None:
        """Keep a link's hash."""
        await alone(self._pool, "add_rating_link", link_hash=link_hash, case_id=case_id, expires_at=expires_at)

    async def case(self, link_hash: str) -> LinkedCase | None:
        """Return the case behind the link, None where it is none or has expired."""
        found = await alone(self._pool, "rating_link", link_hash=link_hash, survey_id=END)
        return LinkedCase.model_validate(found[0]) if found else None

    async def sweep(self) -> None:
        """Forget links that have expired."""
        await alone(self._pool, "sweep_rating_links")


async def first(cursor: Cursor, query: str, about: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first row of a named query, None where there is none."""
    await cursor.execute(QUERIES[query], about)
    return await cursor.fetchone()


def entry(about: dict[str, Any], before: dict[str, Any] | None, changes: int) -> dict[str, Any]:
    """Return the audit's entry: the numbers, and that there was a comment; its words are the customer's and stay out."""
    said = {name: about[name] for name in SAID if about[name] is not None}
    was = {"before": {name: before[name] for name in SAID if before[name] is not None}} if before else {}
    details = {"survey_id": about["survey_id"], **said, "commented": about["comment"] is not None, **was}
    return {
        "entry_id": digest(["rating", about["case_id"], about["survey_id"], changes])[:36],
        "action": "rating:changed" if before else "rating",
        "details": Jsonb(details),
    }
