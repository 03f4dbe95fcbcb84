"""Sending letters: once as far as anybody can tell, and only what is still so when they leave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

from handrail.domain.letters import HouseLetter, LetterKind, LetterState
from handrail.domain.mail import MailNotTaken, MailRefused
from handrail.mail.outgoing import BATCH, LEASE, PAUSES
from handrail.mail.reading.headers import answerable
from handrail.ports.front.letters import Letters
from handrail.ports.front.mail import MailSender

_log = logging.getLogger("handrail.mail")


@dataclass(frozen=True, slots=True)
class LetterLater:
    """A letter that must not leave now."""

    pause: timedelta
    words: str


@dataclass(frozen=True, slots=True)
class LetterDropped:
    """A letter that has nothing left to say."""

    words: str


Maker = Callable[[HouseLetter], Awaitable[EmailMessage | LetterLater | LetterDropped]]
"""Makes a letter of what is so now."""


@dataclass(frozen=True, slots=True)
class LetterSending:
    """Sends letters from the house's address; each kind has its maker."""

    letters: Letters
    sender: MailSender
    address: str
    makers: Mapping[LetterKind, Maker]

    async def send_due(self) -> int:
        """Send what is due, one after the other; return how many were looked at."""
        found = await self.letters.due(BATCH, LEASE)
        for letter in found:
            await self._send(letter)
        return len(found)

    async def _send(self, letter: HouseLetter) -> None:
        if not answerable(letter.address):
            await self._failed(letter, "No mail can be sent to this address as it is written.")
            return
        made = await self.makers[letter.kind](letter)
        if isinstance(made, LetterLater):
            await self.letters.postpone(letter, made.pause, made.words, counts=False)
        elif isinstance(made, LetterDropped):
            await self.letters.settle(letter, LetterState.DROPPED, made.words)
        else:
            await self._hand_over(letter, made)

    async def _hand_over(self, letter: HouseLetter, mail: EmailMessage) -> None:
        try:
            await self.sender.send(mail.as_bytes(), self.address, mail["To"].addresses[0].addr_spec)
        except MailRefused as error:
            await self._failed(letter, str(error))
        except MailNotTaken as error:
            if letter.attempts > len(PAUSES):
                await self._failed(letter, str(error))
            else:
                await self.letters.postpone(letter, timedelta(seconds=PAUSES[letter.attempts - 1]), str(error))
        else:
            await self.letters.settle(letter, LetterState.SENT)

    async def _failed(self, letter: HouseLetter, words: str) -> None:
        # Whose address it is stands in the letter's row; logs hold none.
        _log.warning("letter %s did not go out: %s", letter.letter_id, words)
        await self.letters.settle(letter, LetterState.FAILED, words)


async def send_letters_forever(
    sending: LetterSending, first: Callable[[], Awaitable[None]], well: Callable[[], None], poll_seconds: float
) -> None:
    """Do what comes first, then send what is due, now and then, until cancelled; `well` hears each time that it went well."""
    while True:
        await first()
        while await sending.send_due() == BATCH:
            pass
        well()
        await asyncio.sleep(poll_seconds)
