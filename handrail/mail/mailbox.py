"""Reading a mailbox over IMAP: everything that is new, each mail once, and then waiting for the next."""

from __future__ import annotations

import asyncio
import logging
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING

from handrail.domain.errors import HandrailError
from handrail.mail.reading.mail import BEGINNING, LARGEST
from handrail.mail.settings import MailSettings
from handrail.ports.front.mail import MailRecord

if TYPE_CHECKING:
    from aioimaplib import IMAP4, Response

_log = logging.getLogger("handrail.mail")
SECONDS = 60.0
"""The server has to answer within this time."""
IDLE_SECONDS = 1_500.0
LOST = b"the connection is lost"
BACK = timedelta(days=3)
"""Where a server numbers its mail anew, mail of so many days is looked at again."""
_VALIDITY = re.compile(rb"UIDVALIDITY (\d+)")
_NEXT = re.compile(rb"UIDNEXT (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_AMPERSAND = re.compile(r"&(?![A-Za-z0-9+,]*-)")
_UID = re.compile(rb"UID (\d+)")
Take = Callable[[bytes, int], Awaitable[None]]
"""Takes a mail, or its beginning, with its whole size."""


class MailboxFailed(HandrailError):
    """The mailbox cannot be read now."""


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
            validity, last = await self._select(imap)
            if await self._begins(validity):
                await self._read(imap, await self._unread(imap))
                # Only now: what lies between is old mail that somebody has read, and nobody's question any more.
                await self.record.note_read(self._name, validity, last)
            while True:
                await self._go_on(imap, validity)
                self.looked()
                await self._wait(imap)

    @property
    def _name(self) -> str:
        server = self.settings.reading()
        return f"{self.settings.login}@{server.host}:{server.port}/{self.settings.folder}"

    async def _select(self, imap: IMAP4) -> tuple[int, int]:
        """The UIDVALIDITY, and the last UID that is given by now."""
        answer = done(await imap.select(f'"{spelled(self.settings.folder)}"'), "SELECT")
        told = b" ".join(bytes(one) for one in answer.lines)
        validity, following = _VALIDITY.search(told), _NEXT.search(told)
        if not validity or not following:
            raise MailboxFailed("The mail server names no UIDVALIDITY or no UIDNEXT.")
        return int(validity[1]), int(following[1]) - 1

    async def _begins(self, validity: int) -> bool:
        stands = await self.record.read_up_to(self._name)
        return stands is None or stands[0] != validity

    async def _unread(self, imap: IMAP4) -> list[int]:
        """Find what nobody has seen, in order; where the server numbers its mail anew, also what came lately."""
        if await self.record.read_up_to(self._name) is None:
            return await search(imap, "UNSEEN")
        _log.warning("the mail server numbers the mailbox anew; what came lately is looked at again")
        since = (datetime.now(UTC) - BACK).strftime("%d-%b-%Y")
        return await search(imap, "OR", "UNSEEN", "SINCE", since)

    async def _go_on(self, imap: IMAP4, validity: int) -> None:
        """Read what came behind the last one that was read, seen or not."""
        stands = await self.record.read_up_to(self._name)
        last = stands[1] if stands else 0
        # `N:*` names the last mail even where its number is lower.
        for uid in [one for one in await search(imap, "UID", f"{last + 1}:*") if one > last]:
            await self._read(imap, [uid])
            await self.record.note_read(self._name, validity, uid)

    async def _read(self, imap: IMAP4, uids: list[int]) -> None:
        for uid in uids:
            raw, size = await fetch(imap, uid)
            if raw:
                await self.take(raw, size)
                # For people who look into the mailbox; once the first mail was read nothing here goes by it.
                done(await imap.uid("store", str(uid), "+FLAGS.SILENT", r"(\Seen)"), "STORE")

    async def _wait(self, imap: IMAP4) -> None:
        """Wait until the server tells of something, or it is time to look by oneself."""
        if not imap.has_capability("IDLE"):
            await asyncio.sleep(self.settings.poll_seconds)
            done(await imap.noop(), "NOOP")
            return
        # Announcements get lost in proxies that keep a dead connection: so one looks now and then, told or not.
        idling = await imap.idle_start(timeout=IDLE_SECONDS)
        try:
            with suppress(TimeoutError):
                while not _arrived(await imap.wait_server_push(timeout=self.settings.poll_seconds)):
                    pass
        finally:
            imap.idle_done()
        async with asyncio.timeout(SECONDS):
            await idling


def _arrived(pushed: object) -> bool:
    """Return whether the announcement tells of mail; a server also says that it is still there.

    Raises:
        MailboxFailed: there will be no more announcements.
    """
    lines = pushed if isinstance(pushed, list) else [pushed]
    if LOST in lines:
        raise MailboxFailed("The mail server closed the connection.")
    return any(isinstance(one, bytes) and (b"EXISTS" in one or b"RECENT" in one or b"stop_wait" in one) for one in lines)


@asynccontextmanager
async def connection(settings: MailSettings) -> AsyncIterator[IMAP4]:
    """A connection that is logged in.

    Raises:
        MailboxFailed: also for whatever breaks it within the block.
    """
    from aioimaplib import IMAP4, AioImapException  # what reads no mail loads without it

    logging.getLogger("aioimaplib").setLevel(logging.WARNING)  # it writes whole mails into its log
    server = settings.reading()
    imap: IMAP4 | None = None

    def lost(_: Exception | None) -> None:
        if imap is not None:
            imap.protocol.idle_queue.put_nowait([LOST])

    try:
        # The library's class for TLS does not tell that the connection is lost; the plain one with a context does.
        tls = settings.tls() if server.scheme == "imaps" else None
        imap = IMAP4(server.host, server.port, timeout=SECONDS, conn_lost_cb=lost, ssl_context=tls)
        await imap.wait_hello_from_server()
        answer = await imap.login(f'"{_quoted(settings.login)}"', settings.password.get_secret_value())
        if answer.result != "OK":
            raise MailboxFailed("The mail server refuses the login: see HANDRAIL_MAIL_USER and HANDRAIL_MAIL_PASSWORD.")
        yield imap
    except (AioImapException, OSError, TimeoutError, EOFError) as error:
        raise MailboxFailed(f"The mail server does not answer ({type(error).__name__}: {error}).") from error
    finally:
        if imap is not None:
            close(imap)


def spelled(folder: str) -> str:
    """Return the name as IMAP spells it, in modified UTF-7 (RFC 3501, 5.1.3); one that is spelled so already stays."""
    if folder.isascii() and not _AMPERSAND.search(folder):
        return folder
    runs = re.split(r"([^\x20-\x7e]+)", folder)
    ours = (b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") for run in runs[1::2])
    plain = (run.replace("&", "&-") for run in runs[::2])
    return "".join(text + (f"&{other}-" if other else "") for text, other in zip_longest(plain, ours, fillvalue=""))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def close(imap: IMAP4) -> None:
    """Close the connection without a word: the server notices, and nothing waits for its answer."""
    transport = imap.protocol.transport
    if transport is not None:
        transport.close()


def done(answer: Response, what: str) -> Response:
    """Return the answer. Raises: MailboxFailed: it is a refusal."""
    if answer.result != "OK":
        words = b" ".join(bytes(one) for one in answer.lines[:3] if isinstance(one, bytes)).decode("utf-8", "replace")
        raise MailboxFailed(f"The mail server refuses {what}: {words[:200]}")
    return answer


async def search(imap: IMAP4, *criteria: str) -> list[int]:
    """Return the UIDs of what is found, in order."""
    answer = done(await imap.uid_search(*criteria, charset=None), "SEARCH")
    found = [int(one) for line in answer.lines for one in bytes(line).split() if one.isdigit()]
    return sorted(set(found))


async def fetch(imap: IMAP4, uid: int) -> tuple[bytes, int]:
    """Return a mail and its size; of one that is too large its beginning; nothing where it is gone. It stays unseen."""
    sizes = done(await imap.uid("fetch", str(uid), "(UID RFC822.SIZE)"), "FETCH")
    size = next((int(found[1]) for line in sizes.lines if _about(line, uid) and (found := _SIZE.search(bytes(line)))), None)
    if size is None:
        return b"", 0
    wanted = "BODY.PEEK[]" if size <= LARGEST else f"BODY.PEEK[]<0.{BEGINNING}>"
    answer = done(await imap.uid("fetch", str(uid), f"(UID {wanted})"), "FETCH")
    lines = list(answer.lines)
    for place, line in enumerate(lines[:-1]):
        if isinstance(line, bytes) and b"{" in line and isinstance(lines[place + 1], bytearray):
            return bytes(lines[place + 1]), size
    raise MailboxFailed(f"The mail server sent no text of the mail with the UID {uid}.")


def _about(line: object, uid: int) -> bool:
    found = _UID.search(line) if isinstance(line, bytes) else None
    return found is not None and int(found[1]) == uid
