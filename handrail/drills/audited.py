"""The audit as a drill leaves it."""

from __future__ import annotations

from handrail.domain.audit import Checker, verify
from handrail.postgres.case.audit import PostgresAudit
from handrail.postgres.pool import Pool


async def audited(pool: Pool) -> tuple[int, str]:
    """Count the audit's entries, and say where its chain is broken; empty where it holds."""
    async with PostgresAudit(pool).trail() as trail:
        report = await verify(trail.links(), Checker(), trail.head)
        broken = report.broken or await trail.unwitnessed()
    return report.checked, f"entry {broken.entry_id} of case {broken.case_id}: {broken.problem}" if broken else ""
