"""Sending what waits for departure: once as far as anybody can tell, and never in circles with another machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from handrail.domain.channels import Departure
from handrail.domain.mail import CHANNEL, PACED, MailNotTaken, MailRefused, SentBefore
from handrail.mail.composing import Letterhead, is_automatic
from handrail.mail.reading.headers import answerable
from handrail.ports.front.channels import Channels
from handrail.ports.front.mail import MailCases, MailRecord, MailSender

LEASE = timedelta(minutes=5)
"""A mail that was taken up and not settled goes out again behind this: longer than any server takes to answer."""
BATCH = 20
PAUSES = (60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 43_200, 86_400)
"""Seconds between attempts: the last one is three days behind the first."""
UNANSWERABLE = "No mail can be sent to this address as it is written. Reach the customer another way."
UNWRITTEN = "No mail could be made of this reply. Reach the customer another way."
UNSENT = "The mail could not be handed over to the mail server. Reach the customer another way."
_log = logging.getLogger("handrail.mail")


@dataclass(frozen=True, slots=True)
class MailLimits:
    """The bounds of what a machine sends to one address, so that two machines cannot write to each other for long."""

    pause: timedelta = timedelta(minutes=10)
    a_day: int = 5


@dataclass(frozen=True, slots=True)
class MailOutgoing:
    """Sends departures of the channel."""

    record: MailRecord
    channels: Channels
    cases: MailCases
    sender: MailSender
    letterhead: Letterhead
    limits: MailLimits

    async def send_due(self) -> int:
        """Send what is due, one after the other; return how many were looked at."""
        found = await self.channels.due(CHANNEL, BATCH, LEASE)
        for departure in found:
            await self._send(departure)
        return len(found)

    async def _send(self, departure: Departure) -> None:
        if not answerable(departure.address):
            await self._failed(departure, UNANSWERABLE)
            return
        letter = self.letterhead
        mail_id = letter.id_of(departure)
        before = await self.record.sent_before(mail_id, departure)
        if is_automatic(departure) and not await self._may(departure, before):
            return
        answered = await self.record.answered(departure.case_id, departure.answers)
        try:
            mail = letter.compose(departure, answered, first=before.first_of_case)
            subject, content = str(mail["Subject"]), mail.as_bytes()
        except Exception as error:  # noqa: BLE001 - whatever one mail does to the library, the others leave
            await self._failed(departure, UNWRITTEN, error)
            return
        await self.record.keep_sent(mail_id, departure, subject, content, automatic=is_automatic(departure))
        try:
            await self.sender.send(content, letter.address, departure.address)
        except MailRefused as error:
            await self._failed(departure, str(error))
        except MailNotTaken as error:
            await self._later(departure, str(error))
        except Exception as error:  # noqa: BLE001 - as above
            await self._failed(departure, UNSENT, error)
        else:
            await self.channels.sent(departure)
            await self.record.settle(mail_id)

    async def _may(self, departure: Departure, before: SentBefore) -> bool:
        """Return whether a machine may write to this address now; where not, later, or a person has to."""
        if before.overtaken:
            await self.channels.failed(departure, "A person has written since.")
        elif before.bounced is not None:
            await self._failed(departure, f"Mail to this address comes back: {before.bounced}")
        elif before.within_a_day >= self.limits.a_day:
            words = f"{before.within_a_day} automatic mails went to this address within a day; a person has to write now."
            await self._failed(departure, words)
        elif before.seconds_since is not None and before.seconds_since < self.limits.pause.total_seconds():
            left = self.limits.pause - timedelta(seconds=before.seconds_since)
            await self.channels.postponed(departure, left, PACED)
        else:
            return True
        return False

    async def _later(self, departure: Departure, words: str) -> None:
        if departure.attempts > len(PAUSES):
            await self._failed(departure, words)
        else:
            await self.channels.postponed(departure, timedelta(seconds=PAUSES[departure.attempts - 1]), words)

    async def _failed(self, departure: Departure, words: str, error: Exception | None = None) -> None:
        """Give it up: whoever has the case must know, so a person is asked for first."""
        kind = f" ({type(error).__name__})" if error else ""  # its words may hold the address, and that is not logged
        _log.warning("case %s: a mail did not go out: %s%s", departure.case_id, words, kind)
        await self.cases.ask_for_person(departure.case_id, words)
        await self.channels.failed(departure, words)


async def send_forever(outgoing: MailOutgoing, woken: asyncio.Event, poll_seconds: float, well: Callable[[], None]) -> None:
    """Send what is due, whenever something was announced and now and then, until cancelled; `well` hears that it went well."""
    while True:
        woken.clear()
        while await outgoing.send_due() == BATCH:
            pass
        well()
        try:
            async with asyncio.timeout(poll_seconds):
                await woken.wait()
        except TimeoutError:
            continue
