"""Mail as a front: customers write to the mailbox and answer in its threads; people use the client."""

from __future__ import annotations

import asyncio
import imaplib
import time
from email.message import EmailMessage
from email.policy import SMTP

from psycopg import OperationalError

from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.requests import Receipt
from handrail.drills.chaos.fronts.front import ClientFront
from handrail.drills.chaos.outside.mailing import ADDRESS, AUTHSERV, DrilledMailbox
from handrail.drills.queries import read
from handrail.mail.reading.mail import read_mail
from handrail.mail.tokens import case_id_of
from handrail.postgres.pool import Pool
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.connect import Unreachable

LOOK = 0.3
LEAST_PATIENCE = 10.0
"""Seconds until the same mail is delivered once more: a mailbox is no telephone."""


class MailFront(ClientFront):
    """A customer's mail program. A mail counts as acknowledged once the record has it, and is sent again until then."""

    def __init__(self, cases: CaseClient, box: DrilledMailbox, pool: Pool, sender: str, patience: float) -> None:
        super().__init__(cases)
        self._box, self._pool, self._sender = box, pool, sender
        self._patience = max(LEAST_PATIENCE, patience)

    def case_id(self, text: str, message_id: str) -> str:
        """Return the id of the case that a mail opens."""
        return case_id_of(self._key(self._letter(text, message_id, ADDRESS)))

    def recorded(self, message_id: str, text: str) -> str:
        """See `Front`: the same mail has the same key, to whichever address it goes."""
        return f"mail-{self._key(self._letter(text, message_id, ADDRESS))}"

    async def open_case(self, case_id: str, customer_id: str, text: str, *, message_id: str) -> Receipt:
        """See `Front`."""
        return await self._sent(case_id, text, message_id, ADDRESS)

    async def say(self, case_id: str, text: str, *, message_id: str) -> Receipt:
        """See `Front`."""
        return await self._sent(case_id, text, message_id, self._box.answer_to(case_id))

    async def _sent(self, case_id: str, text: str, message_id: str, to: str) -> Receipt:
        named = self.recorded(message_id, text)
        try:
            await self._box.put(self._letter(text, message_id, to), case_id, named)
        except (OSError, imaplib.IMAP4.error) as error:
            raise Unreachable(f"the mailbox took nothing: {type(error).__name__}") from error
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            try:
                found = await read(self._pool, "chaos_turn_of_message", case_id=case_id, message_id=named)
            except OperationalError:
                found = []
            if found:
                turn = int(found[0]["turn"])
                return Receipt(case_id=case_id, status=CaseStatus.WORKING, turn=turn, message_id=named, duplicate=True)
            await asyncio.sleep(LOOK)
        raise Unreachable(f"{named} is not in the record after {self._patience:g} s")

    def _letter(self, text: str, message_id: str, to: str) -> bytes:
        """Return the mail as the house's own server hands it on: with its word on the sender."""
        mail = EmailMessage(policy=SMTP)
        domain = self._sender.rpartition("@")[2]
        mail["Authentication-Results"] = f"{AUTHSERV}; dmarc=pass header.from={domain}"
        mail["From"], mail["To"] = self._sender, to
        mail["Message-ID"] = f"<{message_id}@customer.example>"
        mail.set_content(text)
        return mail.as_bytes()

    def _key(self, raw: bytes) -> str:
        return read_mail(raw, AUTHSERV).key
