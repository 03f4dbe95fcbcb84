"""Cases as PostgreSQL shows them to callers of the HTTP API: one, a page of them, what was said."""

from __future__ import annotations

from typing import Any

from handrail.business import Business
from handrail.domain.case.cases import CaseView
from handrail.domain.case.messages import Message
from handrail.domain.http.paging import CasePage, CasesWanted
from handrail.domain.team.commands import folded
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool, alone


class PostgresCaseRecord:
    """The port `CaseRecord`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool, business: Business) -> None:
        self._pool = pool
        self._cases = PostgresCases(pool, business)

    async def version(self, case_id: str) -> int | None:
        """Return the version of the case's row, None where there is none."""
        found = await alone(self._pool, "case_version", case_id=case_id)
        return int(found[0]["version"]) if found else None

    async def customer(self, case_id: str) -> str | None:
        """Return whose case it is, None where the record has no such case."""
        found = await alone(self._pool, "customer_of_case", case_id=case_id)
        return str(found[0]["customer_id"]) if found else None

    async def show(self, case_id: str) -> CaseView:
        """Return the case. Raises: UnknownCase."""
        return await self._cases.show(case_id)

    async def transcript(self, case_id: str) -> list[Message]:
        """Return every message, oldest first."""
        return await self._cases.transcript(case_id)

    async def page(self, wanted: CasesWanted) -> CasePage:
        """Return cases, the last opened first."""
        opened_at, case_id = wanted.before or (None, None)
        about: dict[str, Any] = {**wanted.model_dump(exclude={"before", "limit"}), "opened_at": opened_at, "case_id": case_id}
        about["reader"] = wanted.reader and folded(wanted.reader)
        # Never prepared: an optional filter must be planned with its value, or no index is used.
        found = await alone(self._pool, "page_of_cases", prepare=False, **about, limit=wanted.limit + 1)
        cases = [CaseView.model_validate(row) for row in found[: wanted.limit]]
        return CasePage(cases=cases, more=len(found) > wanted.limit)
