"""Demands on a yes before a proposal is carried out, as a rule or a file's default states them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field

from handrail.domain.actions.proposals import Confirming, Ruling
from handrail.domain.base import Model

OF_PEOPLE = ("role", "quorum", "ttl_minutes", "verified_identity")
"""The demands on people's approval."""
ASKS = (Ruling.CONFIRM, Ruling.REQUIRE_APPROVAL)
"""The rulings by which somebody is asked."""


class WhoIsAsked(StrEnum):
    """Somebody who is asked before an effect: the customer, or people of the business."""

    CUSTOMER = "customer"
    PERSON = "person"


def in_turn(asked: Sequence[WhoIsAsked]) -> str:
    """Name those who are asked, in their order."""
    return ", then ".join("the customer" if one is WhoIsAsked.CUSTOMER else "a person" for one in asked) or "nobody"


class Demanding(Model):
    """Demands on a yes. With `require_approval` `role` may approve, `quorum` different people must, `ttl_minutes` is how long
    it stays open, and `verified_identity` that their identity must be beyond doubt.

    `confirm` asks the customer first, beside an approval too, and `confirm_minutes` is how long their yes counts; with the
    action `confirm` it is `always` where it is left out.
    """

    role: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{1,39}$")
    quorum: int = Field(default=1, ge=1, le=10)
    ttl_minutes: int | None = Field(default=None, ge=1, le=43_200, description="at most 30 days")
    verified_identity: bool = False
    confirm: Confirming | None = None
    confirm_minutes: int | None = Field(default=None, ge=1, le=43_200, description="at most 30 days")

    def of_customer(self, action: Ruling) -> Confirming | None:
        """The yes of the customer that is asked for with this action."""
        return self.confirm or (Confirming.ALWAYS if action is Ruling.CONFIRM else None)


class DefaultDemands(Demanding):
    """Demands of a file's default."""
