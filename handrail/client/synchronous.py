"""The synchronous client of the HTTP API."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Self

import httpx

from handrail.client import calls
from handrail.client.calls import Given, HttpCall
from handrail.domain.actions.approvals import Approval, DecisionKind
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.unsettled import UnsettledEffect
from handrail.domain.autonomy.controls import Control
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.ratings import RateCase, RatingReceipt
from handrail.domain.http.batches import BatchResult
from handrail.domain.http.cases import (
    CaseDetails,
    CaseSummary,
    CustomersMessage,
    CustomerToken,
    MessageEdit,
    NewCase,
    NewMessage,
    TokenRequest,
)
from handrail.domain.http.customers import MergeBody, UndoMergeBody
from handrail.domain.http.effects import SettleBody
from handrail.domain.http.people import (
    ClaimBody,
    ClearBody,
    ControlBody,
    DecisionBody,
    HandBackBody,
    QueuePage,
    RecuseBody,
    ReplyBody,
    ResolveBody,
)
from handrail.domain.personal.kin import CustomerKin
from handrail.domain.team.commands import Receipt

TIMEOUT = 45.0
"""Longer than the server ever waits for a reply."""


class Handrail:
    """A synchronous client; use it as a context. `key` is an API key or a token.

    Every method raises the contract's errors (`InvalidInput`, `UnknownCase`, `ApprovalRefused`, …), and
    `httpx.TransportError` where nothing answers. What may safely be sent again is sent again for a while. A method's `key` is
    an idempotency key of one's own, which survives the program.
    """

    def __init__(self, address: str, key: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(
            base_url=address, headers={"authorization": f"Bearer {key}"}, timeout=TIMEOUT, transport=transport
        )

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self._http.close()

    def open_case(
        self,
        customer_id: str | None,
        text: str,
        *,
        case_id: str | None = None,
        key: str | None = None,
        wait: float = 5.0,
        channel: str = "api",
        address: str | None = None,
    ) -> CaseSummary:
        """Open a case and wait for the reply, up to `wait` seconds. A customer's token goes without `customer_id`."""
        body = NewCase(customer_id=customer_id, text=text, case_id=case_id, channel=channel, address=address)
        return self._sent(calls.open_case(body, key, wait))

    def say(
        self,
        case_id: str,
        text: str,
        *,
        key: str | None = None,
        wait: float = 5.0,
        channel: str = "api",
        address: str | None = None,
        answers: str | None = None,
    ) -> CaseSummary:
        """Pass on another message of the customer's and wait for the reply; `answers` names a button's question."""
        body = NewMessage(text=text, channel=channel, address=address, answers=answers)
        return self._sent(calls.say(case_id, body, key, wait))

    def edit_message(
        self, case_id: str, message_id: str, text: str, *, edited_at: datetime | None = None, key: str | None = None
    ) -> Receipt:
        """Pass on that the customer edited a message; of two edits the one with the later `edited_at` stands."""
        body = MessageEdit(text=text, edited_at=edited_at)
        return self._sent(calls.edit_message(case_id, message_id, body, key))

    def withdraw_message(self, case_id: str, message_id: str, *, key: str | None = None) -> Receipt:
        """Pass on that the customer deleted a message."""
        return self._sent(calls.withdraw_message(case_id, message_id, key))

    def case(self, case_id: str) -> CaseDetails:
        """Look at a case."""
        return self._sent(calls.case(case_id))

    def messages(self, case_id: str) -> list[CustomersMessage]:
        """Read what was said, oldest first."""
        return (self._sent(calls.transcript(case_id))).messages

    def cases(
        self, *, status: str | None = None, topic: str | None = None, customer_id: str | None = None
    ) -> Iterator[CaseSummary]:
        """Yield every case that fits, the last opened first, page by page."""
        cursor: str | None = None
        while True:
            wanted = {"status": status, "topic": topic, "customer_id": customer_id, "cursor": cursor}
            page = self._sent(calls.cases(wanted))
            yield from page.cases
            cursor = page.next_cursor
            if cursor is None:
                return

    def decide(
        self,
        approval: Approval,
        decision: DecisionKind,
        *,
        arguments: dict[str, Any] | None = None,
        answer: str | None = None,
        note: str | None = None,
        key: str | None = None,
    ) -> Approval:
        """Decide exactly the approval that was seen, as whom the key stands for."""
        body = DecisionBody(decision=decision, arguments=arguments, answer=answer, note=note)
        return self._sent(calls.decide(approval, body, key))

    def approve_together(
        self, approvals: Sequence[Approval], *, note: str | None = None, key: str | None = None
    ) -> BatchResult:
        """Approve several of one tool, each exactly as it was seen; the result says of each what became of it."""
        return self._sent(calls.approve_together(approvals, note, key))

    def unsettled_effects(self, case_id: str) -> list[UnsettledEffect]:
        """List the case's effects of which nobody knows whether they were made, the oldest first."""
        return (self._sent(calls.unsettled(case_id))).unsettled

    def settle_effect(self, case_id: str, effect_id: str, *, made: bool, note: str, key: str | None = None) -> EffectResult:
        """Say, as whom the key stands for, what was found in the system that makes the effect; it stands ever after."""
        return self._sent(calls.settle(case_id, effect_id, SettleBody(made=made, note=note), key))

    def claim(self, case_id: str, *, instead_of: str | None = None, key: str | None = None) -> Receipt:
        """Take a case that waits for a person; `instead_of` names who has it and lets it go."""
        return self._sent(calls.act(case_id, "claim", ClaimBody(instead_of=instead_of), key))

    def release(self, case_id: str, *, key: str | None = None) -> Receipt:
        """Put one's case back into its queue."""
        return self._sent(calls.act(case_id, "release", None, key))

    def recuse(self, case_id: str, reason: str, *, key: str | None = None) -> Receipt:
        """Leave a case to others that one should not decide; from then on one neither decides nor reads it."""
        return self._sent(calls.act(case_id, "recuse", RecuseBody(reason=reason), key))

    def reply(self, case_id: str, text: str, *, key: str | None = None) -> Receipt:
        """Answer the customer as a person."""
        return self._sent(calls.act(case_id, "reply", ReplyBody(text=text), key))

    def hand_back(self, case_id: str, note: str, *, topic: str | None = None, key: str | None = None) -> Receipt:
        """Give the case back to the agent with what was found out."""
        return self._sent(calls.act(case_id, "hand_back", HandBackBody(note=note, topic=topic), key))

    def resolve(self, case_id: str, *, note: str | None = None, reply: str | None = None, key: str | None = None) -> Receipt:
        """End the case as a person."""
        return self._sent(calls.act(case_id, "resolve", ResolveBody(note=note, reply=reply), key))

    def rate(self, case_id: str, rating: RateCase, *, key: str | None = None) -> RatingReceipt:
        """Pass on the customer's rating."""
        return self._sent(calls.rate(case_id, rating, key))

    def queue(self, name: str | None = None, *, limit: int = 50) -> QueuePage:
        """Look at what waits for people, in the order in which it is handed out; of one queue, or of all."""
        return self._sent(calls.queue(name, limit))

    def controls(self) -> list[Control]:
        """Read the controls in force, the oldest first."""
        return (self._sent(calls.controls())).controls

    def set_control(self, scope: str, level: Autonomy, reason: str, *, minutes: int | None = None) -> Control:
        """Set a level as whom the key stands for; `off` on `global` is the kill switch. Sent once: see `controls` for it."""
        return self._sent(calls.set_control(ControlBody(scope=scope, level=level, reason=reason, minutes=minutes)))

    def clear_controls(self, scope: str, reason: str) -> list[Control]:
        """Lift what is set on a scope, by whomever; return what was lifted. Sent once: see `controls` for what is left."""
        return (self._sent(calls.clear_controls(ClearBody(scope=scope, reason=reason)))).controls

    def token(self, customer_id: str, *, minutes: int = 15) -> CustomerToken:
        """Mint a token for one customer's own browser."""
        return self._sent(calls.token(TokenRequest(customer_id=customer_id, minutes=minutes)))

    def kin(self, customer_id: str) -> CustomerKin:
        """Read which ids are one person."""
        return self._sent(calls.kin(customer_id))

    def merge_customer(self, customer_id: str, into: str, reason: str) -> CustomerKin:
        """Say that an id is the same person as another; from then on both count as one."""
        return self._sent(calls.merge(customer_id, MergeBody(into=into, reason=reason)))

    def undo_merge(self, customer_id: str, reason: str) -> CustomerKin:
        """Part an id from the one that it was merged into; from then on each counts for itself."""
        return self._sent(calls.undo_merge(customer_id, UndoMergeBody(reason=reason)))

    def _sent(self, call: HttpCall[Given]) -> Given:
        tried = 0
        while True:
            tried += 1
            answer: httpx.Response | None = None
            try:
                answer = self._http.request(**call.request)
            except httpx.TransportError:
                pause = call.again(None, tried)
                if pause is None:
                    raise
            else:
                pause = call.again(answer, tried)
                if pause is None:
                    return call.read(answer)
            time.sleep(pause)
