"""Playing one case on a lane, as customer, model and approver at once, and looking at what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from handrail.conformance.differences import differences
from handrail.conformance.lane import Lane
from handrail.conformance.plays import Play, PlayedCall, PlayedTurn, Suite, play_clock
from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionInput, DecisionKind
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.errors import HandrailError
from handrail.domain.team.commands import Receipt
from handrail.temporal.client import answered

PATIENCE_SECONDS = 120.0
ASKS = "What else can I look at for you?"
THANKS = "Thank you for writing to us."
HANDS_OVER = "A colleague takes over from here."
RETURNED = "The customer would like to go on with something else."


class Came(StrEnum):
    """The outcome of a play. A task that stands as it is should come out `equal`, one made worse `refused` or `held`."""

    EQUAL = "equal"
    REFUSED = "refused"
    HELD = "held"
    APPLIED = "applied"
    DIFFERENT = "different"


@dataclass(slots=True)
class Result:
    """One play with what came of it, why it is not what it should be, and then what the worker logged meanwhile."""

    play: Play
    came: Came
    words: str = ""
    seconds: float = 0.0
    log: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """True if the play came out as it should."""
        wanted = (Came.REFUSED, Came.HELD) if self.play.kind else (Came.EQUAL,)
        return self.came in wanted and not self.words


@dataclass(slots=True)
class CasePlay:
    """One case under way: what may still be approved, what was held, and where the case left the agent."""

    lane: Lane
    play: Play
    case_id: str
    approver: str
    colleague: str
    ahead: list[PlayedCall] = field(default_factory=list)
    held: bool = False
    played: int = 0
    left: str = ""

    async def run(self) -> None:
        """Turn by turn, until the play is over or the case has left the agent."""
        self.ahead = self.play.calls
        last = len(self.play.turns) - 1
        for number, turn in enumerate(self.play.turns):
            await self.lane.model.script(behaviours(turn, last=number == last))
            view = await self._settled(await self._heard(number, turn), number)
            open_calls = await self.lane.model.left() - 1
            self.played += len(turn.calls) - open_calls
            gone = view.status is CaseStatus.WITH_HUMAN and not turn.hands_over
            if gone or open_calls:
                self.left = f"{view.status}, {view.reason or 'no reason'}: after {self.played} of {len(self.play.calls)} calls"
                return
            if turn.hands_over and number != last:
                await self._handed_back()

    async def _heard(self, number: int, turn: PlayedTurn) -> Receipt:
        if number == 0:
            return await self.lane.cases.open_case(self.case_id, self.play.customer_id, turn.message, channel="conformance")
        return await self.lane.cases.say(self.case_id, turn.message)

    async def _handed_back(self) -> None:
        await self.lane.model.script([reply(ASKS, "awaiting_customer")])
        receipt = await self.lane.cases.hand_back(self.case_id, self.colleague, RETURNED)
        await self.lane.cases.wait(self.case_id, until=answered(receipt, handed_back=True), timeout=PATIENCE_SECONDS)

    async def _settled(self, receipt: Receipt, number: int) -> CaseView:
        """The case after the turn, with everything decided that was asked on the way."""
        until = answered(receipt)
        while True:
            view = await self.lane.cases.wait(self.case_id, until=until, timeout=PATIENCE_SECONDS)
            asked = next((one for one in view.approvals if one.status is ApprovalStatus.OPEN), None)
            if view.status is not CaseStatus.AWAITING_APPROVAL or asked is None:
                return view
            await self._decide(asked)

    async def _decide(self, asked: Approval) -> None:
        """Yes to what the play expects; never to the call that was changed for the worse, nor to anything else."""
        request = asked.request
        about = next((n for n, call in enumerate(self.ahead) if call.made(request.action, request.arguments)), None)
        granted = about is not None and not self.ahead[about].worse
        if about is not None:
            self.held = self.held or self.ahead[about].worse
            del self.ahead[: about + 1]
        decision = DecisionInput(
            decision=DecisionKind.APPROVE if granted else DecisionKind.REJECT,
            approval_id=asked.approval_id,
            revision=asked.revision,
            reviewer=self.approver,
        )
        await self.lane.cases.decide(self.case_id, decision)


def behaviours(turn: PlayedTurn, *, last: bool) -> list[dict[str, Any]]:
    """Script the model's answers, request by request: every call by itself, then the reply."""
    calls = [{"calls": [{"tool": call.tool, "arguments": dict(call.arguments)}]} for call in turn.calls]
    if turn.hands_over:
        return [*calls, reply(HANDS_OVER, "escalate")]
    return [*calls, reply(THANKS, "resolved") if last else reply(ASKS, "awaiting_customer")]


def reply(text: str, disposition: str) -> dict[str, Any]:
    """A behaviour that answers the customer."""
    return {"reply": text, "disposition": disposition}


async def perform(lane: Lane, suite: Suite, play: Play, case_id: str) -> Result:
    """Play on a fresh copy of the data and compare. What cannot be played to its end is a failure of that play."""
    began, (logged, _) = time.monotonic(), lane.logged()
    try:
        await lane.postgres.renew()
        lane.clock.start(play_clock(suite, play))
        performance = CasePlay(lane, play, case_id, *suite.people)
        await performance.run()
        came, words = judge(performance, suite, await lane.ledger(case_id), await lane.read(suite.state))
        await lane.ended(case_id)
    except HandrailError as error:
        came, words = Came.DIFFERENT, f"could not be played: {error}"
    result = Result(play, came, words, time.monotonic() - began)
    if not result.good:
        result.log = lane.logged(logged)[1]
    return result


def judge(performance: CasePlay, suite: Suite, ledger: list[EffectResult], state: Any) -> tuple[Came, str]:
    """Judge the play: its outcome, and the words for what should not have happened."""
    calls = performance.play.calls
    good = [call for call in calls if not call.worse]
    if len(good) == len(calls):
        return plain(performance, differences(suite.expected(good), state))
    worse = next(number for number, call in enumerate(calls) if call.worse)
    if applied(calls[worse], good, ledger):
        return Came.APPLIED, f"{calls[worse].tool} was applied"
    if performance.played <= worse:
        return Came.DIFFERENT, f"the worse call was never made: {performance.left}"
    done = good if not performance.left else [call for call in calls[: performance.played] if not call.worse]
    found = differences(suite.expected(done), state)
    if found:
        return Came.APPLIED, f"the database differs: {'; '.join(found)}"
    return (Came.HELD if performance.held else Came.REFUSED), ""


def plain(performance: CasePlay, found: list[str]) -> tuple[Came, str]:
    """The verdict on a task that stands as it is."""
    if performance.left:
        return Came.DIFFERENT, f"the case left the agent: {performance.left}"
    return (Came.DIFFERENT, f"the database differs: {'; '.join(found)}") if found else (Came.EQUAL, "")


def applied(worse: PlayedCall, good: list[PlayedCall], ledger: list[EffectResult]) -> bool:
    """Return whether the ledger holds the worse call as done, more often than the play's other calls account for."""
    done = sum(worse.made(one.action, one.arguments) for one in ledger if one.status is EffectStatus.APPLIED)
    return done > sum(worse.made(call.tool, call.arguments) for call in good)
