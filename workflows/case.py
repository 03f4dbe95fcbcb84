"""The `case` workflow: one customer's problem from first message to resolution.

This file is the wire: names and shapes are permanent. Handlers only take or refuse; `handlers/authorize.py` asks first
whether a person may, `steps/loop.py` acts. No node runs here: a turn is one activity, so an edited graph breaks no replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue

from handrail.domain.actions.approvals import SENDER_OF, Approval, DecisionKind, Source
from handrail.domain.case.cases import CaseRow, CaseView
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Message
from handrail.domain.case.ratings import RatingReceipt
from handrail.domain.errors import ApprovalRefused, CaseConflict, HandrailError
from handrail.domain.team.commands import NOBODY, ClaimCase, HandBack, PersonReply, Receipt, Recuse, Release, ResolveCase
from workflows.failures import ACTIVITY_FAILED
from workflows.handlers.authorize import TYPED, Desk
from workflows.handlers.changing import ChangingHandlers
from workflows.handlers.commands import Intake
from workflows.handlers.payloads import NOTHING, by_person, conflict, refusal, value_of, wish
from workflows.handlers.recusing import check_recuse
from workflows.handlers.start import begun_again, from_its_beginning, incoming, remember
from workflows.memory.transcript import newest
from workflows.page.details import packet
from workflows.page.entries import Menu, entries
from workflows.page.search_attributes import publish, publish_refused
from workflows.steps.growth import Growth
from workflows.steps.loop import Loop
from workflows.steps.record import keep, rate

INTERNAL = "(internal - do not choose)"
KEEPS_REFUSED = "refused-openings"


@workflow.defn(name="case")
class CaseWorkflow(ChangingHandlers):
    """Input: the JSON of `CaseOpen`; `{"parked": …}` in a continued run, `{"recover": …}` of a lost one. Gives `CaseView`."""

    @workflow.init
    def __init__(self, raw: Any = None, *surplus: Any) -> None:
        self._invalid: HandrailError | None = None
        self.growth = Growth()
        try:
            self._memory, self._opening = remember(raw, surplus)
        except HandrailError as error:
            self._invalid = error
            return
        afresh = begun_again() and from_its_beginning()
        if afresh:
            self._memory.begin_again()
        self._published: CaseRow | None = None
        self._intake = Intake(self._memory)
        self._desk = Desk(self._memory, self._intake)
        self._menu = Menu(self._check_click, self._click_update, self._click_signal)
        self._loop = Loop(self._memory, self._show, self.growth, afresh=afresh)
        self._menu.show(self._memory)

    @workflow.run
    async def run(self, raw: Any = None, *surplus: Any) -> CaseView:
        """Run the case until it is closed."""
        if self._invalid:
            await self._refused(self._invalid, raw, *surplus)
            raise refusal(self._invalid)
        self._show()
        try:
            if self._opening.odd:
                self._loop.opened = incoming([raw, *surplus], self._opening.why, self._opening)
            return await self._loop.run()
        except ACTIVITY_FAILED as error:
            if (found := conflict(error)) is None:
                raise
            self._invalid = CaseConflict(found.message)
            await self._refused(self._invalid, raw, *surplus)
            raise found from None

    async def _refused(self, why: HandrailError, *given: Any) -> None:
        """Record input that cannot be a case; lists can ask for it, so somebody sees it."""
        if workflow.patched(KEEPS_REFUSED):
            publish_refused()
            await keep(incoming(given, str(why)), lambda: None)
            await workflow.wait_condition(workflow.all_handlers_finished)

    def _show(self) -> None:
        if self._memory.row is not self._published:
            self._published = self._memory.row
            publish(self._published)
        self._menu.show(self._memory)

    # Updates: validated before anything is written, refused with words.

    @workflow.update(name="open", description="Open the case, or hear whether it stands: the JSON that starts it, or nothing")
    async def open(self, raw: RawValue = NOTHING) -> Receipt:
        self._check_open(raw)
        stood = not self._memory.fresh
        await workflow.wait_condition(lambda: not self._memory.fresh or self._invalid is not None)
        return self._take(lambda: self._intake.opened(self._opening, duplicate=stood))

    @open.validator
    def _check_open(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: self._intake.check_open(raw))

    @workflow.update(name="send_message", description="The customer wrote: {message_id, text}")
    def send_message(self, raw: RawValue = NOTHING) -> Receipt:
        return self._take(lambda: self._intake.message(raw, workflow.now()))

    @send_message.validator
    def _check_send_message(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: self._intake.check_message(raw))

    @workflow.update(name="decide", description="Decide: {decision, approval_id, revision, arguments, note, reviewer}")
    async def decide(self, raw: RawValue = NOTHING) -> Approval:
        wanted, _ = self._take(lambda: self._intake.check_decision(raw, workflow.now()))
        return await self._await(lambda: self._desk.decide(wanted, sent(), TYPED))

    @decide.validator
    def _check_decide(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: self._desk.check_decision(raw))

    @workflow.update(name="claim", description="Take this case: {reviewer}")
    def claim(self, raw: RawValue = NOTHING) -> Receipt:
        return self._take(lambda: self._intake.claim(by_person(ClaimCase, raw), workflow.now(), via="claim", **sent().event))

    @claim.validator
    def _check_claim(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: self._intake.check_claim(by_person(ClaimCase, raw)))

    @workflow.update(name="release", description="Put this case back into its queue: {reviewer}")
    def release(self, raw: RawValue = NOTHING) -> Receipt:
        return self._take(lambda: self._intake.release(by_person(Release, raw), workflow.now(), via="release", **sent().event))

    @release.validator
    def _check_release(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: self._intake.check_release(by_person(Release, raw)))

    @workflow.update(name="recuse", description="I should not decide this, others should: {reviewer, reason}")
    async def recuse(self, raw: RawValue = NOTHING) -> Receipt:
        return await self._await(lambda: self._desk.recuse(by_person(Recuse, raw), sent()))

    @recuse.validator
    def _check_recuse(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: check_recuse(self._memory, by_person(Recuse, raw)))

    @workflow.update(name="reply", description="Answer the customer as a person: {reviewer, text}")
    def reply(self, raw: RawValue = NOTHING) -> Receipt:
        return self._take(lambda: self._intake.reply(by_person(PersonReply, raw), workflow.now(), via="reply", **sent().event))

    @reply.validator
    def _check_reply(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: self._intake.check_reply(by_person(PersonReply, raw)))

    @workflow.update(name="hand_back", description="Give the case back to the agent: {reviewer, note}")
    async def hand_back(self, raw: RawValue = NOTHING) -> Receipt:
        wanted = self._take(lambda: by_person(HandBack, raw))
        return await self._await(lambda: self._desk.hand_back(wanted, sent(), "hand_back", None))

    @hand_back.validator
    def _check_hand_back(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: self._intake.check_hand_back(by_person(HandBack, raw)))

    @workflow.update(name="resolve", description="End the case as a person: {reviewer, note, reply}")
    def resolve(self, raw: RawValue = NOTHING) -> Receipt:
        return self._take(
            lambda: self._intake.resolve(by_person(ResolveCase, raw), workflow.now(), via="resolve", **sent().event)
        )

    @resolve.validator
    def _check_resolve(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: self._intake.check_resolve(by_person(ResolveCase, raw)))

    @workflow.update(name="rate", description="The customer rates the case: {csat, nps, solved, comment, survey_id}")
    async def rate(self, raw: RawValue = NOTHING) -> RatingReceipt:
        given = self._take(lambda: self._intake.rating(raw))
        await workflow.wait_condition(lambda: not self._memory.fresh or self._invalid is not None)
        return await self._await(lambda: rate(self._memory, given))

    @rate.validator
    def _check_rate(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: self._intake.rating(raw))

    @workflow.update(dynamic=True, description=INTERNAL)
    def unknown_update(self, name: str, args: Sequence[RawValue]) -> None:
        raise refusal(ApprovalRefused(self._unknown(name)))

    @unknown_update.validator
    def _check_unknown_update(self, name: str, args: Sequence[RawValue]) -> None:
        raise refusal(ApprovalRefused(self._unknown(name)))

    # Signals: take whatever JSON a person typed; what cannot be used is shown, nothing is raised.

    @workflow.signal(name="message", description="The customer wrote: {message_id, text}, or just the text")
    async def message(self, raw: RawValue = NOTHING) -> None:
        # A signal cannot be sent back: where very much waits already, it waits too, and is lost to nobody.
        while not self._invalid and not self._memory.room:
            await workflow.wait_condition(lambda: self._memory.room)
        await self._tolerate_message(raw)

    @workflow.signal(name="approve", description="Needs {approval_id, revision}; the numbered entries need nothing")
    async def approve(self, raw: RawValue = NOTHING) -> None:
        await self._bare(DecisionKind.APPROVE, raw)

    @workflow.signal(name="reject", description="Needs {approval_id, revision}; the numbered entries need nothing")
    async def reject(self, raw: RawValue = NOTHING) -> None:
        await self._bare(DecisionKind.REJECT, raw)

    @workflow.signal(name="request_human", description="The customer wants a person; no input needed")
    def request_human(self, raw: RawValue = NOTHING) -> None:
        self._tolerate("request_human", lambda: self._intake.ask_for_person(*wish(raw)))

    @workflow.signal(name="reply_as_human", description="Answer the customer as a person: {reviewer, text}")
    def reply_as_human(self, raw: RawValue = NOTHING) -> None:
        told = {"via": "reply_as_human", **sent("reply_as_human").event}
        self._tolerate("reply_as_human", lambda: self._intake.reply(by_person(PersonReply, raw), workflow.now(), **told))

    @workflow.signal(name="close_case", description="End the case now; no input needed")
    def close_case(self, raw: RawValue = NOTHING) -> None:
        self._tolerate("close_case", lambda: self._intake.close(NOBODY, raw))

    @workflow.signal(dynamic=True, description=INTERNAL)
    async def unknown_signal(self, name: str, args: Sequence[RawValue]) -> None:
        """Also where a numbered entry arrives before this run's first step: the SDK looks names up before it calls init."""
        if self._invalid or name not in entries(self._memory):
            return self.refuse_signal(name, self._unknown(name))
        if len(args) > 1:
            return self.refuse_signal(name, "takes one JSON value or none.")
        return await self._click_signal(name, args[0] if args else None)

    # Queries

    @workflow.query(name="status", description="The case as it stands")
    def status(self) -> CaseView | None:
        return None if self._invalid else self._memory.view()

    @workflow.query(name="handoff", description="The packet for the person who takes over")
    def handoff(self) -> Handoff | None:
        return None if self._invalid else self._memory.handoff

    @workflow.query(name="transcript", description="The latest messages; `handrail case transcript` has them all")
    def transcript(self) -> list[Message]:
        return [] if self._invalid else newest([*self._memory.messages, *self._memory.inbox])

    # What the handlers have in common

    def current_details(self) -> str:
        """The page of the Web UI; called where somebody looks at it, for most steps of a case nobody does."""
        return "" if self._invalid else packet(self._memory)

    def refuse_surplus(self, name: str, words: str) -> None:
        """Refuse a signal with several values; a wish for a person counts, whatever came with it."""
        self.request_human() if name == "request_human" else self.refuse_signal(name, words)

    def _unknown(self, name: str) -> str:
        return "the case could not be opened." if self._invalid else self._intake.unknown_name(name)

    async def _bare(self, word: DecisionKind, raw: RawValue) -> None:
        await self._tolerate_later(word, lambda: self._desk.decide(self._intake.bare(word, raw), sent(word), word))

    def _check_click(self, name: str, note: Any) -> None:
        self._check(lambda: self._desk.check_click(name, given(note)))

    async def _click_update(self, name: str, note: Any) -> Any:
        return await self._await(lambda: self._desk.click(name, given(note), sent(), "web ui update"))

    async def _click_signal(self, name: str, note: Any) -> None:
        await self._tolerate_later(name, lambda: self._desk.click(name, given(note), sent(name), "web ui signal"))


def sent(signal: str | None = None) -> Source:
    """The event that is being handled: the update, or the signal of this name."""
    info, update = workflow.info(), workflow.current_update_info()
    update_id = update.id if update and signal is None else None
    sender_of = workflow.extern_functions().get(SENDER_OF)
    # Without a worker that tells it, in a replay, nobody asks who it was.
    sender = (sender_of(update_id) if sender_of else "") if update_id else None
    return Source(workflow_id=info.workflow_id, run_id=info.run_id, update_id=update_id, signal=signal, sender=sender)


def given(note: Any) -> Any:
    """The note of a menu entry; what the SDK could not decode arrives raw. Raises: InvalidInput."""
    return value_of(note) if isinstance(note, RawValue) else note
