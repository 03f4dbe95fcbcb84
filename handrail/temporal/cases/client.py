"""The Python client: what a backend, the command line and the tests use to talk to cases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar
from uuid import uuid4

from pydantic import BaseModel, ValidationError
from temporalio.service import RPCError

from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionInput
from handrail.domain.case.cases import CaseView
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import IncomingMessage, Message, check_message
from handrail.domain.case.ratings import RateCase, RatingReceipt
from handrail.domain.case.reconciling import EFFECT_LOST
from handrail.domain.case.requests import CaseStatus, Receipt
from handrail.domain.errors import HandrailError, InvalidInput
from handrail.domain.team.commands import ClaimCase, HandBack, PersonReply, Recuse, Release, ResolveCase
from handrail.temporal.cases.changing import ChangingClient
from handrail.temporal.cases.executions import execution
from handrail.temporal.cases.updates import workflow_id
from handrail.temporal.connect import Unreachable

Sent = TypeVar("Sent", bound=BaseModel)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0


class TimedOut(HandrailError):
    """The awaited state did not come in time; the case goes on."""


def made(kind: type[Sent], **fields: object) -> Sent:
    """The model of what a person sends.

    Raises:
        InvalidInput: a field is empty or too long.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}.") from error


def settled(view: CaseView) -> bool:
    """The case waits for somebody, or is over. One whose approval was just decided has still to act on it."""
    if view.status is CaseStatus.AWAITING_APPROVAL:
        return any(one.status is ApprovalStatus.OPEN for one in view.approvals)
    return view.status is not CaseStatus.WORKING


def answered(receipt: Receipt, *, handed_back: bool = False) -> Callable[[CaseView], bool]:
    """Settled after what the receipt is for: where it begins another turn, settled after that one."""
    waited = receipt.status in (CaseStatus.RESOLVED, CaseStatus.AWAITING_CUSTOMER)
    turn = receipt.turn + 1 if handed_back or (waited and not receipt.duplicate) else receipt.turn
    return lambda view: view.turn >= turn and settled(view)


