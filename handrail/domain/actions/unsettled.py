"""Effects that another system may have made, and what a person found there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from handrail.domain.actions.approvals import Identity
from handrail.domain.base import Stored
from handrail.domain.case.cases import CaseStatus
from handrail.domain.errors import InvalidInput

MADE, NOT_MADE = "found_made", "found_not_made"
"""The ledger's codes of effects whose outcome a person found out."""


class UnsettledEffect(Stored):
    """An effect that was sent and whose outcome nobody knows; it counts as made. `status` is its case's."""

    effect_id: str = Field(description="the key under which the other system got it, where it takes one")
    case_id: str
    status: CaseStatus
    action: str
    arguments: dict[str, Any]
    begun_at: datetime
    approved_by: str | None = Field(default=None, description="who said yes to it; nobody had to, where it is null")


class EffectFound(Stored):
    """A person's word on what became of an effect, and how sure it is who they are; it stands ever after.

    With `case_id` the effect has to be that case's.
    """

    effect_id: str
    made: bool
    actor: str
    reason: str
    identity: Identity = Identity.SELF_DECLARED
    via: str = "cli"
    case_id: str | None = None

    @property
    def code(self) -> str:
        """The ledger's code for it."""
        return MADE if self.made else NOT_MADE


class UnknownEffect(InvalidInput):
    """No effect of this id waits to be settled: there is none, it was never sent, or it ended by itself."""


class EffectSettled(InvalidInput):
    """Somebody has said before what became of the effect, and otherwise, or in other words."""
