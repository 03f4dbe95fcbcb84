"""Mail: what one says and who vouches for its sender, what became of it, and what left the house."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.errors import HandrailError

CHANNEL = "mail"
PACED = "An automatic mail went to this address a short while ago."
"""The words of a mail that may not leave yet."""
UNIDENTIFIED = "mail-unidentified."
"""Ids of customers of whom nothing is known but an address begin so: the business knows none of them."""


class MailDisposition(StrEnum):
    """The fate of a mail that came in."""

    OPENED = "opened"
    CONTINUED = "continued"
    PEOPLE = "people"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    OWN = "own"
    UNREADABLE = "unreadable"


class Attachment(Stored):
    """An attachment by reference. `kind` is what its first bytes say; `refused` says why nobody gets it, where that is so."""

    position: int
    name: str
    size: int
    kind: str
    sha256: str
    refused: str | None = None


class Bounced(Stored):
    """A report that a mail of ours did not arrive: the Message-ID that it names, and its words."""

    message_id: str | None = None
    recipient: str | None = None
    permanent: bool = False
    words: str = ""


class ReceivedMail(Stored):
    """A mail as it was read. `key` is the same whenever the same mail is read again.

    `automatic` says why a machine wrote it, `vouched` who says that the sender is who they say; empty where nobody does.
    `odd` tells what was left out, in words for people.
    """

    key: str
    message_id: str | None = None
    references: list[str] = Field(default_factory=list)
    sender: str | None = None
    recipients: list[str] = Field(default_factory=list)
    subject: str = ""
    vouched: str = ""
    automatic: str = ""
    bounced: Bounced | None = None
    text: str = ""
    whole: str = ""
    attachments: list[Attachment] = Field(default_factory=list)
    odd: list[str] = Field(default_factory=list)


class MailVerdict(Stored):
    """The verdict on a mail: decided once, and kept before anybody hears of it.

    `customer_id` is whose case is opened; `words` tell people why it went where it went.
    """

    disposition: MailDisposition
    case_id: str | None = None
    message_id: str | None = None
    customer_id: str | None = None
    words: str = ""


class MailEntry(Stored):
    """A mail in the record, in or out, as people see it; of one that goes out `disposition` is whether it has."""

    mail_id: str
    incoming: bool
    at: datetime
    sender: str | None = None
    recipient: str | None = None
    subject: str = ""
    disposition: str
    vouched: str = ""
    words: str = ""
    case_id: str | None = None
    size: int = 0
    attachments: list[Attachment] = Field(default_factory=list)


class AnsweredMail(Stored):
    """The customer's mail that a reply answers."""

    message_id: str | None = None
    references: list[str] = Field(default_factory=list)
    subject: str = ""


class SentBefore(Stored):
    """The automatic mail to an address: how many in a day, how long ago the newest, and whether they come back.

    `overtaken`: a person wrote in the case since this was said.
    """

    within_a_day: int = 0
    seconds_since: float | None = None
    bounced: str | None = None
    first_of_case: bool = True
    overtaken: bool = False


class MailRefused(HandrailError):
    """The mail server refuses this mail for good."""


class MailNotTaken(HandrailError):
    """The mail server did not take the mail now."""
