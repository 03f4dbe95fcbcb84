"""Messages that their customer has edited or withdrawn: what was said stays, with a mark, and what it says now is a message.

What no turn has read yet is read as it is now; what one has read is corrected by a message of its own, as a customer's "no, I
meant" is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from graphs.handover.unsaid import Unsaid
from graphs.state import CaseState
from handrail.domain.case.changes import VERSION, EditMessage
from handrail.domain.case.messages import Author, Message, fingerprint, standing
from handrail.domain.case.reconciling import SentChange
from handrail.domain.errors import IllegalTransition, UnknownMessage
from workflows.memory.fields import NewestEdit
from workflows.memory.transcript import Transcript


class ChangedMessages(Transcript):
    """The customer's messages, and what became of them."""

    def theirs(self, message_id: str) -> Message:
        """The customer's own message under this id, as they wrote it.

        Raises:
            UnknownMessage: there is none, or it is so long ago that only the record has it.
            IllegalTransition: it is nobody's to change.
        """
        found = next((one for one in self._at_hand() if one.message_id == message_id), None)
        if found is None and message_id in self.seen:
            raise UnknownMessage(
                f"message_id: {message_id!r} is too long ago to be changed. Send what is meant as a new message."
            )
        if found is None:
            raise UnknownMessage(
                f"message_id: the case has no message {message_id!r}. Is it on its way? Send this again then."
            )
        if found.author is not Author.CUSTOMER:
            raise IllegalTransition(
                f"message_id: {message_id!r} is not the customer's; only their own can be edited or withdrawn."
            )
        if found.answer is not None:
            raise IllegalTransition(
                f"message_id: {message_id!r} is an answer given on a page. Say otherwise in a new message."
            )
        return found

    def newest_of(self, written: Message) -> Message:
        """Return what stands for the message now: itself, or its newest correction."""
        return next((one for one in self._at_hand()[::-1] if one.corrects == written.message_id), written)

    def edit(self, written: Message, wanted: EditMessage, now: datetime) -> Message:
        """Put other words in the place of a message. Return them: they come in as a message of the customer's."""
        at = min(wanted.edited_at or now, now)
        number = 2
        while (name := f"{written.message_id}{VERSION}{number}") in self.seen:
            number += 1
        self._mark(written, read=self._is_read(written), edited_at=at)
        self.seen[name] = fingerprint(Author.CUSTOMER, wanted.text)
        correction = Message(
            message_id=name,
            author=Author.CUSTOMER,
            text=wanted.text,
            at=now,
            turn=self.row.turn,
            sequence=self.heard,
            corrects=written.message_id,
        )
        self.inbox = [*self.inbox, correction]
        self.unsay()
        return correction

    def overtaken(self, written: Message, wanted: EditMessage) -> bool:
        """Return whether a later edit of the message, or this one itself, came before."""
        before = self.edits.get(written.message_id)
        if wanted.edited_at is None:
            return False
        if before is None:  # as in a case out of its record, which has the time of ours where that was earlier
            return written.edited_at is not None and wanted.edited_at < written.edited_at
        return before.overtakes(wanted.edited_at, fingerprint(Author.CUSTOMER, wanted.text))

    def came(self, written: Message, wanted: EditMessage, now: datetime) -> None:
        """Note an edit, whatever comes of it: also one back to what stands overtakes those before it.

        The time is the channel's as it is: a clock that runs ahead is compared with itself.
        """
        at, text = wanted.edited_at or now, fingerprint(Author.CUSTOMER, wanted.text)
        before = self.edits.get(written.message_id)
        here = {one.message_id for one in self._at_hand()}
        kept = {name: one for name, one in self.edits.items() if name in here}
        self.edits = {**kept, written.message_id: before.then(at, text) if before else NewestEdit(at=at, texts=[text])}

    def retract(self, written: Message, now: datetime) -> None:
        """Take a message back, with all that it was edited to."""
        self._mark(written, read=self._is_read(written), withdrawn_at=now)
        self.unsay()

    def change_again(self, change: SentChange, now: datetime) -> bool:
        """Take an edit or a withdrawal that only a lost run had taken; False where the message is too long ago for it."""
        if all(one.message_id != change.message_id for one in self._at_hand()):
            return False
        written = self.theirs(change.message_id)
        if change.text is None:
            self.retract(written, now)
            return True
        wanted = EditMessage(message_id=change.message_id, text=change.text, edited_at=change.edited_at)
        changes = not self.overtaken(written, wanted) and self.newest_of(written).text != wanted.text
        self.came(written, wanted, now)
        if changes:
            self.edit(written, wanted, now)
        return True

    def unread(self, said: Sequence[Message]) -> None:
        """A turn was cut short, and nothing has come of what was `said` to it: it is read again, where it still stands.

        Of very many messages the memory keeps the newest; the others cannot have been changed meanwhile.
        """
        kept = {one.message_id: one for one in self.messages}
        again = standing([kept.get(one.message_id, one) for one in said])
        names = {one.message_id for one in again}
        self.messages = [one for one in self.messages if one.message_id not in names]
        self.inbox = [*again, *self.inbox]
        self._forget_words(names)

    def still(self, messages: Sequence[Message]) -> list[Message]:
        """Return those of the messages whose words still stand."""
        gone = {one.message_id for one in self._at_hand() if not one.stands}
        return [one for one in messages if one.message_id not in gone]

    def unsay(self) -> None:
        """Words that do not stand any more are taken out of whatever quotes them."""
        unsaid = Unsaid(self._at_hand())
        if not unsaid:
            return
        self.besides, self.asked = unsaid.wishes(self.besides), unsaid.answers(self.asked)
        self.classification = unsaid.classification(self.classification)
        self.handoff = unsaid.packet(self.handoff) if self.handoff else None
        if self.suspended:
            self.suspended = self.suspended.model_copy(update={"state": unsaid.state(self.suspended.state)})

    def unsaid(self, state: CaseState) -> CaseState:
        """Return the state of a turn that goes on no more, without words that do not stand."""
        unsaid = Unsaid(self._at_hand())
        return unsaid.ended(state) if unsaid else state

    def _at_hand(self) -> list[Message]:
        return [*self.messages, *self.inbox]

    def _is_read(self, written: Message) -> bool:
        """Return whether a turn has read what the message says now, or a person."""
        newest = self.newest_of(written).message_id
        return all(one.message_id != newest for one in self.inbox)

    def _mark(self, written: Message, *, read: bool, **mark: datetime) -> None:
        """Mark the message, and what it was edited to; when that was edited in its turn stays as it was."""
        name = written.message_id

        def marked(one: Message) -> Message:
            if name != one.message_id and (one.corrects != name or (one.edited_at and "edited_at" in mark)):
                return one
            return one.model_copy(update=mark)

        before = self._at_hand()
        self.messages = [marked(one) for one in self.messages]
        self.inbox = [marked(one) for one in self.inbox]
        changed = [new for old, new in zip(before, self._at_hand(), strict=True) if new is not old]
        inbox = {one.message_id for one in self.inbox}
        # What is in the inbox is recorded when it is taken out.
        self.unsaved_messages.extend(one for one in changed if one.message_id not in inbox)
        self.unsaved = True
        self._forget_words({one.message_id for one in changed})
        if read:
            self.changed = [*self.changed, next(one for one in changed if one.message_id == name)]

    def _forget_words(self, ids: Collection[str]) -> None:
        """Nothing is made of these words any more."""
        self.stated = [one for one in self.stated if one.message_id not in ids]
        self.said = [one for one in self.said if one.message_id not in ids]
