"""Conversations of customers and people with a case: each does what the plan says, and every try is logged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.requests import Receipt
from handrail.domain.errors import HandrailError, Refused
from handrail.drills.chaos.fronts.front import Front
from handrail.drills.chaos.log import Act, Certainty, OperationLog
from handrail.drills.chaos.plan import CustomersAnswer, Finish, PlannedCase, Wish
from handrail.drills.chaos.play.shoppers import Shopper
from handrail.temporal.cases.client import answered, settled

Answer = TypeVar("Answer")
PERSON, DECIDER = "ann", "bob"
"""Two people: nobody approves what they asked for themselves."""
PATIENCE = 180.0
"""Seconds after which nobody tries the same any more, or waits for a case."""
PAUSE, LONG_PAUSE = 0.25, 1.0
ROUNDS = 16
"""So often a case is looked at in a drill, at most."""
EDITED = Decimal("101.00")
ANSWERS = {
    CustomersAnswer.YES: "Yes, please.",
    CustomersAnswer.NO: "No, thank you.",
    CustomersAnswer.RETRACTED: "Yes, please.",
}
RETRACTION = "No, wait!"
FOLLOWING = "Thank you. Is there anything else that I should know?"
REPLY = "I have looked into it and will see to it."


@dataclass
class PlannedConversation:
    """One case from its first message to its rest. `late` says that it did not settle while its people waited.

    `opened` is called once the case is open; messages are named after the case, or after `name`.
    """

    front: Front
    log: OperationLog
    plan: PlannedCase
    shopper: Shopper
    case_id: str
    late: bool = False
    said: int = 0
    handed_back: bool = False
    answers: int = 0
    name: str = ""
    opened: Callable[[], None] = lambda: None
    _steps: int = field(default=0)

    async def hold(self) -> None:
        """Open the case, and go on until everybody has done what they planned."""
        self.said = 1
        first = self.front.recorded(self._message_id(1), self.shopper.first_words)
        receipt = await self.attempt(Act.OPEN, first, self._open)
        if receipt is None:
            self.late = True
            return
        self.opened()
        for _ in range(ROUNDS):
            view = await self.settled(settled)
            if view is None or not await self._go_on(view):
                break
        if self.plan.again:
            await self.attempt(Act.OPEN, first, self._open)

    async def attempt(self, act: Act, key: str, call: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """Try it until an answer comes; each try is an operation of its own. None: it was refused, or nobody answers."""
        deadline, pause = time.monotonic() + PATIENCE, PAUSE
        while time.monotonic() < deadline:
            number = self.log.invoke(self.case_id, act, key)
            try:
                found = await call()
            except Refused as error:
                self.log.end(number, Certainty.FAIL, f"{type(error).__name__}: {error}")
                return None
            except HandrailError as error:
                self.log.end(number, Certainty.UNKNOWN, f"{type(error).__name__}: {error}")
            else:
                self.log.end(number, Certainty.OK)
                return found
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONG_PAUSE)
        return None

    async def settled(self, fits: Callable[[CaseView], bool]) -> CaseView | None:
        """Return the case once it fits; None, and it is `late`, where that takes too long."""
        try:
            return await self.front.wait(self.case_id, until=fits, timeout=PATIENCE)
        except HandrailError:
            self.late = True
            return None

    async def say(self, text: str) -> bool:
        """Send a message and wait until the case has settled after it; say whether it has."""
        receipt = await self._send(text)
        return receipt is None or await self.settled(answered(receipt)) is not None

    async def _go_on(self, view: CaseView) -> bool:
        """Do the next thing; say whether there may be another."""
        if view.status is CaseStatus.AWAITING_APPROVAL:
            return await self._decide(next(one for one in view.approvals if one.status is ApprovalStatus.OPEN))
        if view.status is CaseStatus.WITH_HUMAN:
            return await self._handle()
        if view.status is CaseStatus.CLOSED:
            return False
        if view.confirmation is not None and self.answers < 2:
            return await self._answer()
        if self.said <= self.plan.following:
            return await self.say(FOLLOWING)
        return False

    async def _answer(self) -> bool:
        """Answer as planned; a retraction does not wait for what the yes set going."""
        self.answers += 1
        if self.plan.answer is not CustomersAnswer.RETRACTED:
            return await self.say(ANSWERS[self.plan.answer])
        await self._send(ANSWERS[self.plan.answer])
        return await self.say(RETRACTION)

    async def _decide(self, approval: Approval) -> bool:
        """Decide as planned; an edit lowers the sum, where there is a sum to lower. What was done before is rejected."""
        arguments = approval.request.arguments
        kind = DecisionKind.REJECT if approval.request.repeats else DecisionKind(self.plan.ruling)
        edits = {"amount": str(EDITED)} if "amount" in arguments and Decimal(str(arguments["amount"])) > EDITED else None
        if kind is DecisionKind.EDIT and edits is None:
            kind = DecisionKind.APPROVE
        wanted = DecisionInput(
            decision=kind,
            approval_id=approval.approval_id,
            revision=approval.revision,
            arguments=edits if kind is DecisionKind.EDIT else None,
            reviewer=DECIDER,
        )
        key, once = decision_key(approval.approval_id, approval.revision, kind), self._once("decide")
        await self.attempt(Act.DECIDE, key, lambda: self.front.decide(self.case_id, wanted, once=once))
        return await self._patient()

    async def _handle(self) -> bool:
        """Take the case over, answer where planned, and end it as planned; after one hand-back it is resolved."""
        once = self._once("claim")
        taken = await self.attempt(Act.CLAIM, PERSON, lambda: self.front.claim(self.case_id, PERSON, once=once))
        if taken is None:
            return await self._patient()
        if self.plan.reply:
            message_id = self._once("person")
            await self.attempt(
                Act.REPLY, message_id, lambda: self.front.reply(self.case_id, PERSON, REPLY, message_id=message_id)
            )
        if self.plan.finish is Finish.HAND_BACK and not self.handed_back:
            self.handed_back = True
            once = self._once("back")
            back = await self.attempt(Act.HAND_BACK, PERSON, lambda: self._hand_back(once))
            return back is None or await self.settled(answered(back, handed_back=True)) is not None
        once = self._once("end")
        ended = await self.attempt(Act.RESOLVE, PERSON, lambda: self.front.resolve(self.case_id, PERSON, "done", once=once))
        return ended is None and await self._patient()

    async def _send(self, text: str) -> Receipt | None:
        self.said += 1
        message_id = self._message_id(self.said)
        named = self.front.recorded(message_id, text)
        return await self.attempt(Act.SAY, named, lambda: self.front.say(self.case_id, text, message_id=message_id))

    async def _open(self) -> Receipt:
        words, message_id = self.shopper.first_words, self._message_id(1)
        return await self.front.open_case(self.case_id, self.shopper.customer_id, words, message_id=message_id)

    async def _hand_back(self, once: str) -> Receipt:
        topic, note = "order_status" if self.plan.wish is Wish.PERSON else None, "I have looked into it; please go on."
        return await self.front.hand_back(self.case_id, PERSON, note, topic, once=once)

    async def _patient(self) -> bool:
        """Let what keeps a decision or a claim out, such as a switch, be over."""
        await asyncio.sleep(LONG_PAUSE)
        return True

    def _message_id(self, number: int) -> str:
        return f"{self.name or self.case_id}-{number}"

    def _once(self, what: str) -> str:
        """Return a key for the next thing that somebody does, whatever the number of its tries."""
        self._steps += 1
        return f"{self.name or self.case_id}-{what}-{self._steps}"


def decision_key(approval_id: str, revision: int, kind: str) -> str:
    """Return what names a decision in the log and in the record alike."""
    return f"{approval_id} r{revision} {kind}"
