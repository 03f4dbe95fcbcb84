"""Identities that the HTTP API vouches for, ahead of what a case's history tells."""

from __future__ import annotations

from handrail.domain.access.vouching import OURS, about
from handrail.domain.actions.approvals import Decision, Identity, Source
from handrail.ports import Identities
from handrail.ports.access import Vouchers

PREFIX = "case-"


class VouchedIdentities:
    """Takes an update for `verified` where the API noted who sends it; of all others it asks `otherwise`."""

    def __init__(self, vouchers: Vouchers, otherwise: Identities) -> None:
        self._vouchers, self._otherwise = vouchers, otherwise

    async def of_event(self, source: Source, decision: Decision) -> tuple[str, Identity]:
        """See `ports.Identities.of_event`."""
        if source.update_id and source.update_id.startswith(OURS):
            case_id = source.workflow_id.removeprefix(PREFIX)
            person = await self._vouchers.person(case_id, source.update_id, about(decision))
            if person is not None:
                return person, Identity.VERIFIED
        return await self._otherwise.of_event(source, decision)
