"""Changes of a message by its customer: an edit puts other words in its place, a withdrawal none."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from handrail.domain.actions.confirmations import UNCLEAR
from handrail.domain.base import Model
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import MAX_CHARACTERS, check_identifier, check_text

VERSION = "~"
"""Between a message's id and the number of its correction; no id from outside holds it."""
CHANGED = Escalation(
    reason=UNCLEAR,
    words="The customer edited or withdrew words that were being acted on. The packet says what is done.",
)
"""The reason why a person gets a case: something may rest on words that do not stand any more."""
ANEW = 5
"""So often a turn begins anew because its customer edits or withdraws what they wrote; then a person reads it."""
CHANGED_AGAIN = Escalation(
    reason=UNCLEAR,
    words=f"The customer edited or withdrew their words more than {ANEW} times while the agent read them. Read what stands.",
)


class EditMessage(Model):
    """The `edit_message` update: the customer has edited the message `message_id`; `text` is all that it says now.

    Of two edits the one with the later `edited_at` stands, whichever comes first; without one, it is made when it arrives.
    """

    message_id: str
    text: str = Field(description=f"what it says now, 1 to {MAX_CHARACTERS} characters of text")
    edited_at: AwareDatetime | None = Field(default=None, description="when the customer edited it, by the channel's clock")


class WithdrawMessage(Model):
    """The `withdraw_message` update: the customer has deleted the message `message_id`."""

    message_id: str


def check_edit(wanted: EditMessage) -> EditMessage:
    """The edit with clean text. Raises: InvalidInput."""
    check_identifier("message_id", wanted.message_id)
    return wanted.model_copy(update={"text": check_text("text", wanted.text)})


def check_withdrawal(wanted: WithdrawMessage) -> WithdrawMessage:
    """The withdrawal itself. Raises: InvalidInput."""
    check_identifier("message_id", wanted.message_id)
    return wanted
