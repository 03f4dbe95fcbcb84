"""Decisions of people: an activity says who it is and whether they may; then, and only then, the decision counts."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any, TypeVar, cast

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

from handrail.domain.actions.approvals import (
    Approval,
    Attempt,
    Decision,
    DecisionInput,
    DecisionKind,
    ForAgent,
    Permit,
    SentDecision,
    Source,
)
from handrail.domain.actions.decisions import BINDING, draft
from handrail.domain.base import Stored
from handrail.domain.case.cases import CaseStatus
from handrail.domain.errors import ApprovalRefused, IllegalTransition, InvalidInput, Refused
from handrail.domain.team.commands import NOBODY, ClaimCase, HandBack, Receipt, Recuse, ResolveCase
from handrail.domain.team.recusing import Recusal, Recusing
from handrail.domain.team.staff import Need
from workflows.failures import ACTIVITY_FAILED, cause_of
from workflows.handlers.commands import Intake
from workflows.handlers.recusing import check_recuse, recuse
from workflows.memory.case import CaseMemory
from workflows.options import CHECK, CHECK_SIGNAL, PEOPLE
from workflows.page.entries import FINISH, HAND_BACK, TAKE, decision_of

TYPED = "decide"
"""Came as an update that names who decides: its sender reads the refusal, and nobody else's entries change."""
READ_FIRST = "decisions-wait-for-what-is-unread"
UNREAD = "the customer has just written. Read it, then decide under the new revision."
WITHOUT_NOTE = "Handed back without a note."
Answer = TypeVar("Answer", Decision, Permit, Recusal)


class Desk:
    """One instance a run. What it raises is for whoever sent it; a click that may not be gets new entries and a notice."""

    def __init__(self, memory: CaseMemory, intake: Intake) -> None:
        self._memory = memory
        self._intake = intake
        self._heard: Counter[tuple[object, ...]] = Counter()
        # First come, first served, however long it takes to find out who it is.
        self._in_turn = asyncio.Lock()

    def check_decision(self, raw: Any) -> None:
        """Check a decision before it is taken. Raises: InvalidInput, ApprovalRefused."""
        wanted, _ = self._intake.check_decision(raw, workflow.now())
        if unread(self._memory, wanted.decision):
            raise ApprovalRefused(UNREAD)

    def check_click(self, name: str, note: Any) -> None:
        """Check a menu entry before it is taken. Raises: ApprovalRefused, InvalidInput."""
        what, *_ = self._intake.check_click(name, note)
        if unread(self._memory, decision_of(what)):
            raise ApprovalRefused(UNREAD)

    async def decide(self, wanted: DecisionInput, source: Source, via: str) -> Approval:
        """Settle, once, or note one more yes.

        Raises:
            InvalidInput: edited arguments cannot be taken.
            ApprovalRefused: it fits nothing that is open, or this person may not; nothing was settled.
        """
        now = workflow.now()
        source = self._placed(source, wanted.model_dump_json(), now)
        async with self._in_turn:
            return await self._decide(wanted, now, source, via)

    async def _decide(self, wanted: DecisionInput, now: datetime, source: Source, via: str) -> Approval:
        shown = self._undecided(wanted, now)
        decision = draft(shown, wanted, now, via)
        permit = await self._permit(shown, decision, source, sorted(wanted.arguments or {}))
        exactly = wanted.model_copy(update={"approval_id": shown.approval_id, "revision": shown.revision})
        current = self._undecided(exactly, workflow.now())
        try:
            if permit.refused:
                raise ApprovalRefused(permit.refused)
            return self._intake.settle(current, permit, workflow.now(), source)
        except ApprovalRefused as refused:
            raise ApprovalRefused(self._refused(current, permit.decision, str(refused), source)) from None

    def _undecided(self, wanted: DecisionInput, now: datetime) -> Approval:
        """The open approval, with nothing of the customer's behind it that nobody has seen. Raises: ApprovalRefused."""
        approval = self._intake.undecided(wanted, now)
        # A history in which such a decision counted goes on as it did.
        if unread(self._memory, wanted.decision) and workflow.patched(READ_FIRST):
            raise ApprovalRefused(UNREAD)
        return approval

    def _refused(self, approval: Approval, decision: Decision, words: str, source: Source) -> str:
        """Note the attempt. A click spends the name that it was made by: whoever may gets another one."""
        now = workflow.now()
        self._intake.refused(decision, words, now, source)
        if decision.via == TYPED:
            return words
        again = self._memory.ask_again(approval, now)
        told = f"‘{decision.decision}’ by {decision.reviewer} does not count. {words} It is asked again as r{again.revision}."
        self._memory.notice = f"{now:%Y-%m-%d %H:%M} UTC: {told}"
        return told

    async def click(self, name: str, note: Any, source: Source, via: str) -> Any:
        """A menu entry was chosen; the box holds nothing or a note. Raises: Refused: see the single steps."""
        what, shown, words, topic = self._intake.check_click(name, note)
        decision = decision_of(what)
        if decision is not None and shown is not None:
            seen = {"approval_id": shown.approval_id, "revision": shown.revision}
            return await self.decide(DecisionInput(decision=decision, note=words, reviewer=NOBODY, **seen), source, via)
        if what == HAND_BACK:
            back = HandBack(reviewer=NOBODY, note=words or WITHOUT_NOTE, topic=topic)
            return await self.hand_back(back, source, via, words)
        if what == TAKE:
            return self._intake.claim(ClaimCase(reviewer=NOBODY), workflow.now(), via=via, **source.event)
        assert what == FINISH  # noqa: S101
        return self._intake.resolve(ResolveCase(reviewer=NOBODY, note=words), workflow.now(), via=via, **source.event)

    async def hand_back(self, wanted: HandBack, source: Source, via: str, said: str | None) -> Receipt:
        """The agent goes on, and it is known who wanted that: they do not approve what it then does.

        Raises:
            InvalidInput, IllegalTransition.
        """
        now = workflow.now()
        source = self._placed(source, wanted.model_dump_json(), now)
        self._intake.check_hand_back(wanted)
        row = self._memory.row
        back = ForAgent(topic=wanted.topic or row.topic or "", customer_id=row.customer_id)
        shown_under = self._memory.holders
        decision = _said(wanted.reviewer, said, via, now)
        seen = SentDecision(source=source, decision=decision, back=back)
        who = await _checked("people.identify", seen, Decision, source, "Who hands back")
        if wanted.reviewer == NOBODY and self._memory.holders != shown_under:
            raise IllegalTransition("hand_back: the case has changed hands meanwhile. Look at it again, then decide.")
        told = {"identity": who.identity, "sender": who.sender, "via": via, **source.event}
        return self._intake.hand_back(wanted.model_copy(update={"reviewer": who.reviewer}), workflow.now(), **told)

    async def recuse(self, wanted: Recuse, source: Source) -> Receipt:
        """Take the person out of it, and find out who is left; in turn, so that no decision of theirs is settled beside it.

        Raises:
            InvalidInput, IllegalTransition.
        """
        now = workflow.now()
        source = self._placed(source, wanted.model_dump_json(), now)
        async with self._in_turn:
            check_recuse(self._memory, wanted)
            memory, row = self._memory, self._memory.row
            said = _said(wanted.reviewer, wanted.reason, "recuse", now)
            needed = Need(queue=row.queue or "", tier=int(row.tier), language=row.language)
            asked = Recusing(
                sent=SentDecision(source=source, decision=said),
                case_id=row.case_id,
                open=memory.open_approvals,
                need=needed if row.status is CaseStatus.WITH_HUMAN else None,
                recused=row.recused,
            )
            found = await _checked("people.recuse", asked, Recusal, source, "Who should not decide, and who is left")
            told = {"identity": found.decision.identity, "sender": found.decision.sender, "via": "recuse", **source.event}
            who = wanted.model_copy(update={"reviewer": found.decision.reviewer})
            recuse(memory, who, workflow.now(), found.nobody_left, **told)
            return self._intake.receipt().model_copy(update={"notice": found.nobody_left or None})

    async def _permit(self, shown: Approval, decision: Decision, source: Source, changed: list[str]) -> Permit:
        row = self._memory.row
        attempt = Attempt(
            case_id=row.case_id,
            customer_id=row.customer_id,
            topic=row.topic or "",
            approval=shown,
            decision=decision,
            changed=changed,
            source=source,
        )
        return await _checked("people.permit", attempt, Permit, source, "Who decides, and may they")

    def _placed(self, source: Source, said: str, now: datetime) -> Source:
        """Number a signal among equal ones that were handed over at one moment: history holds them in this order."""
        if source.signal is None:
            return source if self._memory.terms.at_once else source.model_copy(update={"sender": None})
        key = (source.signal, said, now)
        place, self._heard[key] = self._heard[key], self._heard[key] + 1
        return source.model_copy(update={"place": place})


