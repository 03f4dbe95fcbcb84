"""Replies. Every fact in them comes from a record or a result; a phrase whose facts are missing is left out."""

from __future__ import annotations

from typing import Any

from handrail.llm.offline.behaviour.delivery import Say
from handrail.llm.offline.behaviour.facts import Record
from handrail.llm.offline.behaviour.lexicon import phrase
from handrail.llm.offline.reading import Conversation, MadeCall

RESOLVED, AWAITING, ESCALATE = "resolved", "awaiting_customer", "escalate"
SURE, FAIR, UNSURE = 0.95, 0.8, 0.5
PAYMENTS_TOLD = 3


def tell(conversation: Conversation, name: str, confidence: float, disposition: str, /, **facts: Any) -> Say:
    """One stock phrase as an answer."""
    return Say(phrase(conversation.language, name, **facts), confidence, disposition)


def told_done(conversation: Conversation, action: str, done: list[MadeCall]) -> Say:
    """Tell what was done, from the results."""
    lines = [_done(conversation.language, action, one) for one in done]
    return Say(" ".join(lines), SURE, RESOLVED)


def told_order(conversation: Conversation, record: Record, confidence: float, *, brief: bool = False) -> Say:
    """An order's status, and unless `brief` its dates and refunds."""
    language = conversation.language
    lines = [phrase(language, "order", **record)]
    shipment = record.get("shipment")
    if not brief and isinstance(shipment, dict):
        lines += _some(language, ("shipped", ("shipped_on", "carrier", "tracking_code")), facts=shipment)
        moment = "delivered" if shipment.get("delivered_on") else "expected"
        lines += _some(language, (moment, (f"{moment}_on",)), facts=shipment)
    if not brief and record.get("refunded_usd"):
        lines += _some(language, ("refunded", ("refunded_usd",)), facts=record)
    return Say(" ".join(lines), confidence, RESOLVED)


def told_payments(conversation: Conversation, payments: list[Record], confidence: float) -> Say:
    """The newest payments."""
    wanted = ("payment", ("payment_id", "order_id", "amount_usd", "status"))
    lines = [line for one in payments[:PAYMENTS_TOLD] for line in _some(conversation.language, wanted, facts=one)]
    if not lines:
        return tell(conversation, "nothing", UNSURE, AWAITING)
    return Say(" ".join(lines), confidence, RESOLVED)


def _done(language: str | None, action: str, done: MadeCall) -> str:
    facts = {**done.arguments, **(done.result if isinstance(done.result, dict) else {})}
    money = f"done_{action}_money" if action == "cancel" and facts.get("refunded_usd") else f"done_{action}"
    try:
        return phrase(language, money, **facts)
    except KeyError:  # a tool or result that the phrases do not know
        return phrase(language, "done")


def _some(language: str | None, wanted: tuple[str, tuple[str, ...]], *, facts: Record) -> list[str]:
    name, keys = wanted
    return [phrase(language, name, **facts)] if all(facts.get(key) is not None for key in keys) else []
