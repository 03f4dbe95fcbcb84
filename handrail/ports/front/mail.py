"""Ports of mail: the record of it, the cases that it opens, the business's customers, and the way out."""

from __future__ import annotations

from typing import Protocol

from handrail.domain.channels import Departure
from handrail.domain.mail import AnsweredMail, MailDisposition, MailEntry, MailVerdict, ReceivedMail, SentBefore


class MailRecord(Protocol):
    """Mail as it came in and went out."""

    async def known(self, key: str) -> tuple[MailVerdict, bool] | None:
        """Return what was decided of this mail, and whether that is done; None where it is new."""
        ...

    async def keep(self, mail: ReceivedMail, raw: bytes, size: int, verdict: MailVerdict) -> None:
        """Keep a mail and what is to become of it; the same again changes nothing."""
        ...

    async def decide_again(self, key: str, verdict: MailVerdict) -> None:
        """Decide otherwise of a mail of which no case has heard yet."""
        ...

    async def settle(self, key: str) -> None:
        """Note that what was decided is done."""
        ...

    async def sent_by_us(self, message_id: str) -> bool:
        """Return whether a mail with this Message-ID left here."""
        ...

    async def case_of(self, references: list[str]) -> str | None:
        """Return the case to which the first known one of these mails belongs."""
        ...

    async def customer_of(self, case_id: str) -> str | None:
        """Return whose case it is, None where there is none."""
        ...

    async def same(self, customer_id: str, other: str) -> bool:
        """Return whether the two ids were merged into one person."""
        ...

    async def bounced(self, message_id: str, words: str) -> None:
        """Note of a mail of ours that it did not arrive."""
        ...

    async def answered(self, case_id: str, message_id: str) -> AnsweredMail | None:
        """Return the mail by which this message came."""
        ...

    async def sent_before(self, mail_id: str, departure: Departure) -> SentBefore:
        """Tell what automatic mail went to the address, not counting this mail, and whether a person wrote since."""
        ...

    async def keep_sent(self, mail_id: str, departure: Departure, subject: str, raw: bytes, *, automatic: bool) -> None:
        """Keep a mail before it is sent: should the process end behind that, it goes again under the same Message-ID."""
        ...

    async def entries(
        self, *, case_id: str | None = None, disposition: MailDisposition | None = None, most: int = 50
    ) -> list[MailEntry]:
        """Read mail in and out, newest first."""
        ...

    async def raw(self, mail_id: str) -> bytes | None:
        """Return the mail as it came or went: empty once its time was over, None where there is no such mail."""
        ...

    async def read_up_to(self, mailbox: str) -> tuple[int, int] | None:
        """Return the UIDVALIDITY and the last UID that was read; None where none was."""
        ...

    async def note_read(self, mailbox: str, validity: int, uid: int) -> None: ...


class MailCases(Protocol):
    """Cases, whether or not a worker runs."""

    async def open(self, case_id: str, customer_id: str, message_id: str, text: str) -> None:
        """Open a case; the same again changes nothing.

        Raises:
            Unreachable: nobody took it.
        """
        ...

    async def tell(self, case_id: str, message_id: str, text: str) -> bool:
        """Pass a message on; false where the case is over and takes none. Raises: Unreachable."""
        ...

    async def ask_for_person(self, case_id: str, why: str) -> None:
        """Have a person look at the case, where it is not over. Raises: Unreachable."""
        ...


class MailCustomers(Protocol):
    """The business's customers by their addresses."""

    async def of_address(self, address: str) -> str | None:
        """Return the customer who has this address, None where there is none, or more."""
        ...


class MailSender(Protocol):
    """The mail server that takes our mail."""

    async def send(self, content: bytes, sender: str, recipient: str) -> None:
        """Hand a mail over.

        Raises:
            MailRefused: it will not be taken, now or later.
            MailNotTaken: try again.
        """
        ...
