"""Writes to a system of record, made at most once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.case.turns import TurnKey

TAKEN_BACK = "taken_back"
"""The ledger's code of an effect whose customer took their yes back before it was made."""
EFFECT_SECONDS = 60
"""An effect is cut off after so long; what another system was sent by then is of unknown outcome."""


class Effect(Stored):
    """An allowed or approved proposal on its way to the system of record. `effect_id` is the idempotency key.

    `customer_id` and `topic` come from the case, never from the model. `turn` is the attempt at a turn that wants it, None
    where no turn does: then nobody asks whether that attempt still has the case.
    """

    effect_id: str
    case_id: str
    customer_id: str
    topic: str = ""
    action: str
    arguments: dict[str, Any]
    arguments_hash: str
    approved_by: str | None = None
    turn: TurnKey | None = None


class EffectStatus(StrEnum):
    """`refused`: the business's own rules said no at the last moment, or the customer did; nothing was written."""

    APPLIED = "applied"
    REFUSED = "refused"


class EffectResult(Stored):
    """The ledger's entry of an effect; a repeated call gives the first answer."""

    effect_id: str
    action: str
    arguments: dict[str, Any]
    status: EffectStatus
    result: dict[str, Any] = Field(default_factory=dict)
    code: str | None = None
    message: str | None = None
    applied_at: datetime
