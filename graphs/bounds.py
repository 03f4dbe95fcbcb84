"""How much a turn may hold: every node's input and result is written to history, and the server ends a case whose is too long.

Sizes are bytes of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from handrail.domain.agent import Exchange, ModelAnswer
from handrail.domain.handoffs import Escalation

CALLS_AT_ONCE = 10
ANSWER_BYTES = 32_000
RESULT_BYTES = 20_000
TURN_BYTES = 100_000
LEFT_OUT = "left_out"


def size(value: Any) -> int:
    """Bytes of `value` as JSON."""
    return len(json.dumps(value, default=str, ensure_ascii=False).encode(errors="surrogatepass"))


def fitted(value: dict[str, Any], limit: int = RESULT_BYTES) -> dict[str, Any]:
    """A tool's result, the ends of its longest lists left out until it fits; what was left out is said in it."""
    if size(value) <= limit:
        return value
    kept: dict[str, Any] = json.loads(json.dumps(value, default=str))
    kept[LEFT_OUT] = f"The result has {size(value):,} bytes; the ends of long lists are left out. Ask for less to see them."
    longest = max(map(len, lists(kept)), default=0)
    while size(kept) > limit:
        if not longest:
            return {LEFT_OUT: f"The result has {size(value):,} bytes, at most {limit:,} can be shown. Ask for less."}
        longest //= 2
        for one in list(lists(kept)):
            del one[longest:]
    return kept


def lists(value: Any) -> Iterator[list[Any]]:
    """Every list within, at any depth."""
    if isinstance(value, list):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lists(one)


def too_much(answer: ModelAnswer) -> Escalation | None:
    """The bound that one answer of the model breaks."""
    if len(answer.calls) > CALLS_AT_ONCE:
        return Escalation(
            reason="bounds", words=f"The agent asked for {len(answer.calls):,} calls at once, the bound is {CALLS_AT_ONCE}."
        )
    weight = size(answer.model_dump(mode="json", include={"calls", "reply"}))
    if weight > ANSWER_BYTES:
        return Escalation(
            reason="bounds", words=f"The agent's answer has {weight:,} bytes, the bound of one answer is {ANSWER_BYTES:,}."
        )
    return None


def too_long(exchanges: Sequence[Exchange]) -> Escalation | None:
    """The bound that what was called in one turn breaks, together with its results."""
    weight = size([one.model_dump(mode="json") for one in exchanges])
    if weight <= TURN_BYTES:
        return None
    return Escalation(
        reason="bounds", words=f"The agent's calls came to {weight:,} bytes in a turn, the bound is {TURN_BYTES:,}."
    )
