"""The memory of a case between turns, carried into its next run. No Temporal here: plain data and what changes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from graphs.handover.handoff import bounded
from graphs.hearing import merged, with_heard
from graphs.state import CaseState, identity
from graphs.turn import Learned
from handrail.domain.actions.approvals import Approval, ApprovalStatus, Decision, HumanRequest, RequestKind, Yes
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.actions.declined import Declined
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.case.cases import AuditEntry, CaseOpen, CaseRow, CaseStatus, CaseView, Commit, Terms, check_transition
from handrail.domain.case.classification import Classification, SentimentPoint
from handrail.domain.case.handoffs import CaseTrail, CustomerWords, Escalation, Fact, Handoff, MessageExtract, StatedFact
from handrail.domain.case.messages import MAX_CHARACTERS, Author, IncomingMessage, Message
from handrail.domain.case.messages import fingerprint as fingerprint
from handrail.domain.case.patience import Progress
from handrail.domain.case.reconciling import RUN_LOST, Recovered
from handrail.domain.errors import CaseConflict, IllegalTransition
from handrail.domain.llm.agent import Usage
from handrail.domain.team.commands import NOBODY, same_name
from handrail.domain.team.staff import Expectation

# Everything here travels in one payload into the next run, and a payload has 2 MB.
MESSAGES_KEPT = 40
BYTES_KEPT = 200_000
BYTES_WAITING = 2_000_000
BYTES_AT_ONCE = 400_000
"""Of messages in one commit. What waits to be heard or recorded is in no payload of the next run, so more of it may wait."""
LARGEST = 4 * MAX_CHARACTERS + 1_000
SAID_KEPT = 5
MESSAGES_TAKEN = 2_000
OVERHEAD = 300
SETTLED_KEPT = 10
ABOVE_ALL = 1_000
ABOVE_ASKED = 10


class Suspended(BaseModel):
    """A graph that waits for a person: its state, the node that asked, the node before it, the request's id."""

    state: CaseState
    node: str
    before: str | None = None
    request_id: str


