"""Playing one case on a lane, as customer, model and approver at once, and looking at what came of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from handrail.conformance.differences import differences
from handrail.conformance.lane import Lane
from handrail.conformance.plays import CUSTOMER, PERSON, Play, PlayedCall, PlayedTurn, Suite, play_clock
from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionInput, DecisionKind
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.errors import HandrailError
from handrail.domain.team.commands import Receipt
from handrail.domain.text.packs import packs
from handrail.temporal.cases.client import answered

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
    why: str = ""
    asked: dict[int, set[str]] = field(default_factory=dict)
    """Who was asked about the call in that place of the play."""

    async def run(self) -> None:
        """Turn by turn, until the play is over or the case has left the agent."""
        self.ahead = self.play.calls
        last = len(self.play.turns) - 1
        for number, turn in enumerate(self.play.turns):
            await self.lane.model.script(behaviours(turn, last=number == last), self.case_id)
            view = await self._settled(await self._heard(number, turn), number)
            open_calls = await self.lane.model.left() - 1
            self.played += len(turn.calls) - open_calls
            gone = view.status is CaseStatus.WITH_HUMAN and not turn.hands_over
            if gone or open_calls:
                after = f"after {self.played} of {len(self.play.calls)} calls"
                self.left = f"{view.status}, {view.reason or 'no reason'}: {after}"
                self.why = await self.lane.why(self.case_id) if view.status is CaseStatus.WITH_HUMAN else ""
                return
            if turn.hands_over and number != last:
                await self._handed_back()

    async def _heard(self, number: int, turn: PlayedTurn) -> Receipt:
        if number == 0:
            return await self.lane.cases.open_case(self.case_id, self.play.customer_id, turn.message, channel="conformance")
        return await self.lane.cases.say(self.case_id, turn.message)

    async def _handed_back(self) -> None:
        await self.lane.model.script([reply(ASKS, "awaiting_customer")], self.case_id)
        receipt = await self.lane.cases.hand_back(self.case_id, self.colleague, RETURNED)
        await self.lane.cases.wait(self.case_id, until=answered(receipt, handed_back=True), timeout=PATIENCE_SECONDS)

    async def _settled(self, receipt: Receipt, number: int) -> CaseView:
        """The case after the turn, with everything decided that was asked on the way."""
        until = answered(receipt)
        while True:
            view = await self.lane.cases.wait(self.case_id, until=until, timeout=PATIENCE_SECONDS)
            asked = next((one for one in view.approvals if one.status is ApprovalStatus.OPEN), None)
            if view.status is CaseStatus.AWAITING_CUSTOMER and view.confirmation is not None:
                until = answered(await self._answered(view.confirmation))
            elif view.status is CaseStatus.AWAITING_APPROVAL and asked is not None:
                await self._decide(asked)
            else:
                return view

    async def _answered(self, question: Confirmation) -> Receipt:
        """The customer's answer: yes where all that they are asked about is what the play expects."""
        found = [self._about(one.proposal.action, one.proposal.arguments, CUSTOMER) for one in question.asked]
        granted = all(place is not None and not self.play.calls[place].worse for place in found)
        self.held = self.held or any(place is not None and self.play.calls[place].worse for place in found)
        known = packs().by_code
        words = known.get(question.language, known["en"]).answers
        return await self.lane.cases.say(self.case_id, (words.yes if granted else words.no)[0])

    def _about(self, action: str, arguments: Mapping[str, Any], who: str) -> int | None:
        """The place of the expected call; that somebody was asked about it is remembered."""
        first = len(self.play.calls) - len(self.ahead)
        found = next((n for n, call in enumerate(self.ahead, first) if call.made(action, arguments)), None)
        if found is not None:
            self.asked.setdefault(found, set()).add(who)
        return found

    async def _decide(self, asked: Approval) -> None:
        """Yes to what the play expects; never to the call that was changed for the worse, nor to anything else."""
        request = asked.request
        about = self._about(request.action, request.arguments, PERSON)
        granted = about is not None and not self.play.calls[about].worse
        if about is not None:
            self.held = self.held or self.play.calls[about].worse
            self.ahead = self.play.calls[about + 1 :]
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
        return [*calls, reply(turn.reply or HANDS_OVER, "escalate")]
    return [*calls, reply(turn.reply or THANKS, "resolved") if last else reply(turn.reply or ASKS, "awaiting_customer")]


def reply(text: str, disposition: str) -> dict[str, Any]:
    """A behaviour that answers the customer."""
    return {"reply": text, "disposition": disposition}


async def perform(lane: Lane, suite: Suite, play: Play, case_id: str) -> Result:
    """Play on a fresh copy of the data and compare. What cannot be played to its end is a failure of that play."""
    began, (logged, _) = time.monotonic(), lane.logged()
    try:
        await lane.begin(case_id)
        lane.clock.start(play_clock(suite, play))
        performance = CasePlay(lane, play, case_id, *suite.people)
        await performance.run()
        came, words = judge(performance, suite, await lane.ledger(case_id), await lane.read(suite.state))
    except HandrailError as error:
        came, words = Came.DIFFERENT, f"could not be played: {error}"
    finally:
        await lane.ended(case_id)
    result = Result(play, came, words, time.monotonic() - began)
    if not result.good:
        result.log = lane.logged(logged)[1]
    return result


def judge(performance: CasePlay, suite: Suite, ledger: list[EffectResult], state: Any) -> tuple[Came, str]:
    """Judge the play: its outcome, and the words for what should not have happened."""
    calls = performance.play.calls
    good = [call for call in calls if not call.worse]
    if len(good) == len(calls):
        return plain(performance, [*otherwise_asked(performance), *differing(suite.expected(good), state)])
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


def differing(expected: Any, state: Any) -> list[str]:
    """Say where the database differs, in one line."""
    found = differences(expected, state)
    return [f"the database differs: {'; '.join(found)}"] if found else []


def plain(performance: CasePlay, found: list[str]) -> tuple[Came, str]:
    """The verdict on a task that stands as it is."""
    if performance.left:
        return Came.DIFFERENT, f"the case left the agent: {performance.left}. {performance.why}".rstrip()
    return (Came.DIFFERENT, "; ".join(found)) if found else (Came.EQUAL, "")


def otherwise_asked(performance: CasePlay) -> list[str]:
    """List the calls about which others were asked than the play says."""
    return [
        f"{call.tool}: asked {named(performance.asked.get(place, ()))} instead of {named(call.asked)}"
        for place, call in enumerate(performance.play.calls)
        if call.asked is not None and set(call.asked) != performance.asked.get(place, set())
    ]


def named(people: Collection[str]) -> str:
    """Name those who were asked."""
    return " and ".join(sorted(people)) or "nobody"


def applied(worse: PlayedCall, good: list[PlayedCall], ledger: list[EffectResult]) -> bool:
    """Return whether the ledger holds the worse call as done, more often than the play's other calls account for."""
    done = sum(worse.made(one.action, one.arguments) for one in ledger if one.status is EffectStatus.APPLIED)
    return done > sum(worse.made(call.tool, call.arguments) for call in good)
