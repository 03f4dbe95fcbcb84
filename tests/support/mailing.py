"""Mail for tests: a real IMAP server, a real SMTP server, and Handrail's mail between them and a house."""

from __future__ import annotations

import asyncio
import imaplib
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import make_msgid
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from handrail.background import BackgroundTroubles
from handrail.embedded.ports import HOST, free_block
from handrail.embedded.process import Command, run
from handrail.mail.settings import MailSettings
from handrail.wiring.front.mail import run_mail
from tests.support.house import House

USER, PASSWORD = "support", "a-password-of-tests"
ADDRESS = "support@shop.example"
AUTHSERV = "mx.shop.example"
KEY = "k" * 40


class ImapServer:
    """An IMAP server in a process of its own."""

    name = "imap"
    needs: tuple[str, ...] = ()

    def __init__(self, port: int, keys: Path | None = None) -> None:
        self.port, self.keys = port, keys

    def prepare(self) -> None:
        """Prepare nothing: it keeps nothing on disk."""

    def command(self) -> Command:
        program = str(Path(sys.executable).parent / "pymap")
        listening = (
            "--host",
            HOST,
            "--port",
            str(self.port),
            *(("--no-tls",) if self.keys is None else ("--cert", str(self.keys), "--key", str(self.keys))),
            "--no-service",
            "admin",
            "--no-service",
            "managesieve",
        )
        return Command(argv=(program, *listening, "dict", "--demo-user", USER, "--demo-password", PASSWORD))

    async def ready(self, pid: int) -> bool:
        """Return whether it greets."""
        try:
            reader, writer = await asyncio.open_connection(HOST, self.port)
        except OSError:
            return False
        greeted = (await reader.readline()).startswith(b"* OK")
        writer.close()
        return greeted

    @contextmanager
    def login(self) -> Iterator[imaplib.IMAP4]:
        """A client beside ours."""
        client = imaplib.IMAP4("localhost", self.port, timeout=30)
        if self.keys is not None:
            client.starttls(ssl.create_default_context(cafile=self.keys))
        client.login(USER, PASSWORD)
        try:
            yield client
        finally:
            client.logout()

    def folder(self) -> str:
        """A folder of a test's own."""
        name = f"t-{uuid4().hex[:10]}"
        with self.login() as client:
            client.create(name)
        return name

    def put(self, folder: str, *mails: bytes) -> None:
        """Deliver mails into the folder."""
        with self.login() as client:
            for mail in mails:
                client.append(folder, "", "", mail)


@contextmanager
def imap_server(servers: Path, keys: Path | None = None) -> Iterator[ImapServer]:
    """The server for as long as the block lasts; with keys it wants STARTTLS before a login."""
    server = ImapServer(free_block(1), keys)
    with run(server, servers / f"imap-{server.port}.log"):
        yield server


Answer = Callable[[Message], str | None]


@dataclass
class Post:
    """An SMTP server: what it took, and what it says; `answer` gives another reply than that it is taken."""

    taken: list[tuple[str, Message]] = field(default_factory=list)
    answer: Answer = lambda mail: None
    _controller: Controller | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail, or say otherwise."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content, policy=default)
        said = self.answer(mail)
        if said is None or said.startswith("!"):
            self.taken.append((envelope.rcpt_tos[0], mail))
        return (said or "250 taken").removeprefix("!")

    def to(self, address: str) -> list[Message]:
        """What was taken for the address."""
        return [mail for recipient, mail in list(self.taken) if recipient == address]

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Its port, for as long as the block lasts."""
        port = free_block(1)
        controller = Controller(self, hostname=HOST, port=port)
        controller.start()
        try:
            yield port
        finally:
            controller.stop()


@dataclass
class Mailing:
    """A mailbox under test: what is put into it comes in, what goes out stands in `post`."""

    home: House
    imap: ImapServer
    post: Post
    settings: MailSettings

    def deliver(self, *mails: bytes) -> None:
        """Deliver mails to the house."""
        self.imap.put(self.settings.folder, *mails)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Handrail reads and sends."""
        async with AsyncExitStack() as stack:
            home = self.home
            await run_mail(home.settings, self.settings, home.temporal, home.pool, BackgroundTroubles(None), stack)
            yield

    async def entries(self, sender: str) -> list[tuple[Any, ...]]:
        """What became of the mails of a sender, oldest first: disposition, case, whether it is done."""
        asked = "select disposition, case_id, settled_at is not null from handrail.mails where sender = %(s)s and incoming"
        return await self.home.rows(f"{asked} order by at", s=sender)


def mail_settings(imap: ImapServer, port: int, **changes: Any) -> MailSettings:
    """Settings of a mailbox in a folder of its own."""
    given: dict[str, Any] = {
        "imap": f"imap://{HOST}:{imap.port}",
        "smtp": f"smtp://{HOST}:{port}",
        "address": ADDRESS,
        "name": "The Shop",
        "user": USER,
        "password": PASSWORD,
        "folder": imap.folder(),
        "key": KEY,
        "authserv_id": AUTHSERV,
        "poll_seconds": 1.0,
        "own": "orders@shop.example",
    }
    return MailSettings(**{**given, **changes})


def letter(sender: str, text: str, *, passed: bool = True, subject: str = "A question", **headers: str) -> bytes:
    """A mail as the house's own server hands it on: with its word on the sender, where it `passed`."""
    mail = EmailMessage()
    if passed:
        domain = sender.rpartition("@")[2]
        mail["Authentication-Results"] = f"{AUTHSERV}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
    mail["From"], mail["To"], mail["Subject"] = sender, headers.pop("to", ADDRESS), subject
    mail["Message-ID"] = headers.pop("message_id", make_msgid(domain="customer.example"))
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()