class CaseClient(ChangingClient):
    """Cases over a Temporal connection. Every call may be repeated: ids make it count once."""

    async def _at_work(self, case_id: str) -> bool:
        """Return whether the server lists the case as worked on: no worker is asked for that."""
        try:
            found = await execution(self._client, workflow_id(case_id))
        except RPCError:
            return False
        return found.open and found.status == CaseStatus.WORKING

    async def say(self, case_id: str, text: str, *, message_id: str | None = None, answers: str | None = None) -> Receipt:
        """Pass on a customer's message; the same `message_id` is taken once, and `answers` is the one question it is for.

        Raises:
            InvalidInput, UnknownCase, IllegalTransition, Unreachable.
        """
        named = message_id or f"say-{uuid4().hex}"
        message = check_message(IncomingMessage(message_id=named, text=text, answers=answers))
        return await self._courier.message(case_id, message, Receipt, f"message-{uuid4().hex}")

    async def decide(self, case_id: str, decision: DecisionInput) -> Approval:
        """Decide an approval.

        `approve` and `edit` name the `approval_id` and the `revision` that the person saw. They are never looked up here:
        what is open now may not be what was on the person's screen.

        Raises:
            ApprovalRefused: the decision does not fit what is open, or does not say what was seen.
            UnknownCase, Unreachable.
        """
        return await self._courier.update(case_id, "decide", decision, Approval, f"decide-{uuid4().hex}")

    async def claim(self, case_id: str, reviewer: str, *, instead_of: str | None = None) -> Receipt:
        """Take a case that waits for a person, or over from `instead_of`. Raises: Refused, UnknownCase, Unreachable."""
        claim = made(ClaimCase, reviewer=reviewer, instead_of=instead_of)
        return await self._courier.update(case_id, "claim", claim, Receipt, f"claim-{uuid4().hex}")

    async def release(self, case_id: str, reviewer: str) -> Receipt:
        """Put one's case back into its queue. Raises: Refused, UnknownCase, Unreachable."""
        return await self._courier.update(
            case_id, "release", made(Release, reviewer=reviewer), Receipt, f"release-{uuid4().hex}"
        )

    async def recuse(self, case_id: str, reviewer: str, reason: str) -> Receipt:
        """Take no part in a case that this person should not decide. Raises: Refused, UnknownCase, Unreachable."""
        recuse = made(Recuse, reviewer=reviewer, reason=reason)
        return await self._courier.update(case_id, "recuse", recuse, Receipt, f"recuse-{uuid4().hex}")

    async def reply(self, case_id: str, reviewer: str, text: str, *, message_id: str | None = None) -> Receipt:
        """Answer the customer as a person; the same `message_id` is taken once. Raises: Refused, UnknownCase, Unreachable."""
        reply = made(PersonReply, reviewer=reviewer, text=text, message_id=message_id or f"reply-{uuid4().hex}")
        return await self._courier.update(case_id, "reply", reply, Receipt, f"reply-{uuid4().hex}")

    async def hand_back(self, case_id: str, reviewer: str, note: str, *, topic: str | None = None) -> Receipt:
        """Give the case back to the agent with what was found out, and with what it is about where that was not clear.

        Raises:
            Refused, UnknownCase, Unreachable.
        """
        back = made(HandBack, reviewer=reviewer, note=note, topic=topic)
        return await self._courier.update(case_id, "hand_back", back, Receipt, f"hand-back-{uuid4().hex}")

    async def resolve(self, case_id: str, reviewer: str, *, note: str | None = None, reply: str | None = None) -> Receipt:
        """End the case as a person. Raises: Refused, UnknownCase, Unreachable."""
        end = made(ResolveCase, reviewer=reviewer, note=note, reply=reply)
        return await self._courier.update(case_id, "resolve", end, Receipt, f"resolve-{uuid4().hex}")

    async def rate(self, case_id: str, rating: RateCase) -> RatingReceipt:
        """Pass on the customer's rating of a case that is not closed. Raises: UnknownCase, IllegalTransition, Unreachable."""
        return await self._courier.update(case_id, "rate", rating, RatingReceipt, f"rate-{uuid4().hex}")

    async def close(self, case_id: str) -> None:
        """End the case now, without a word to the customer. Raises: UnknownCase, IllegalTransition."""
        await self._courier.tell(case_id, "close_case", {})

    async def request_human(self, case_id: str, note: str = "") -> None:
        """Ask for a person on the customer's behalf; durable even while no worker runs."""
        await self._courier.tell(case_id, "request_human", {"note": note} if note else {})

    async def give_to_person(self, case_id: str, words: str) -> None:
        """Have a person take the case, whose ledger lost an effect. Raises: UnknownCase, IllegalTransition."""
        await self._courier.tell(case_id, "request_human", {"reason": EFFECT_LOST, "note": words})

    async def transcript(self, case_id: str) -> list[Message]:
        """The latest messages, oldest first; PostgreSQL has them all. Raises: UnknownCase, Unreachable."""
        return await self._courier.ask(case_id, "transcript", list[Message])

    async def handoff(self, case_id: str) -> Handoff | None:
        """The packet of a case that is with people. Raises: UnknownCase, Unreachable."""
        answer: type[Handoff | None] = Handoff | None  # type: ignore[assignment]
        return await self._courier.ask(case_id, "handoff", answer)

    async def wait(self, case_id: str, *, until: Callable[[CaseView], bool] = settled, timeout: float = 60.0) -> CaseView:
        """The case as soon as `until` holds; by default when nobody is working on it. `timeout` is in seconds.

        Raises:
            TimedOut: it did not happen in time; names the status at the end.
            UnknownCase.
            Unreachable: in all that time nothing answered.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        pause, view = _FIRST_PAUSE, None
        while True:
            left = deadline - asyncio.get_running_loop().time()
            try:
                if until is settled and left > 0 and await self._at_work(case_id):
                    await asyncio.sleep(min(pause, left))
                    pause = min(pause * 1.5, _LONGEST_PAUSE)
                    continue
                view = await self.status(case_id)
            except Unreachable:
                # A busy machine answers late, and workers are deployed anew: one silence is no end of the waiting.
                if left <= 0 and view is None:
                    raise
            else:
                if until(view):
                    return view
            if left <= 0 and view is not None:
                raise TimedOut(f"Case {case_id} is still {view.status} after {timeout:g} s. It goes on; look again later.")
            await asyncio.sleep(max(0.0, min(pause, left)))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
