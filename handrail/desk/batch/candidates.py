"""Candidates for several at once: what this person may decide, and the policies let be decided with others."""

from __future__ import annotations

from handrail.desk.refusing import Why
from handrail.desk.refusing import why_not as said_why_not
from handrail.desk.services import DeskServices
from handrail.desk.sessions import LACKS, Seat
from handrail.domain.access.principals import ApiScope
from handrail.domain.actions.approvals import Identity
from handrail.domain.errors import ApprovalRefused
from handrail.domain.policy.batching import amount_of, terms_of
from handrail.domain.team.commands import is_recused
from handrail.domain.team.desk import BatchCandidate

LOOKED_AT = 200


class Candidates:
    """The candidates that a person chooses from."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services

    async def of(self, tool: str, who: Seat, language: str) -> list[tuple[BatchCandidate, Why | None]]:
        """Return the open approvals of the tool, the first due first, with why one cannot be chosen."""
        found = await self._services.batches.waiting(tool, LOOKED_AT)
        return [(one, self._why_not(one, who, language)) for one in found if not is_recused(who.person, one.recused)]

    def _why_not(self, one: BatchCandidate, who: Seat, language: str) -> Why | None:
        if not who.principal.may(ApiScope.APPROVALS_DECIDE):
            return said_why_not(LACKS.format(ApiScope.APPROVALS_DECIDE), "NotAdmitted", language)
        try:
            for terms in terms_of(one.approval.request, self._services.ceilings()):
                amount_of(one.approval.request, terms)
        except ApprovalRefused as error:
            return said_why_not(str(error), "ApprovalRefused", language)
        refused = self._services.reviewers.now().why_not(one.approval, who.person, Identity.VERIFIED)
        return said_why_not(refused, "NotAdmitted", language) if refused else None
