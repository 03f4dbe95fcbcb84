"""The client for customers who edit or delete messages."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from handrail.domain.case.changes import EditMessage, WithdrawMessage, check_edit, check_withdrawal
from handrail.domain.team.commands import Receipt
from handrail.temporal.cases.opening import CaseOpener


class ChangingClient(CaseOpener):
    """Edits and withdrawals. Both may be repeated."""

    async def edit_message(
        self, case_id: str, message_id: str, text: str, *, edited_at: datetime | None = None, update_id: str | None = None
    ) -> Receipt:
        """Pass on that the customer edited a message; of two edits the one with the later `edited_at` stands.

        Raises:
            InvalidInput, UnknownCase, IllegalTransition, Unreachable.
            UnknownMessage: the case has none of this id, not yet, or too long ago.
        """
        wanted = check_edit(EditMessage(message_id=message_id, text=text, edited_at=edited_at))
        return await self._courier.update(case_id, "edit_message", wanted, Receipt, update_id or f"edit-{uuid4().hex}")

    async def withdraw_message(self, case_id: str, message_id: str, *, update_id: str | None = None) -> Receipt:
        """Pass on that the customer deleted a message. Raises: as `edit_message`."""
        wanted = check_withdrawal(WithdrawMessage(message_id=message_id))
        return await self._courier.update(case_id, "withdraw_message", wanted, Receipt, update_id or f"withdraw-{uuid4().hex}")
