"""What people and backends may send to a case and when. Pure: changes the memory, raises what is refused, does no I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from graphs.state import identity
from handrail.domain.approvals import Approval, DecisionInput, DecisionKind, Source, find, settle
from handrail.domain.cases import CaseStatus
from handrail.domain.errors import ApprovalRefused, IllegalTransition, InvalidInput
from handrail.domain.handoffs import Escalation
from handrail.domain.messages import Author, IncomingMessage, Message, check_message, check_text
from handrail.domain.people import Claim, HandBack, PersonReply, Receipt, Resolve
from workflows.inputs import parse
from workflows.memory import CaseMemory
from workflows.menu import FINISH, HAND_BACK, NOBODY, TAKE, decision_of, entries


class Intake:
    """One instance a run; `memory` is the case's."""

    def __init__(self, memory: CaseMemory) -> None:
        self._memory = memory

    def receipt(self, message_id: str | None = None, duplicate: bool = False) -> Receipt:
        """The answer to everything that was taken."""
        row = self._memory.row
        return Receipt(case_id=row.case_id, status=row.status, turn=row.turn, message_id=message_id, duplicate=duplicate)

    def check_message(self, raw: Any) -> IncomingMessage:
        """The message, clean. Raises: InvalidInput, CaseConflict, IllegalTransition."""
        message = check_message(parse(IncomingMessage, raw))
        self._memory.known(message)
        if self._memory.closing or self._memory.row.status is CaseStatus.CLOSED:
            raise IllegalTransition("the case is closed; open a new one.")
        return message

    def message(self, raw: Any, now: datetime) -> Receipt:
        """Into the inbox; the same message id is taken once."""
        message = self.check_message(raw)
        taken = self._memory.take(message, now)
        return self.receipt(message.message_id, duplicate=not taken)

    def check_decision(self, raw: Any, now: datetime) -> tuple[DecisionInput, Approval]:
        """The decision and the open approval it is about. Raises: InvalidInput, ApprovalRefused."""
        wanted = parse(DecisionInput, raw)
        return wanted, find(self._memory.approvals, wanted, now)

    def decide(self, wanted: DecisionInput, now: datetime, source: Source, via: str) -> Approval:
        """Settle, once. Raises: ApprovalRefused."""
        settled = settle(find(self._memory.approvals, wanted, now), wanted, now, via)
        self._memory.keep(settled)
        self._memory.decided = settled.decision
        self._memory.source = source
        return settled

    def check_click(self, name: str, note: Any) -> None:
        """Raises: ApprovalRefused, InvalidInput."""
        if name not in entries(self._memory):
            raise ApprovalRefused(self.unknown_name(name))
        if note is not None and not isinstance(note, str):
            raise InvalidInput('note: must be empty or a JSON string, for example "amount is wrong".')

    def click(self, name: str, note: Any, now: datetime, source: Source, via: str) -> Any:
        """A menu entry was chosen; the box holds nothing or a note. Raises: ApprovalRefused, InvalidInput."""
        self.check_click(name, note)
        what, approval_id = entries(self._memory)[name]
        decision = decision_of(what)
        if decision is not None:
            wanted = DecisionInput(decision=decision, approval_id=approval_id, note=note, reviewer=NOBODY)
            return self.decide(wanted, now, source, via)
        if what == TAKE:
            return self.claim(Claim(reviewer=NOBODY), now)
        if what == HAND_BACK:
            return self.hand_back(HandBack(reviewer=NOBODY, note=note or "Handed back without a note."), now)
        assert what == FINISH  # noqa: S101
        return self.resolve(Resolve(reviewer=NOBODY, note=note), now)

    def unknown_name(self, name: str) -> str:
        """What to say to a name that nothing answers to."""
        names = "; ".join(f"‘{entry}’" for entry in entries(self._memory)) or "nothing"
        return f"nothing here is called {name[:80]!r}. Open now: {names}. Press R in the Web UI to see the current names."

    def bare(self, word: DecisionKind, raw: Any) -> DecisionInput:
        """A plain `approve` or `reject` signal: only with approval id and revision, else it could hit another request."""
        fields = raw if isinstance(raw, dict) else {}
        if not fields.get("approval_id") or fields.get("revision") is None:
            raise ApprovalRefused(f"a bare ‘{word}’ names no approval and revision. {self.unknown_name(word)}")
        return parse(DecisionInput, {**fields, "decision": word})

    def check_person(self, wanted: BaseModel, what: str) -> BaseModel:
        """`wanted`, where the case is with a person. Raises: IllegalTransition."""
        self.with_person(what)
        return wanted

    def with_person(self, what: str) -> None:
        """Raises: IllegalTransition: the case is not with a person."""
        status = self._memory.row.status
        if status is not CaseStatus.WITH_HUMAN or self._memory.handed_back:
            raise IllegalTransition(
                f"{what}: the case is {status}, not WithHuman. Ask for it first with the signal request_human."
            )

    def claim(self, wanted: Claim, now: datetime) -> Receipt:
        """The person takes the case; another's case is not taken away."""
        self.with_person("claim")
        holder = self._memory.row.assignee
        if holder and holder != wanted.reviewer:
            raise IllegalTransition(f"claim: {holder} has this case already. Ask them to hand it on.")
        self._memory.become(CaseStatus.WITH_HUMAN, now, assignee=wanted.reviewer)
        self._memory.audit(wanted.reviewer, "claim", now)
        return self.receipt()

    def check_reply(self, wanted: PersonReply) -> str:
        """The clean text. Raises: IllegalTransition, InvalidInput."""
        self.with_person("reply")
        return check_text("text", wanted.text)

    def reply(self, wanted: PersonReply, now: datetime) -> Receipt:
        """A person's words to the customer; the same message id is taken once."""
        text = self.check_reply(wanted)
        row = self._memory.row
        message_id = wanted.message_id or identity(row.case_id, row.version, wanted.reviewer, text)
        if message_id in self._memory.seen:
            return self.receipt(message_id, duplicate=True)
        self._memory.seen[message_id] = "person"
        self._memory.become(CaseStatus.WITH_HUMAN, now, assignee=row.assignee or wanted.reviewer, reply=text, due_at=None)
        self._person_says(message_id, wanted.reviewer, text, now)
        self._memory.audit(wanted.reviewer, "reply", now, message_id=message_id)
        return self.receipt(message_id)

    def hand_back(self, wanted: HandBack, now: datetime) -> Receipt:
        """The agent goes on with the person's note."""
        self.with_person("hand_back")
        note = check_text("note", wanted.note)
        self._memory.audit(wanted.reviewer, "hand_back", now, note=note)
        self._memory.handed_back = f"{wanted.reviewer}\n{note}"
        return self.receipt()

    def resolve(self, wanted: Resolve, now: datetime) -> Receipt:
        """The person ends the case, with a last reply or without."""
        self.with_person("resolve")
        row = self._memory.row
        reply = check_text("reply", wanted.reply) if wanted.reply else None
        self._memory.become(
            CaseStatus.RESOLVED, now, assignee=row.assignee or wanted.reviewer, reply=reply or row.reply, due_at=None
        )
        if reply:
            message_id = identity(row.case_id, row.version, "resolve")
            self._memory.seen[message_id] = "person"
            self._person_says(message_id, wanted.reviewer, reply, now)
        self._memory.audit(wanted.reviewer, "resolve", now, note=wanted.note)
        return self.receipt()

    def ask_for_person(self, words: str) -> None:
        """Honoured at any moment; nothing to do where a person has the case already."""
        if self._memory.row.status is not CaseStatus.WITH_HUMAN:
            self._memory.interruption = Escalation(reason="customer_asked", words=words)

    def close(self, by: str) -> None:
        """End the case as soon as nothing is being written."""
        self._memory.closing = by

    def _person_says(self, message_id: str, name: str, text: str, now: datetime) -> None:
        self._memory.say(
            Message(
                message_id=message_id,
                author=Author.PERSON,
                text=text,
                at=now,
                turn=self._memory.row.turn,
                sequence=self._memory.heard,
                by=name,
            )
        )
