"""Changes of a case that PostgreSQL does not have yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from graphs.handover.handoff import bounded
from graphs.hearing import merged, with_heard
from graphs.state import identity
from handrail.domain.case.cases import AuditEntry, CaseStatus, Commit, check_transition
from handrail.domain.case.handoffs import MessageExtract
from handrail.domain.case.messages import Author, Message
from workflows.memory.fields import CaseFields
from workflows.memory.transcript import BYTES_AT_ONCE, weight

SAID_KEPT = 5


class UnsavedChanges(CaseFields):
    """Changes of a case since the last flush, and the flush itself."""

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

    def audit(self, actor: str, action: str, now: datetime, **details: Any) -> None:
        """Note who did what."""
        self.audited += 1
        entry_id = identity(self.row.case_id, self.row.version, "audit", self.audited, action)
        self.unsaved_audit.append(AuditEntry(entry_id=entry_id, at=now, actor=actor, action=action, details=details))
        self.unsaved = True

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
        messages = {_version(one) for one in commit.messages}
        audit = {one.entry_id for one in commit.audit}
        self.unsaved_messages = [one for one in self.unsaved_messages if _version(one) not in messages]
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
        gone = {one.message_id for one in [*self.messages, *self.inbox] if not one.stands}
        if gone:
            heard = MessageExtract(
                stated=[one for one in heard.stated if one.message_id not in gone],
                said=[one for one in heard.said if one.message_id not in gone],
            )
        self.stated = merged(self.stated, heard.stated)
        self.said = [*self.said, *heard.said][-SAID_KEPT:]
        if packet and self.handoff:
            self.handoff = bounded(with_heard(self.handoff, heard))


def _version(message: Message) -> tuple[str, datetime | None, datetime | None]:
    """Tell the message from itself once it was edited or withdrawn."""
    return message.message_id, message.edited_at, message.withdrawn_at
