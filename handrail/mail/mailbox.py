"""Reading a mailbox over IMAP: everything that is new, each mail once, and then waiting for the next."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from handrail.mail.imap import ImapLine, connection
from handrail.mail.settings import MailSettings
from handrail.ports.front.mail import MailRecord

_log = logging.getLogger("handrail.mail")
BACK = timedelta(days=3)
"""Where a server numbers its mail anew, mail of so many days is looked at again."""
Take = Callable[[bytes, int], Awaitable[None]]
"""Takes a mail, or its beginning, with its whole size."""


@dataclass(slots=True)
class Mailbox:
    """One folder of one account. `take` is given every mail that is new; what raises there is given to it again."""

    settings: MailSettings
    record: MailRecord
    take: Take
    looked: Callable[[], None] = lambda: None

    async def forever(self) -> None:
        """Read what is there, then wait, for as long as the connection lasts.

        Raises:
            MailboxFailed: the server is away, refuses, or closes the connection.
        """
        async with connection(self.settings) as imap:
            validity, last = await imap.select()
            if await self._begins(validity):
                await self._read(imap, await self._unread(imap))
                # Only now: what lies between is old mail that somebody has read, and nobody's question any more.
                await self.record.note_read(self._name, validity, last)
            while True:
                await self._go_on(imap, validity)
                self.looked()
                await imap.wait()

    @property
    def _name(self) -> str:
        server = self.settings.reading()
        return f"{self.settings.login}@{server.host}:{server.port}/{self.settings.folder}"

    async def _begins(self, validity: int) -> bool:
        stands = await self.record.read_up_to(self._name)
        return stands is None or stands[0] != validity

    async def _unread(self, imap: ImapLine) -> list[int]:
        """Find what nobody has seen, in order; where the server numbers its mail anew, also what came lately."""
        if await self.record.read_up_to(self._name) is None:
            return await imap.search("UNSEEN")
        _log.warning("the mail server numbers the mailbox anew; what came lately is looked at again")
        since = (datetime.now(UTC) - BACK).strftime("%d-%b-%Y")
        return await imap.search("OR", "UNSEEN", "SINCE", since)

    async def _go_on(self, imap: ImapLine, validity: int) -> None:
        """Read what came behind the last one that was read, seen or not."""
        stands = await self.record.read_up_to(self._name)
        last = stands[1] if stands else 0
        # `N:*` names the last mail even where its number is lower.
        for uid in [one for one in await imap.search("UID", f"{last + 1}:*") if one > last]:
            await self._read(imap, [uid])
            await self.record.note_read(self._name, validity, uid)

    async def _read(self, imap: ImapLine, uids: list[int]) -> None:
        for uid in uids:
            raw, size = await imap.fetch(uid)
            if raw:
                await self.take(raw, size)
                # For people who look into the mailbox; once the first mail was read nothing here goes by it.
                await imap.see(uid)
