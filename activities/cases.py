"""Activities about a case's record: one side effect each, every one idempotent on the ids it is given."""

from __future__ import annotations

from temporalio import activity

from handrail.domain.cases import CaseOpen, Commit, Terms
from handrail.ports import Cases, Clock


class CaseActivities:
    """Reaches PostgreSQL through a port."""

    def __init__(self, cases: Cases, clock: Clock, terms: Terms) -> None:
        self._cases = cases
        self._clock = clock
        self._terms = terms

    @activity.defn(name="record.open")
    async def open(self, case: CaseOpen) -> Terms:
        """Record the case.

        Raises:
            CaseConflict: the id stands with other content.
        """
        await self._cases.open(case, self._clock.now())
        return self._terms

    @activity.defn(name="record.commit")
    async def commit(self, commit: Commit) -> None:
        """Write what changed, in one transaction."""
        await self._cases.commit(commit)
