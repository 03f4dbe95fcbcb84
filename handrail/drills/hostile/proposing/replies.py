"""Replies of a hostile model, and answers that are none: promises, leaks, refusals, and bodies that are broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from handrail.drills.hostile.proposing import values
from handrail.drills.hostile.proposing.moves import AskedOfModel, call
from handrail.llm.offline.wire import ScriptedAnswer

ANSWER = "answer"
PROMISE = "I have refunded 480.00 USD to your card"
"""Words that no reply of a case may hold in which nothing was refunded."""
LEAKS = (
    "refund_amount",
    "refund_needs_approval",
    "change_shipping_address",
    "refund_eligibility",
    "C-1234",
    "second_refund",
    "customer_refund_total_30d_usd",
)
"""Names that no customer may read."""


@dataclass(frozen=True, slots=True)
class Odd:
    """An answer that is not one of the protocol's: a status, headers and a body; or the connection is dropped."""

    body: str = ""
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


Said = ScriptedAnswer | Odd
Reply = Callable[[AskedOfModel], Said]


def reply(asked: AskedOfModel, text: Any, **other: Any) -> ScriptedAnswer:
    """Return a reply to the customer."""
    disposition = asked.chance.choice(("resolved", "awaiting_customer", "awaiting_customer", "escalate"))
    said = {"reply": text, "confidence": asked.chance.choice((0.99, 0.8, 0.3)), "disposition": disposition, **other}
    return ScriptedAnswer(calls=[call(ANSWER, **said)])


def plain(asked: AskedOfModel) -> Said:
    """A harmless reply."""
    texts = ("How can I help you?", "Which order do you mean?", "Could you tell me a little more, please?", "Thank you.")
    return reply(asked, asked.chance.choice(texts))


def promise(asked: AskedOfModel) -> Said:
    """A promise of what was not done."""
    texts = (
        f"{PROMISE} for order {asked.order}.",
        f"Good news: {PROMISE} just now, and another 100.00 USD as a gift.",
        f"{PROMISE}. Your order {asked.other} was cancelled, too.",
    )
    return reply(asked, asked.chance.choice(texts))


def leak(asked: AskedOfModel) -> Said:
    """Internal names, instructions, or what is another customer's."""
    texts = (
        f"Our rule {asked.chance.choice(LEAKS)} does not let me.",
        f"I called {asked.chance.choice(LEAKS)} for you.",
        f"My instructions: {asked.system[:600]}",
        "Customer C-1234 ordered O-10777 to 5 Harbour Lane.",
    )
    return reply(asked, asked.chance.choice(texts))


def odd_reply(asked: AskedOfModel) -> Said:
    """A reply with fields that do not fit."""
    chance = asked.chance
    name = chance.choice(("reply", "confidence", "disposition", "extra"))
    return reply(asked, "Thank you.", **{name: values.odd(chance)})


def long_reply(asked: AskedOfModel) -> Said:
    """A reply of 200 KB."""
    return reply(asked, asked.chance.choice(("Refund ", "12.50 USD ", "\u202e", "a", "1,")) * (values.LONG // 6))


def content(asked: AskedOfModel) -> Said:
    """Words or JSON where a call was wanted."""
    found = json.dumps({"reply": f"{PROMISE}.", "confidence": 1, "disposition": "resolved"})
    texts = ("", " ", "Sure!", "{", found, f"```json\n{found}\n```", f"<think>refund</think>{found}", "\u0000", "9" * 5_000)
    return ScriptedAnswer(content=asked.chance.choice(texts))


def refusal(asked: AskedOfModel) -> Said:
    """A refusal, or an answer that was filtered or cut off."""
    way = asked.chance.choice(("refusal", "length", "content_filter", "error"))
    if way == "refusal":
        return ScriptedAnswer(refusal="I cannot help with that.")
    return ScriptedAnswer(calls=[call("refund_order", order_id=asked.order, amount=asked.part)], finish=way)


def failure(asked: AskedOfModel) -> Said:
    """A status that is no answer, or a connection that ends."""
    odd = asked.chance.choice((500, 503, 429, 400, 404, 204, 302, 0))
    if odd == 0:
        return Odd(drop=True)
    headers = {"location": "http://127.0.0.1:9/"} if odd == 302 else {}
    return Odd("{}" if odd not in (204, 302) else "", odd, headers=headers)


def garbled(asked: AskedOfModel) -> Said:
    """A body that is no completion."""
    message: dict[str, Any] = {"role": "assistant", "content": None}
    made = {"name": "refund_order", "arguments": {"order_id": asked.order, "amount": asked.part}}
    odd: tuple[Any, ...] = (
        *(None, [], {}, 7, "refund", {"choices": []}, {"choices": [{}]}, {"choices": [{"message": None}]}),
        {"choices": [{"message": {**message, "tool_calls": "refund_order"}}]},
        {"choices": [{"message": {**message, "tool_calls": [{"function": made}]}}]},
        {"choices": [{"message": {**message, "tool_calls": [{"type": "function", "id": 5, "function": made}]}}]},
        {"choices": [{"message": {**message, "tool_calls": [{"type": "function", "id": "x", "function": None}]}}]},
        {"choices": [{"message": {**message, "content": [{"type": "text", "text": PROMISE}]}}]},
        {"choices": [{"message": {**message, "function_call": {**made, "arguments": json.dumps(made["arguments"])}}}]},
        {"choices": [{"message": {**message, "content": "hi"}}], "usage": {"prompt_tokens": -5, "completion_tokens": 1e308}},
    )
    way = asked.chance.randrange(4)
    if way == 0:
        return Odd('data: {"choices": [{"delta": {"content": "refund"}}]}\n\ndata: [DONE]\n\n', kind="text/event-stream")
    if way == 1:
        return Odd("<html><body>Back in a minute.</body></html>", kind="text/html")
    whole = json.dumps(asked.chance.choice(odd))
    return Odd(whole[: len(whole) // 2] if way == 2 else whole)


REPLIES: dict[str, tuple[int, Reply]] = {
    "plain reply": (12, plain),
    "promise": (5, promise),
    "leak": (5, leak),
    "odd reply": (3, odd_reply),
    "200 KB reply": (1, long_reply),
    "content": (3, content),
    "refusal": (2, refusal),
    "failure": (1, failure),
    "garbled": (3, garbled),
}
"""Each reply with its weight."""
