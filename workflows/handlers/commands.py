"""Commands of people and backends to a case. Pure: changes the memory, raises what is refused, does no I/O."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from temporalio.common import RawValue

from graphs.state import identity
from handrail.domain.actions.approvals import Approval, Decision, DecisionInput, DecisionKind, Permit, Source
from handrail.domain.actions.decisions import find, progress, settle
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import (
    MAX_CHARACTERS,
    MAX_NAME,
    Author,
    IncomingMessage,
    Message,
    check_identifier,
    check_message,
    check_name,
    check_text,
    fingerprint,
    parts_of,
)
from handrail.domain.case.openings import ODD_MESSAGE, PREFIX, Opening, read_message, read_opening
from handrail.domain.case.ratings import MAX_COMMENT, RateCase
from handrail.domain.errors import ApprovalRefused, CaseConflict, IllegalTransition, InvalidInput
from handrail.domain.team.commands import ClaimCase, HandBack, PersonReply, Receipt, Release, ResolveCase, same_name
from workflows.handlers.payloads import LARGEST, MAX_NOTE, parse, tidy, value_of
from workflows.handlers.recusing import refuse_recused
from workflows.memory.case import CaseMemory
from workflows.page.entries import HAND_BACK, entries
from workflows.steps.handback import refuse_another

AUDITED = frozenset(
    {"approval_id", "revision", "arguments_hash", "identity", "sender", "roles", "reviewers_version", "via", "note"}
)


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
        if self._memory.known(message.message_id, Author.CUSTOMER, message.text):
            return message
        self._memory.check_room(message.text)
        if self._memory.closing or self._memory.row.status is CaseStatus.CLOSED:
            raise IllegalTransition("the case is closed; open a new one.")
        return message

    def message(self, raw: Any, now: datetime) -> Receipt:
        """Put a message into the inbox; the same message id is taken once."""
        message = self.check_message(raw)
        taken = self._memory.take(message, now)
        return self.receipt(message.message_id, duplicate=not taken)

    def any_message(self, raw: RawValue, now: datetime) -> Receipt:
        """Take a message that came as a signal, in any form that has text: nobody would hear that it was refused.

        A person reads it where its meaning is not certain, or it had to be cut.

        Raises:
            InvalidInput, CaseConflict, IllegalTransition.
        """
        given = value_of(raw, LARGEST, plain=False)
        words = read_message(given, self.unnamed(given if isinstance(given, str) else ""))
        if not words.odd:
            return self.message(words.message.model_dump(), now)
        self.check_message(words.message.model_dump())
        memory, message = self._memory, words.message
        if not memory.take(message, now):
            return self.receipt(message.message_id, duplicate=True)
        of, row = message.message_id, memory.row
        behind = parts_of(of, words.rest, at=now, of=of, sequence=memory.heard, turn=row.turn)
        memory.unsaved_messages.extend(behind)
        memory.unsaved = True
        why = f"A message came in a form of its own: {' '.join(words.odd)}"
        memory.notice = f"{now:%Y-%m-%d %H:%M} UTC, message {message.message_id}: {why}"
        self.ask_for_person(why, ODD_MESSAGE)
        return self.receipt(message.message_id)

    def check_open(self, raw: RawValue) -> None:
        """Check that a repeated opening says nothing new. Raises: InvalidInput, CaseConflict."""
        given = value_of(raw, LARGEST, plain=False)
        row = self._memory.row
        if given is not None and read_opening([given], f"{PREFIX}{row.case_id}").digest != row.content_digest:
            raise CaseConflict(
                f"case_id: {row.case_id} stands with other content. Use another id for a new case, "
                "or `send_message` to add a message to this one."
            )

    def opened(self, opening: Opening, *, duplicate: bool) -> Receipt:
        """The case stands in the record."""
        first = self._memory.opened.message.message_id
        return self.receipt(first, duplicate=duplicate).model_copy(update={"notice": opening.why or None})

    def check_decision(self, raw: Any, now: datetime) -> tuple[DecisionInput, Approval]:
        """The decision and the open approval it is about. Raises: InvalidInput, ApprovalRefused."""
        wanted = self._clean(parse(DecisionInput, raw))
        return wanted, self.undecided(wanted, now)

    def undecided(self, wanted: DecisionInput, now: datetime) -> Approval:
        """The open approval, while a decision on it can still have its effect. Raises: ApprovalRefused."""
        approval = find(self._memory.approvals, wanted, now)
        if self._memory.interruption or self._memory.closing or self._memory.changed:
            raise ApprovalRefused("the case is just going to a person or being closed; the request is withdrawn.")
        return approval

    def settle(self, approval: Approval, permit: Permit, now: datetime, source: Source) -> Approval:
        """Apply the permitted decision to the approval: settled, once, or open with one more yes.

        Raises:
            ApprovalRefused: the person proposed it, or has approved it already.
        """
        decision = permit.decision
        refuse_recused(self._memory, ApprovalRefused, "reviewer", decision.reviewer)
        settled = settle(approval, decision, no_self_approval=permit.no_self_approval)
        self._memory.keep(settled)
        # A newer version of the row, so that what the approval has become stands above what it was.
        self._memory.become(self._memory.row.status, now)
        self._record(f"decision:{decision.decision}", decision, now, source, progress=progress(settled) or None)
        if settled.decision is None:
            self._memory.notice = f"Approved, {progress(settled)}. It needs another person's approval."
        else:
            self._memory.decided = settled.decision
            self._memory.notice = None  # what was said about the open question
        return settled

    def refused(self, decision: Decision, words: str, now: datetime, source: Source) -> None:
        """Note who tried to decide what they may not."""
        self._record(f"refused:{decision.decision}", decision, now, source, refused=words)

    def _record(self, action: str, decision: Decision, now: datetime, source: Source, **more: Any) -> None:
        said = decision.model_dump(mode="json", include=set(AUDITED))
        told = {name: value for name, value in {**said, **source.event, **more}.items() if value is not None}
        self._memory.audit(decision.reviewer or "unnamed", action, now, **told)

    def check_click(self, name: str, data: Any) -> tuple[str, Approval | None, str | None, str | None]:
        """Return the chosen entry, its approval, the clean note, and a topic. Raises: ApprovalRefused, InvalidInput."""
        if name not in entries(self._memory):
            raise ApprovalRefused(self.unknown_name(name))
        what, approval_id = entries(self._memory)[name]
        shown = next((one for one in self._memory.open_approvals if one.approval_id == approval_id), None)
        note, topic = data, None
        if what == HAND_BACK and isinstance(data, dict) and data.keys() <= {"note", "topic"}:
            note, topic = data.get("note"), data.get("topic")
        if not all(one is None or isinstance(one, str) for one in (note, topic)):
            or_both = ' or {"note": "…", "topic": "NAME"}' if what == HAND_BACK else ""
            raise InvalidInput(f'note: must be empty or a JSON string, for example "amount is wrong"{or_both}.')
        return what, shown, tidy("note", note), tidy("topic", topic, MAX_NAME)

    def unknown_name(self, name: str) -> str:
        """Return the refusal of a name that nothing answers to."""
        names = "; ".join(f"‘{entry}’" for entry in entries(self._memory)) or "nothing"
        return f"nothing here is called {name[:80]!r}. Open now: {names}. Press R in the Web UI to see the current names."

    def bare(self, word: DecisionKind, raw: Any) -> DecisionInput:
        """A plain `approve` or `reject` signal: only with approval id and revision, else it could hit another request."""
        given = value_of(raw)
        fields = given if isinstance(given, dict) else {}
        if not fields.get("approval_id") or fields.get("revision") is None:
            raise ApprovalRefused(f"a bare ‘{word}’ names no approval and revision. {self.unknown_name(word)}")
        if fields.get("decision", word) != word:
            raise ApprovalRefused(
                f"decision: {str(fields['decision'])[:40]!r} does not go with the signal ‘{word}’. Leave it out."
            )
        return self._clean(parse(DecisionInput, {**fields, "decision": word}))

    def _clean(self, wanted: DecisionInput) -> DecisionInput:
        reviewer = check_name("reviewer", wanted.reviewer) if wanted.reviewer else ""
        note, answer = tidy("note", wanted.note), tidy("answer", wanted.answer, MAX_CHARACTERS)
        return wanted.model_copy(update={"reviewer": reviewer, "note": note, "answer": answer})

    def with_person(self, what: str, who: str | None = None) -> None:
        """Raises: IllegalTransition: the case is not with a person, or was taken over from this one."""
        status = self._memory.row.status
        if status is not CaseStatus.WITH_HUMAN:
            raise IllegalTransition(
                f"{what}: the case is {status}, not WithHuman. Ask for it first with the signal request_human."
            )
        if self._memory.handed_back or self._memory.interruption or self._memory.closing:
            raise IllegalTransition(f"{what}: the case is just being handed back, passed on or closed. Look at it again.")
        if who:
            refuse_recused(self._memory, IllegalTransition, what, who)
        holder = self._memory.row.assignee
        if not who or not holder or same_name(who, holder):
            return
        if any(same_name(who, one) for one in self._memory.lost):
            raise IllegalTransition(f"{what}: {holder} has taken this case over from {who}. Claim another one.")

    def check_claim(self, wanted: ClaimCase) -> None:
        """Another's case is not taken away from under them: whoever takes it over names them. Raises: IllegalTransition."""
        self.with_person("claim")
        refuse_recused(self._memory, IllegalTransition, "claim", wanted.reviewer)
        holder = self._memory.row.assignee
        if holder and not any(same_name(holder, one) for one in (wanted.reviewer, wanted.instead_of or "")):
            raise IllegalTransition(f"claim: {holder} has this case already. Ask them to hand it on.")

    def claim(self, wanted: ClaimCase, now: datetime, **told: Any) -> Receipt:
        """The person takes the case; a second time changes nothing."""
        self.check_claim(wanted)
        holder, memory = self._memory.row.assignee, self._memory
        if holder and same_name(holder, wanted.reviewer):
            return self.receipt()
        memory.let_go()
        memory.lost = [name for name in memory.lost if not same_name(name, wanted.reviewer)]
        memory.become(CaseStatus.WITH_HUMAN, now, assignee=wanted.reviewer)
        memory.audit(wanted.reviewer, "claim", now, **({"instead_of": holder} if holder else {}), **told)
        return self.receipt()

    def check_release(self, wanted: Release) -> None:
        """Check that people release their own case only. Raises: IllegalTransition."""
        self.with_person("release")
        holder = self._memory.row.assignee
        if holder and not same_name(holder, wanted.reviewer):
            raise IllegalTransition(f"release: {holder} has this case, not {wanted.reviewer}. Nothing is to be put back.")

    def release(self, wanted: Release, now: datetime, **told: Any) -> Receipt:
        """Back into its queue, with the answer due as it was; nothing to do where nobody has it."""
        self.check_release(wanted)
        if self._memory.row.assignee:
            self._memory.let_go()
            self._memory.become(CaseStatus.WITH_HUMAN, now, assignee=None)
            self._memory.audit(wanted.reviewer, "release", now, **told)
        return self.receipt()

    def check_reply(self, wanted: PersonReply) -> tuple[str, str, bool]:
        """Message id, clean text, and whether it was taken before, whatever the case has come to since.

        Raises:
            IllegalTransition, InvalidInput, CaseConflict.
        """
        text = check_text("text", wanted.text)
        if wanted.message_id is not None:
            check_identifier("message_id", wanted.message_id)
        message_id = wanted.message_id or self.unnamed(wanted.reviewer, text)
        known = self._memory.known(message_id, Author.PERSON, text)
        if not known:
            self.with_person("reply", wanted.reviewer)
            self._memory.check_room(text)
        return message_id, text, known

    def reply(self, wanted: PersonReply, now: datetime, **told: Any) -> Receipt:
        """A person's words to the customer; the same message id is taken once."""
        message_id, text, known = self.check_reply(wanted)
        if known:
            return self.receipt(message_id, duplicate=True)
        row = self._memory.row
        self._memory.seen[message_id] = fingerprint(Author.PERSON, text)
        self._memory.notice = None  # nobody is awaited any more
        self._memory.become(CaseStatus.WITH_HUMAN, now, assignee=row.assignee or wanted.reviewer, reply=text, due_at=None)
        self._person_says(message_id, wanted.reviewer, text, now)
        self._memory.audit(wanted.reviewer, "reply", now, message_id=message_id, **told)
        return self.receipt(message_id)

    def check_hand_back(self, wanted: HandBack) -> str:
        """The clean note. Raises: IllegalTransition, InvalidInput."""
        self.with_person("hand_back", wanted.reviewer)
        refuse_another(self._memory, wanted.topic)
        return check_text("note", wanted.note, MAX_NOTE)

    def hand_back(self, wanted: HandBack, now: datetime, **told: Any) -> Receipt:
        """The agent goes on with the person's note; what it then wants to do is not theirs to approve."""
        note = self.check_hand_back(wanted)
        named = {"topic": wanted.topic} if wanted.topic else {}
        self._memory.audit(wanted.reviewer, "hand_back", now, note=note, **named, **told)
        self._memory.handed_back_topic = wanted.topic
        self._memory.handed_back = f"{wanted.reviewer}\n{note}"
        self._memory.handed_back_by = list(dict.fromkeys([*self._memory.handed_back_by, wanted.reviewer]))
        return self.receipt()

    def check_resolve(self, wanted: ResolveCase) -> tuple[str | None, str | None]:
        """The clean note and reply. Raises: IllegalTransition, InvalidInput."""
        self.with_person("resolve", wanted.reviewer)
        reply = tidy("reply", wanted.reply, MAX_CHARACTERS)
        if reply:
            self._memory.check_room(reply)
        return tidy("note", wanted.note), reply

    def resolve(self, wanted: ResolveCase, now: datetime, **told: Any) -> Receipt:
        """The person ends the case, with a last reply or without."""
        note, reply = self.check_resolve(wanted)
        self._memory.notice = None
        row = self._memory.row
        self._memory.become(
            CaseStatus.RESOLVED, now, assignee=row.assignee or wanted.reviewer, reply=reply or row.reply, due_at=None
        )
        if reply:
            message_id = self.unnamed("resolve")
            self._memory.seen[message_id] = fingerprint(Author.PERSON, reply)
            self._person_says(message_id, wanted.reviewer, reply, now)
        self._memory.audit(wanted.reviewer, "resolve", now, note=note, **told)
        return self.receipt()

    def rating(self, raw: RawValue) -> RateCase:
        """Return the customer's rating, its comment as plain text. Raises: InvalidInput."""
        given = parse(RateCase, raw)
        return given.model_copy(update={"comment": tidy("comment", given.comment, MAX_COMMENT)})

    def unnamed(self, *parts: str) -> str:
        """An id for a message that came without one; the same where the run is begun again and hears it again."""
        return identity(self._memory.row.case_id, "heard", self._memory.heard, *parts)

    def ask_for_person(self, words: str, reason: str = "customer_asked") -> None:
        """Honoured at any moment; nothing to do where a person has the case already and keeps it."""
        if self._memory.row.status is not CaseStatus.WITH_HUMAN or self._memory.handed_back:
            self._memory.interruption = Escalation(reason=reason, words=words)

    def close(self, by: str, raw: Any) -> None:
        """End the case as soon as nothing is being written. Raises: InvalidInput where more than a note was sent."""
        if value_of(raw) not in (None, {}) and not isinstance(value_of(raw), str):
            raise InvalidInput('input: closing takes nothing, or a JSON string as a note, for example "spam".')
        note = value_of(raw)
        self._memory.closing = f"{by}\n{tidy('note', note) or ''}" if isinstance(note, str) else by

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