def unread(memory: CaseMemory, decision: DecisionKind | None) -> bool:
    """Return whether the decision would let something out beside words of the customer's that are not routed yet."""
    return decision in BINDING and memory.row.status is CaseStatus.AWAITING_APPROVAL and bool(memory.inbox)


def _said(who: str, words: str | None, via: str, now: datetime) -> Decision:
    """Return what somebody said to the case as a whole, in the form in which their identity is looked up."""
    about = {"approval_id": "", "revision": 0, "decision": DecisionKind.ANSWER}
    return Decision.model_validate({**about, "note": words, "reviewer": who, "via": via, "decided_at": now})


async def _checked(activity: str, asked: Stored, answer: type[Answer], source: Source, summary: str) -> Answer:
    """Return the answer of the checking activity: within this workflow task, where the sender is known.

    Raises:
        InvalidInput, IllegalTransition, ApprovalRefused: what it found wrong, or that it could not be made.
    """
    about: dict[str, Any] = {"result_type": answer, "summary": summary}
    try:
        if source.sender is not None:
            return cast(Answer, await workflow.execute_local_activity(activity, asked, **about, **CHECK))
        options = CHECK_SIGNAL if source.signal else CHECK
        return cast(Answer, await workflow.execute_activity(activity, asked, priority=PEOPLE, **about, **options))
    except ACTIVITY_FAILED as error:
        raise unchecked(error) from None


def unchecked(error: FailureError) -> Refused:
    """Return what the checking activity refused with, or that it could not be made."""
    cause = cause_of(error)
    words = cause.message if isinstance(cause, ApplicationError) else "could not be checked now; try again."
    kind = cause.type if isinstance(cause, ApplicationError) else None
    kinds = {one.__name__: one for one in (InvalidInput, IllegalTransition)}
    return kinds.get(kind or "", ApprovalRefused)(words)
