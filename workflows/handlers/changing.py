"""Edits and withdrawals of messages by their customer: taken or refused, no I/O. The loop acts on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue

from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.changes import EditMessage, WithdrawMessage, check_edit, check_withdrawal
from handrail.domain.case.messages import Message
from handrail.domain.errors import IllegalTransition
from handrail.domain.team.commands import Receipt
from workflows.handlers.payloads import NOTHING, parse
from workflows.handlers.taking import Taking
from workflows.memory.case import CaseMemory


def check_editing(memory: CaseMemory, raw: Any) -> tuple[EditMessage, Message]:
    """The clean edit and the message that it is of. Raises: InvalidInput, UnknownMessage, IllegalTransition."""
    wanted = check_edit(parse(EditMessage, raw))
    written = _open(memory, "edit_message", wanted.message_id)
    if written.withdrawn_at is not None:
        raise IllegalTransition(f"edit_message: {wanted.message_id!r} was withdrawn. Send what is meant as a new message.")
    if not _says_already(memory, written, wanted):
        memory.check_room(wanted.text)
    return wanted, written


def edit(memory: CaseMemory, raw: Any, now: datetime) -> Receipt:
    """Put what it says now in the place of a message; what it says already, or a later edit has overtaken, changes nothing."""
    wanted, written = check_editing(memory, raw)
    changes = not _says_already(memory, written, wanted)
    memory.came(written, wanted, now)
    if not changes:
        return _receipt(memory, written, duplicate=True)
    correction = memory.edit(written, wanted, now)
    told = {"message_id": written.message_id, "correction": correction.message_id}
    memory.audit("customer", "message:edited", now, **told, **_as_of(wanted))
    _tell(memory, written, "edited", now)
    return _receipt(memory, written)


def check_withdrawing(memory: CaseMemory, raw: Any) -> Message:
    """The message that is withdrawn. Raises: InvalidInput, UnknownMessage, IllegalTransition."""
    wanted = check_withdrawal(parse(WithdrawMessage, raw))
    return _open(memory, "withdraw_message", wanted.message_id)


def withdraw(memory: CaseMemory, raw: Any, now: datetime) -> Receipt:
    """Take a message back with all that it was edited to; a second time changes nothing."""
    written = check_withdrawing(memory, raw)
    if written.withdrawn_at is not None:
        return _receipt(memory, written, duplicate=True)
    memory.retract(written, now)
    memory.audit("customer", "message:withdrawn", now, message_id=written.message_id)
    _tell(memory, written, "withdrawn", now)
    return _receipt(memory, written)


def _open(memory: CaseMemory, what: str, message_id: str) -> Message:
    if memory.closing or memory.row.status is CaseStatus.CLOSED:
        raise IllegalTransition(f"{what}: the case is closed; nothing in it changes any more.")
    return memory.theirs(message_id)


def _says_already(memory: CaseMemory, written: Message, wanted: EditMessage) -> bool:
    """Return whether the edit changes nothing: the message says so already, or was edited later than this."""
    return memory.overtaken(written, wanted) or memory.newest_of(written).text == wanted.text


def _as_of(wanted: EditMessage) -> dict[str, str]:
    return {"edited_at": wanted.edited_at.isoformat()} if wanted.edited_at else {}


def _tell(memory: CaseMemory, written: Message, how: str, now: datetime) -> None:
    """Tell whoever has the case, or is asked about it."""
    status = memory.row.status
    if status is CaseStatus.WITH_HUMAN:
        memory.become(status, now)  # their packet is another one
        memory.unsaved_handoff = memory.handoff is not None
    if status in (CaseStatus.WITH_HUMAN, CaseStatus.AWAITING_APPROVAL):
        memory.notice = f"{now:%Y-%m-%d %H:%M} UTC: the customer has {how} their message of {written.at:%Y-%m-%d %H:%M} UTC."


def _receipt(memory: CaseMemory, written: Message, *, duplicate: bool = False) -> Receipt:
    row = memory.row
    about = {"message_id": written.message_id, "duplicate": duplicate}
    return Receipt(case_id=row.case_id, status=row.status, turn=row.turn, **about)


class ChangingHandlers(Taking):
    """The updates of a customer who edits or deletes what they wrote. Names and shapes are permanent."""

    @workflow.update(name="edit_message", description="The customer edited a message: {message_id, text, edited_at}")
    def edit_message(self, raw: RawValue = NOTHING) -> Receipt:
        return self._take(lambda: edit(self._memory, raw, workflow.now()))

    @edit_message.validator
    def _check_edit_message(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: check_editing(self._memory, raw))

    @workflow.update(name="withdraw_message", description="The customer deleted a message: {message_id}")
    def withdraw_message(self, raw: RawValue = NOTHING) -> Receipt:
        return self._take(lambda: withdraw(self._memory, raw, workflow.now()))

    @withdraw_message.validator
    def _check_withdraw_message(self, raw: RawValue = NOTHING) -> None:
        self._check(lambda: check_withdrawing(self._memory, raw))
