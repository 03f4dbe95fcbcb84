"""The drills' own queries: no part of the storage reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from handrail.postgres.pool import Pool, alone
from handrail.postgres.queries import Queries

QUERIES = Queries(Path(__file__).parent / "sql")


async def read(pool: Pool, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """Return the rows of one query of `sql/`."""
    return await alone(pool, query, queries=QUERIES, **parameters)