class CaseMemory(BaseModel):
    """Everything of a case that is not in PostgreSQL alone. Pending fields are written by the next flush.

    `expected` is until when people are to answer; `lost` are those who let the case go or were overtaken; `holders` counts how
    often it changed hands. `stated` and `said` are what the customer's messages say, read when they were recorded; of `said`
    the newest are kept. `reasons` is why people have it now, `returned` for which reasons somebody handed it back, `stuck`
    that it came back for one of them. `odd` is why what the customer wrote first
    is for a person whatever it says.
    """

    opened: CaseOpen
    terms: Terms = Field(default_factory=Terms)
    row: CaseRow
    fresh: bool = True

    messages: list[Message] = Field(default_factory=list)
    seen: dict[str, str] = Field(default_factory=dict)
    inbox: list[Message] = Field(default_factory=list)

    revision: int = 0
    approvals: list[Approval] = Field(default_factory=list)
    suspended: Suspended | None = None
    decided: Decision | None = None

    classification: Classification | None = None
    facts: list[Fact] = Field(default_factory=list)
    effects: list[EffectResult] = Field(default_factory=list)
    calls: dict[str, int] = Field(default_factory=dict)
    confirmation: Confirmation | None = None
    declined: list[str] = Field(default_factory=list)
    declines: list[Declined] = Field(default_factory=list)
    usage: Usage = Field(default_factory=Usage)
    disclosed: bool = False
    handoff: Handoff | None = None
    stated: list[StatedFact] = Field(default_factory=list)
    said: list[CustomerWords] = Field(default_factory=list)
    trail: CaseTrail = Field(default_factory=CaseTrail)
    sentiment: list[SentimentPoint] = Field(default_factory=list)
    progress: Progress = Field(default_factory=Progress)

    interruption: Escalation | None = None
    handed_back: str | None = None
    handed_back_topic: str | None = None
    handed_back_by: list[str] = Field(default_factory=list)
    closing: str | None = None
    notice: str | None = None
    noticed: bool = False
    odd: str = ""
    reminded: bool = False
    reroutes: int = 0
    expected: Expectation | None = None
    lost: list[str] = Field(default_factory=list)
    holders: int = 0

    reasons: list[str] = Field(default_factory=list)
    returned: dict[str, str] = Field(default_factory=dict)
    stuck: bool = False

    audited: int = 0
    begun_again: bool = False
    recovering: bool = False
    unsaved: bool = False
    unsaved_messages: list[Message] = Field(default_factory=list)
    unsaved_approvals: list[int] = Field(default_factory=list)
    unsaved_audit: list[AuditEntry] = Field(default_factory=list)
    unsaved_handoff: bool = False

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
        came = [one for one in self.inbox if found.known.get(one.message_id) is None]
        self.opened, self.terms, self.row = found.opened, found.terms, found.row
        self.seen, self.messages, self.inbox = dict(found.known), [], []
        for message in found.messages:
            self.say(message, save=False)
        self.revision, self.approvals = found.revision, found.approvals
        self.classification, self.effects = found.classification, found.effects
        self.handoff, self.usage = found.handoff, found.usage
        self.expected = found.handoff.route.expected if found.handoff else None
        self.fresh = self.recovering = False
        if self.row.status is CaseStatus.CLOSED:
            self.unsaved = False
            return
        self.begin_again()
        for one in found.unrecorded:
            self.take(one, now)
        for message in came:
            self.take(IncomingMessage(message_id=message.message_id, text=message.text), now)
        self.audit("handrail", RUN_LOST, now, status=self.row.status, words=found.words)
        if self.row.status is not CaseStatus.RESOLVED or found.unrecorded:
            self.interruption = Escalation(reason=RUN_LOST, words=found.words)

    def begin_again(self) -> None:
        """The run was reset: what is written from here on stands above all that the abandoned run may have written."""
        self.row = self.row.model_copy(update={"version": self.row.version + ABOVE_ALL})
        self.revision += ABOVE_ASKED
        self.holders += ABOVE_ASKED
        self.unsaved_approvals = [one.revision for one in self.open_approvals]
        self.begun_again = self.unsaved = True

    @property
    def heard(self) -> int:
        """The place in the transcript of the newest message from outside; the odd place behind it is the answer's."""
        return 2 * len(self.seen)

    @property
    def open_approvals(self) -> list[Approval]:
        """Approvals that wait for a decision."""
        return [one for one in self.approvals if one.status is ApprovalStatus.OPEN]

    @property
    def waiting(self) -> int:
        """Bytes of messages that nobody has dealt with yet."""
        return bulk(one.text for one in (*self.inbox, *self.unsaved_messages))

    @property
    def room(self) -> bool:
        """True if the longest message there can be may come in, or if none may any more."""
        return self.waiting + LARGEST <= BYTES_WAITING or bool(self.closing) or self.row.status is CaseStatus.CLOSED

    def known(self, message_id: str, author: Author, text: str) -> bool:
        """Return whether the message was taken before.

        Raises:
            CaseConflict: the same id with other words, or from somebody else.
        """
        before = self.seen.get(message_id)
        if before is None:
            return False
        if before != fingerprint(author, text):
            raise CaseConflict(f"message_id: {message_id!r} was sent before with other text. Give a new message its own id.")
        return True

    def check_room(self, text: str) -> None:
        """Check that another message of this length may come in; the messages that nobody has dealt with are bounded.

        Raises:
            IllegalTransition: it may not.
        """
        if len(self.seen) >= MESSAGES_TAKEN:
            raise IllegalTransition(f"message: the case has taken {MESSAGES_TAKEN:,} messages, which is all. Open a new case.")
        waiting = self.waiting
        if waiting + bulk([text]) > BYTES_WAITING:
            raise IllegalTransition(
                f"message: {waiting:,} bytes of messages wait here, at most {BYTES_WAITING:,} are taken. "
                "Send it again once they are answered or recorded."
            )

    def take(self, message: IncomingMessage, now: datetime) -> bool:
        """Put a message into the inbox; False where it was taken before."""
        if self.known(message.message_id, Author.CUSTOMER, message.text):
            return False
        self.seen[message.message_id] = fingerprint(Author.CUSTOMER, message.text)
        self.inbox.append(
            Message(
                message_id=message.message_id,
                author=Author.CUSTOMER,
                text=message.text,
                at=now,
                turn=self.row.turn,
                sequence=self.heard,
            )
        )
        return True

    def say(self, message: Message, *, save: bool = True) -> None:
        """Append to the transcript; the oldest leave the memory, PostgreSQL has them all."""
        self.messages = [*self.messages, message][-MESSAGES_KEPT:]
        total = weight(one.text for one in self.messages)
        while total > BYTES_KEPT:
            total -= weight([self.messages[0].text])
            self.messages = self.messages[1:]
        if save:
            self.unsaved_messages.append(message)
            self.unsaved = True

    def become(self, status: CaseStatus, now: datetime, **changes: Any) -> None:
        """Change the row; a status only to one that may follow.

        Raises:
            IllegalTransition: it may not.
        """
        check_transition(self.row.status, status)
        before = self.row.assignee
        self.row = self.row.model_copy(
            update={"status": status, "updated_at": now, "version": self.row.version + 1, **changes}
        )
        self.holders += self.row.assignee != before
        self.unsaved = True

    def let_go(self) -> None:
        """Take the case from its holder, who cannot go on with it under another; a click alone is nobody who could."""
        holder = self.row.assignee
        if holder and holder != NOBODY and not any(same_name(holder, one) for one in self.lost):
            self.lost = [*self.lost, holder]

    def audit(self, actor: str, action: str, now: datetime, **details: Any) -> None:
        """Note who did what."""
        self.audited += 1
        entry_id = identity(self.row.case_id, self.row.version, "audit", self.audited, action)
        self.unsaved_audit.append(AuditEntry(entry_id=entry_id, at=now, actor=actor, action=action, details=details))
        self.unsaved = True

    def ask(self, request: HumanRequest, now: datetime, due_at: datetime | None = None, yes: Sequence[Yes] = ()) -> Approval:
        """Open an approval under a revision that no other of this case has had.

        What the agent wants to do after a person handed the case back counts as that person's own proposal, too.
        """
        self.revision += 1
        if request.kind is RequestKind.APPROVAL and request.action != SEND_REPLY:
            asked_for = dict.fromkeys([*request.proposed_by, *self.handed_back_by])
            request = request.model_copy(update={"proposed_by": list(asked_for)})
        approval = Approval(
            approval_id=request.request_id,
            case_id=self.row.case_id,
            revision=self.revision,
            request=request,
            opened_at=now,
            due_at=due_at or now + timedelta(minutes=request.expires_in_minutes),
            yes=list(yes),
        )
        approval = approval.model_copy(update={"update_names": list(approval.menu())})
        self.keep(approval)
        return approval

    def keep(self, approval: Approval) -> None:
        """Put in an approval, or what became of it."""
        others = [one for one in self.approvals if one.revision != approval.revision]
        settled = [one for one in others if one.status is not ApprovalStatus.OPEN][-SETTLED_KEPT:]
        self.approvals = [*settled, *(one for one in others if one.status is ApprovalStatus.OPEN), approval]
        self.unsaved_approvals = [*(one for one in self.unsaved_approvals if one != approval.revision), approval.revision]
        self.unsaved = True

    def ask_anew(self, now: datetime) -> None:
        """Something came up that nobody saw when asked: the same question under a new revision, within the same time."""
        for approval in self.open_approvals:
            self.keep(approval.model_copy(update={"status": ApprovalStatus.WITHDRAWN}))
            self.ask(approval.request, now, due_at=approval.due_at)

    def ask_again(self, approval: Approval, now: datetime) -> Approval:
        """Ask the same question again, with whoever approved it so far, under names that nobody has clicked yet."""
        self.keep(approval.model_copy(update={"status": ApprovalStatus.WITHDRAWN}))
        return self.ask(approval.request, now, due_at=approval.due_at, yes=approval.yes)

    def drop_approvals(self, status: ApprovalStatus) -> None:
        """Close the open approvals undecided: expired or withdrawn, never granted."""
        for approval in self.open_approvals:
            self.keep(approval.model_copy(update={"status": status}))

    def commit(self) -> Commit:
        """Return what is not in PostgreSQL yet; of very many messages the first, the rest follows."""
        messages = self._first_unsaved()
        return Commit(
            row=self.row,
            messages=messages,
            approvals=[one for one in self.approvals if one.revision in self.unsaved_approvals],
            handoff=self.handoff if self.unsaved_handoff or self._for_people(messages) else None,
            audit=self.unsaved_audit,
            begun_again=self.begun_again,
        )

    def _first_unsaved(self) -> list[Message]:
        kept: list[Message] = []
        left = BYTES_AT_ONCE
        for one in self.unsaved_messages:
            left -= weight([one.text])
            if kept and left < 0:
                break
            kept.append(one)
        return kept

    def _for_people(self, messages: Sequence[Message]) -> bool:
        """Return whether people who have the case get to see the messages in their packet."""
        with_people = self.row.status is CaseStatus.WITH_HUMAN
        return with_people and any(one.author is Author.CUSTOMER for one in messages)

    def saved(self, commit: Commit, heard: MessageExtract | None = None) -> None:
        """Forget what `commit` wrote; what came meanwhile stays pending. `heard` is what its messages say."""
        self.begun_again = False
        self.unsaved_handoff = self.unsaved_handoff and commit.handoff != self.handoff
        messages = {one.message_id for one in commit.messages}
        audit = {one.entry_id for one in commit.audit}
        self.unsaved_messages = [one for one in self.unsaved_messages if one.message_id not in messages]
        self.unsaved_audit = [one for one in self.unsaved_audit if one.entry_id not in audit]
        written = {(one.revision, one.status, len(one.yes)) for one in commit.approvals}
        self.unsaved_approvals = [
            one.revision
            for one in self.approvals
            if one.revision in self.unsaved_approvals and (one.revision, one.status, len(one.yes)) not in written
        ]
        self.unsaved = bool(
            self.unsaved_messages or self.unsaved_audit or self.unsaved_approvals or self.row.version != commit.row.version
        )
        if heard:
            self.hear(heard, packet=commit.handoff is not None)
        if self.unsaved_messages and commit.handoff:
            # The packet of the next part stands above this one's.
            self.row = self.row.model_copy(update={"version": self.row.version + 1})
            self.unsaved = True

    def hear(self, heard: MessageExtract, *, packet: bool = False) -> None:
        """Keep what the customer's messages say; with `packet`, it stands in the packet that was written, too."""
        self.stated = merged(self.stated, heard.stated)
        self.said = [*self.said, *heard.said][-SAID_KEPT:]
        if packet and self.handoff:
            self.handoff = bounded(with_heard(self.handoff, heard))

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
            declined=self.declined,
            declines=self.declines,
            usage=self.usage,
            spent=self.usage,
            disclosed=self.disclosed,
            classification=self.classification,
            handoff=self.handoff,
            trail=self.trail,
            sentiment=self.sentiment,
            returned=self.returned,
            stated=self.stated,
            progress=self.progress,
        )

    def absorb(self, learned: Learned) -> None:
        """Take over what a turn has found out, however it ended."""
        self.row = learned.row
        self.facts, self.effects, self.calls = learned.facts, learned.effects, learned.calls
        self.declined, self.declines = learned.declined, learned.declines
        self.usage, self.disclosed = learned.usage, learned.disclosed
        self.classification, self.sentiment = learned.classification, learned.sentiment
        self.trail = self.trail.then(learned.trail)
        self.progress = learned.progress
        asked = learned.confirmation
        # What came in before the case heard that the question went out answers nothing.
        self.confirmation = asked.model_copy(update={"after": max(asked.after, self.heard)}) if asked else None
        if learned.outcome:
            for message in learned.outcome.messages:
                self.say(message, save=False)
            if learned.outcome.handoff:
                self.handoff, self.expected = learned.outcome.handoff, learned.outcome.handoff.route.expected

    def view(self) -> CaseView:
        """The case as it looks from outside."""
        return CaseView(
            **self.row.model_dump(),
            approvals=self.approvals,
            effects=self.effects,
            classification=self.classification,
            usage=self.usage,
            confirmation=self.confirmation,
            notice=self.notice,
        )


def newest(messages: Sequence[Message], limit: int = BYTES_AT_ONCE) -> list[Message]:
    """The newest messages, of which no more than `limit` bytes are text."""
    left, first = limit, len(messages)
    while first and (left := left - weight([messages[first - 1].text])) >= 0:
        first -= 1
    return list(messages[first:])


def bulk(texts: Iterable[str]) -> int:
    """Bytes of text that messages hold; quick to count."""
    return sum(len(text.encode(errors="replace")) + OVERHEAD for text in texts)


def weight(texts: Iterable[str]) -> int:
    """Bytes that messages of these texts take in a payload."""
    return sum(len(json.dumps(text, ensure_ascii=False).encode()) + OVERHEAD for text in texts)
