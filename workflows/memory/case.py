"""The memory of a case between turns. No Temporal here: plain data and what changes it."""

from __future__ import annotations

from datetime import datetime

from graphs.state import CaseState, identity
from graphs.turn import Learned
from handrail.domain.actions.asked import WITHDRAWN, together, with_answer
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.case.cases import ABOVE_ALL, CaseOpen, CaseRow, CaseStatus, CaseView
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import OURS, Author, IncomingMessage, Message
from handrail.domain.case.reconciling import RUN_LOST, Recovered
from handrail.domain.team.commands import NOBODY, same_name
from workflows.memory.approvals import AskedApprovals
from workflows.memory.changing import ChangedMessages
from workflows.memory.unsaved import UnsavedChanges

CANCELLED = Escalation(reason="cancelled", words="Somebody cancelled the workflow; a person takes the case.")
ABOVE_ASKED = 10
TOO_LATE = "The customer had changed messages that are too long ago to be changed again:"


class CaseMemory(ChangedMessages, AskedApprovals, UnsavedChanges):
    """Everything of a case that is not in PostgreSQL alone: its messages, its approvals, what is not written yet."""

    @classmethod
    def of(cls, opened: CaseOpen, now: datetime, *, digest: str = "", odd: str = "") -> CaseMemory:
        """The memory of a case that was just opened, its first message in the inbox."""
        row = CaseRow(
            case_id=opened.case_id,
            customer_id=opened.customer_id,
            channel=opened.channel,
            opened_at=now,
            updated_at=now,
            content_digest=digest or opened.content_digest(),
        )
        memory = cls(opened=opened, row=row, odd=odd)
        memory.take(opened.message, now)
        return memory

    @classmethod
    def named(cls, case_id: str, now: datetime) -> CaseMemory:
        """The memory of a case that Temporal lost, until its record was read."""
        opened = CaseOpen(case_id=case_id, customer_id="", message=IncomingMessage(message_id="", text=""))
        row = CaseRow(case_id=case_id, customer_id="", opened_at=now, updated_at=now)
        return cls(opened=opened, row=row, recovering=True)

    def recover(self, found: Recovered, now: datetime) -> None:
        """Take over what the record holds; a person gets the case, unless it was over or everything had been said."""
        came = [one for one in self.inbox if one.stands and found.known.get(one.message_id) is None]
        self.opened, self.terms, self.row = found.opened, found.terms, found.row
        self.seen, self.messages, self.inbox = dict(found.known), [], []
        for message in found.messages:
            self.say(message, save=False)
        self.revision, self.approvals = found.revision, found.approvals
        self.classification, self.effects = found.classification, found.effects
        self.handoff, self.usage, self.asked = found.handoff, found.usage, found.asked
        self.expected = found.handoff.route.expected if found.handoff else None
        self.fresh = self.recovering = False
        if self.row.status is CaseStatus.CLOSED:
            self.unsaved = False
            return
        self.begin_again()
        for one in found.unrecorded:
            self.take(one, now)
        late = [one.message_id for one in found.changes if not self.change_again(one, now)]
        words = f"{found.words} {TOO_LATE} {', '.join(dict.fromkeys(late))}." if late else found.words
        anew = bool(self.inbox)
        for message in came:
            self.take(IncomingMessage(message_id=message.message_id, text=message.text), now)
        self.audit("handrail", RUN_LOST, now, status=self.row.status, words=words)
        if self.row.status is not CaseStatus.RESOLVED or anew:
            self.interruption = Escalation(reason=RUN_LOST, words=words)

    def begin_again(self) -> None:
        """The run was reset: what is written from here on stands above all that the abandoned run may have written."""
        self.row = self.row.model_copy(update={"version": self.row.version + ABOVE_ALL})
        self.revision += ABOVE_ASKED
        self.holders += ABOVE_ASKED
        self.unsaved_approvals = [one.revision for one in self.open_approvals]
        self.begun_again = self.unsaved = True

    def cancel(self) -> None:
        """Somebody cancelled the workflow: a person takes the case, unless one has it."""
        if self.row.status is not CaseStatus.WITH_HUMAN:
            self.interruption = self.interruption or CANCELLED

    def let_go(self) -> None:
        """Take the case from its holder, who cannot go on with it under another; a click alone is nobody who could."""
        holder = self.row.assignee
        if holder and holder != NOBODY and not any(same_name(holder, one) for one in self.lost):
            self.lost = [*self.lost, holder]

    def state(self) -> CaseState:
        """The graph's state at the start of a turn."""
        return CaseState(
            row=self.row,
            turn=self.row.turn,
            sequence=self.heard + 1,
            facts=self.facts,
            effects=self.effects,
            calls=self.calls,
            confirmation=self.confirmation,
            asked=self.asked,
            declined=self.declined,
            declines=self.declines,
            usage=self.usage,
            spent=self.usage,
            disclosed=self.disclosed,
            classification=self.classification,
            besides=self.besides,
            handoff=self.handoff,
            trail=self.trail,
            sentiment=self.sentiment,
            returned=self.returned,
            stated=self.stated,
            progress=self.progress,
        )

    def absorb(self, learned: Learned) -> None:
        """Take over what a turn has found out, however it ended."""
        recused, self.row = self.row.recused, learned.row
        if recused != self.row.recused:
            # Said while the turn ran, which does not know of it.
            self.row = self.row.model_copy(update={"recused": recused, "version": self.row.version + 1})
            self.unsaved = True
        self.facts, self.effects, self.calls = learned.facts, learned.effects, learned.calls
        self.declined, self.declines = learned.declined, learned.declines
        self.usage, self.disclosed = learned.usage, learned.disclosed
        self.classification, self.sentiment = learned.classification, learned.sentiment
        self.trail = self.trail.then(learned.trail)
        self.progress = learned.progress
        self.besides = learned.besides
        self.confirmed, self.asked = learned.confirmed, together(self.asked, learned.asked)
        asked = learned.confirmation
        # What came in before the case heard that the question went out answers nothing.
        self.confirmation = asked.model_copy(update={"after": max(asked.after, self.heard)}) if asked else None
        if learned.outcome:
            self.anew = 0
            for message in learned.outcome.messages:
                self.say(message, save=False)
            if learned.outcome.handoff:
                self.handoff, self.expected = learned.outcome.handoff, learned.outcome.handoff.route.expected

    def withdraw(self, now: datetime, lost: Confirmation | None = None) -> None:
        """Drop the question to the customer, or the one `lost` with its turn; a yes to it lets nothing out any more."""
        question, self.confirmation, self.confirmed = self.confirmation or lost, None, None
        if question:
            self.asked = with_answer(self.asked, question, WITHDRAWN, now)
            self.audit("handrail", "confirm:withdrawn", now, question_id=question.question_id)

    def say_undone(self, question: Confirmation, how: str, now: datetime) -> None:
        """Tell the customer that nothing is done of the question, which has ended without a yes; `how` names the message."""
        self.become(CaseStatus.AWAITING_CUSTOMER, now, reply=question.unanswered)
        self.say(
            Message(
                message_id=OURS + identity(self.row.case_id, question.question_id, how),
                author=Author.SYSTEM,
                text=question.unanswered,
                at=now,
                turn=self.row.turn,
                sequence=self.heard + 1,
                language=question.language,
            )
        )

    def view(self) -> CaseView:
        """The case as it looks from outside."""
        return CaseView(
            **self.row.model_dump(),
            approvals=self.approvals,
            effects=self.effects,
            classification=self.classification,
            usage=self.usage,
            confirmation=self.confirmation,
            asked=self.asked,
            notice=self.notice,
            release=self.trail.versions.release or None,
            arm=self.trail.versions.arm or None,
        )
