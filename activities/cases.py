"""Activities about a case's record and about people: one side effect each, every one idempotent on the ids it is given."""

from __future__ import annotations

from typing import Any

from temporalio import activity

from handrail.domain.approvals import Decision, Edit, Identity, Seen
from handrail.domain.cases import CaseOpen, Commit, Terms
from handrail.domain.errors import BusinessRefused, InvalidInput
from handrail.ports import Cases, Clock, Identities, SystemOfRecord


class CaseActivities:
    """Reaches PostgreSQL, the business's tools and the case's history through ports."""

    def __init__(self, cases: Cases, record: SystemOfRecord, identities: Identities, clock: Clock, terms: Terms) -> None:
        self._cases = cases
        self._record = record
        self._identities = identities
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

    @activity.defn(name="people.check_edit")
    async def check_edit(self, edit: Edit) -> dict[str, Any]:
        """The edited arguments, normalised.

        Raises:
            InvalidInput: they do not validate, or the business refuses them; the words name field and remedy.
        """
        if not self._record.specs([edit.action]):
            return edit.arguments
        try:
            checked = await self._record.check(edit.case_id, edit.customer_id, edit.action, edit.arguments)
        except BusinessRefused as refused:
            raise InvalidInput(f"arguments: {refused}") from refused
        return checked.arguments

    @activity.defn(name="people.identify")
    async def identify(self, seen: Seen) -> Decision:
        """The decision with who took it, as the case's own history tells."""
        who, identity = await self._identities.of_event(seen.source, seen.decision)
        verified = identity is Identity.VERIFIED
        reviewer = who if verified or not seen.decision.reviewer else seen.decision.reviewer
        return seen.decision.model_copy(update={"reviewer": reviewer or seen.decision.reviewer, "identity": identity})
