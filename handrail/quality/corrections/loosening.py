"""Finds corrections that loosen: more was done than the agent proposed, or what had been refused. Two people accept them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.policy.policies import plain
from handrail.domain.quality.evaluation.corrections import CorrectionKind
from handrail.domain.text.figures.mentions import mentions
from handrail.domain.text.plain import clean

EXPLAINS = frozenset(["reason", "note", "notes", "comment", "explanation", "message", "words"])
"""Arguments that say why, and change nothing of what is done."""
REFUSED = frozenset(("policy_block", "guardrail", "approval_rejected", "customer_unsure", "bounds"))
"""Reasons for which the agent was not let go on."""
_AMOUNT = re.compile(r"[-+]?\d+(?:\.\d+)?")


def loosening(
    kind: CorrectionKind, action: str, reason: str, proposed: Mapping[str, Any] | None, done: Mapping[str, Any] | None
) -> str:
    """Return why the correction loosens, in words; empty where it does not."""
    if kind in (CorrectionKind.TAKEOVER, CorrectionKind.HAND_BACK) and reason in REFUSED and (done is not None):
        return f"A person did what the agent was refused ({reason})."
    if kind is CorrectionKind.REJECTION or done is None:
        return ""
    if action == SEND_REPLY:
        return _promises_more(str((proposed or {}).get("text", "")), str(done.get("text", "")))
    changed = [name for name, value in done.items() if (proposed or {}).get(name) != value and name not in EXPLAINS]
    larger = [name for name in changed if not _smaller((proposed or {}).get(name), done[name])]
    return f"More or something else was done than proposed: {', '.join(sorted(larger))}." if larger else ""


def _smaller(before: Any, after: Any) -> bool:
    """Return whether a number went down; what is no number cannot be told, and counts as more."""
    numbers = _number(before), _number(after)
    if numbers[0] is None or numbers[1] is None:
        return False
    return abs(numbers[1]) <= abs(numbers[0])


def _number(value: Any) -> Decimal | None:
    if isinstance(value, str):
        return Decimal(value.strip()) if _AMOUNT.fullmatch(value.strip()) else None
    try:
        found = plain(value)
    except ValueError:
        return None
    return found if isinstance(found, Decimal) else None


def _promises_more(proposed: str, done: str) -> str:
    """Return that the person's words hold an amount above every one of the agent's."""
    before, after = _amounts(proposed), _amounts(done)
    if after and max(after) > max(before, default=Decimal(0)):
        return f"The person's reply names {max(after)}, more than the agent's."
    return ""


def _amounts(text: str) -> list[Decimal]:
    return [value for mention in mentions(clean(text)) if mention.kind == "amount" for value in mention.readings]
