"""Effects that were made, and records of them, for replies to tell."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from handrail.domain.actions.effects import EffectResult, EffectStatus

ORDERS = {
    "A": "O-10021",
    "B": "O-10022",
    "C": "O-10023",
    "D": "O-10031",
    "E": "O-10032",
    "F": "O-10041",
    "G": "O-10042",
    "X": "O-10050",
}
TOTALS = {"A": 120.0, "B": 35.5, "C": 20.0, "D": 64.0, "E": 20.0, "F": 18.0, "G": 19.0, "X": 90.0}


def effect(action: str, arguments: dict[str, Any], result: dict[str, Any], number: int = 1) -> EffectResult:
    return EffectResult(
        effect_id=f"e-{action}-{number}",
        action=action,
        arguments=arguments,
        status=EffectStatus.APPLIED,
        result=result,
        applied_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


def refund(order: str, amount: str, left: str = "0.00") -> EffectResult:
    done = {"refund_id": f"R-{order[2:]}", "order_id": order, "refunded_usd": float(amount), "left_usd": float(left)}
    return effect("refund_order", {"order_id": order, "amount": float(amount), "reason": "late"}, done, int(order[2:]))


def cancel(order: str) -> EffectResult:
    return effect("cancel_order", {"order_id": order}, {"order_id": order, "status": "cancelled", "refunded_usd": 0.0})


def address(order: str) -> EffectResult:
    given = {"order_id": order, "street": "Mill Row 12", "postal_code": "10115", "city": "Berlin"}
    return effect("change_shipping_address", given, {"order_id": order, "ships_to": "Mill Row 12, 10115 Berlin"})


def order(name: str, **more: Any) -> dict[str, Any]:
    return {"order_id": ORDERS[name], "status": "delivered", "total_usd": TOTALS[name], "refunded_usd": 0.0, **more}


EFFECTS = [
    refund(ORDERS["A"], "20.00", "100.00"),
    refund(ORDERS["B"], "35.50"),
    cancel(ORDERS["D"]),
    address(ORDERS["F"]),
]
FACTS = [
    {"orders": [order(name) for name in "ABCDEFG"] + [order("X", status="cancelled", cancelled_on="2026-09-01")]},
]


def named(text: str) -> str:
    """The sentence with the orders' numbers for their letters."""
    return re.sub(r"(?<!\w)([A-GX])(?!\w|'(?!s\b))", lambda match: ORDERS[match[1]], text)
