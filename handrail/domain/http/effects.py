"""Bodies of the HTTP API about effects of unknown outcome."""

from __future__ import annotations

from pydantic import Field

from handrail.domain.actions.unsettled import UnsettledEffect
from handrail.domain.base import Stored
from handrail.domain.http.bodies import HttpBody
from handrail.domain.team.commands import MAX_REASON


class UnsettledList(Stored):
    """The effects of a case of which nobody knows whether they were made, the oldest first."""

    unsettled: list[UnsettledEffect]


class SettleBody(HttpBody):
    """Say what became of an effect. Who says so is whom the key or token stands for."""

    made: bool = Field(strict=True, description="whether the other system has made it")
    note: str = Field(min_length=1, max_length=MAX_REASON, description="what was seen, and where; ledger and audit keep it")
