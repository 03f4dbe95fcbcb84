"""A line to an IMAP server: questions asked one after another, in a thread of the line's own."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from socket import SHUT_RDWR
from ssl import SSLContext
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from handrail.domain.errors import HandrailError
from handrail.mail.access import AccessTokens, NoAccessToken
from handrail.mail.reading.mail import BEGINNING, LARGEST
from handrail.mail.settings import MailSettings

if TYPE_CHECKING:
    from imapclient import IMAPClient

SECONDS = 60.0
"""The server has to answer within this time."""
_AMPERSAND = re.compile(r"&(?![A-Za-z0-9+,]*-)")
_Answer = TypeVar("_Answer")


class MailboxFailed(HandrailError):
    """The mailbox cannot be read now."""


class Selected(NamedTuple):
    """A folder as it was opened: its UIDVALIDITY, and the last UID that is given by now."""

    validity: int
    last: int


class ImapLine:
    """A connection that is logged in. Its methods raise what `connection` says as `MailboxFailed`."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, "imap")
        self._client: IMAPClient | None = None
        self._closed = False

    async def open(self) -> None:
        """Connect and log in. Raises: MailboxFailed: the login is refused, no token is given, or there is no STARTTLS."""
        await self._ask(self._connect)
        if (source := self._settings.tokens) is None:
            await self._ask(_log_in, self._imap, self._settings)
            return
        try:
            token = await AccessTokens(source).get()
        except NoAccessToken as error:
            raise MailboxFailed(str(error)) from error
        await self._ask(_log_in_by_token, self._imap, self._settings.login, token)

    async def select(self) -> Selected:
        """Open the folder. Raises: MailboxFailed: the server does not number its mail."""
        told = await self._ask(self._imap.select_folder, named(self._settings.folder))
        if b"UIDVALIDITY" not in told or b"UIDNEXT" not in told:
            raise MailboxFailed("The mail server names no UIDVALIDITY or no UIDNEXT.")
        return Selected(int(told[b"UIDVALIDITY"]), int(told[b"UIDNEXT"]) - 1)

    async def search(self, *criteria: str) -> list[int]:
        """Return the UIDs of what is found, in order."""
        return sorted(set(await self._ask(self._imap.search, list(criteria))))

    async def fetch(self, uid: int) -> tuple[bytes, int]:
        """Return a mail and its size; of one too large its beginning; nothing where it is gone. It stays unseen."""
        size = (await self._ask(self._imap.fetch, [uid], ["RFC822.SIZE"])).get(uid, {}).get(b"RFC822.SIZE")
        if size is None:
            return b"", 0
        wanted = "BODY.PEEK[]" if size <= LARGEST else f"BODY.PEEK[]<0.{BEGINNING}>"
        parts = (await self._ask(self._imap.fetch, [uid], [wanted])).get(uid, {})
        raw = next((part for name, part in parts.items() if name.startswith(b"BODY[]")), None)
        if raw is None:
            raise MailboxFailed(f"The mail server sent no text of the mail with the UID {uid}.")
        return bytes(raw), size

    async def see(self, uid: int) -> None:
        """Mark the mail as seen."""
        await self._ask(self._imap.add_flags, [uid], [rb"\Seen"], True)

    async def wait(self) -> None:
        """Wait until the server announces something, or it is time to look unasked."""
        if await self._ask(self._imap.has_capability, "IDLE"):
            await self._ask(_idle, self._imap, self._settings.poll_seconds)
        else:
            await asyncio.sleep(self._settings.poll_seconds)
            await self._ask(self._imap.noop)

    def close(self) -> None:
        """Close the connection without a word; a thread that waits at it for the server waits no longer."""
        self._closed = True
        if self._client is not None:
            # First the socket: the library would wait for the thread that reads from it.
            with suppress(OSError):  # a connection that is gone is what we want
                self._client.socket().shutdown(SHUT_RDWR)
            self._thread.submit(_hang_up, self._client)
        self._thread.shutdown(wait=False)

    @property
    def _imap(self) -> IMAPClient:
        if self._client is None:
            raise MailboxFailed("The line to the mail server is not open.")
        return self._client

    def _connect(self) -> None:
        from imapclient import IMAPClient

        server = self._settings.reading()
        tls = None if server.scheme == "imap" else self._settings.tls()
        at_once = server.scheme == "imaps"
        client = IMAPClient(server.host, server.port, ssl=at_once, ssl_context=tls if at_once else None, timeout=SECONDS)
        self._client = client
        if self._closed:  # while the thread was on its way
            _hang_up(client)
        elif server.scheme == "imap+starttls":
            _encrypt(client, tls)

    async def _ask(self, question: Callable[..., _Answer], *about: Any) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, *about)


@asynccontextmanager
async def connection(settings: MailSettings) -> AsyncIterator[ImapLine]:
    """A line that is logged in.

    Raises:
        MailboxFailed: also for whatever breaks it within the block.
    """
    from imapclient.exceptions import IMAPClientAbortError, IMAPClientError  # what reads no mail loads without it

    logging.getLogger("imapclient").setLevel(logging.WARNING)  # it writes whole mails into its log
    line = ImapLine(settings)
    try:
        await line.open()
        yield line
    except (IMAPClientAbortError, OSError, EOFError) as error:
        raise MailboxFailed(f"The mail server does not answer ({type(error).__name__}: {error}).") from error
    except IMAPClientError as error:
        raise MailboxFailed(f"The mail server refuses: {str(error)[:200]}") from error
    finally:
        line.close()


def named(folder: str) -> str:
    """Return the folder's name as people see it, also where it is given in IMAP's modified UTF-7 (RFC 3501, 5.1.3)."""
    from imapclient.imap_utf7 import decode

    spelled = folder.isascii() and not _AMPERSAND.search(folder)
    return str(decode(folder.encode())) if spelled else folder


def _hang_up(client: IMAPClient) -> None:
    with suppress(OSError):
        client.shutdown()


def _encrypt(client: IMAPClient, tls: SSLContext | None) -> None:
    if not client.has_capability("STARTTLS"):
        raise MailboxFailed("The mail server offers no STARTTLS. Use imaps://, or let its administrator switch it on.")
    client.starttls(tls)


def _log_in(client: IMAPClient, settings: MailSettings) -> None:
    with _refusing("See HANDRAIL_MAIL_USER and HANDRAIL_MAIL_PASSWORD."):
        client.login(settings.login, settings.password.get_secret_value())


def _log_in_by_token(client: IMAPClient, login: str, token: str) -> None:
    with _refusing("Is HANDRAIL_MAIL_USER the mailbox that the token is for, and may the client read it?"):
        if client.has_capability("AUTH=XOAUTH2"):
            client.oauth2_login(login, token)
        elif client.has_capability("AUTH=OAUTHBEARER"):
            client.oauthbearer_login(login, token)
        else:
            raise MailboxFailed("The mail server takes no access tokens (XOAUTH2, OAUTHBEARER). Use HANDRAIL_MAIL_PASSWORD.")


@contextmanager
def _refusing(advice: str) -> Iterator[None]:
    """Raises: MailboxFailed where the server refuses the login."""
    from imapclient.exceptions import IMAPClientAbortError, LoginError

    try:
        yield
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError):  # the library says both by one class
            raise error.__context__ from None
        raise MailboxFailed(f"The mail server refuses the login. {advice}") from error


def _idle(client: IMAPClient, seconds: float) -> None:
    # Announcements get lost in proxies that keep a dead connection: so one looks now and then, told or not.
    client.idle()
    client.idle_check(timeout=seconds)
    client.idle_done()
