"""The mail servers of a drill as parts of the stack, the mailbox between them, and what left."""

from __future__ import annotations

import asyncio
import imaplib
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from psycopg import OperationalError

from handrail.domain.errors import InvalidInput
from handrail.drills.bench.stack.side import clean
from handrail.drills.chaos.seen.outside import LetterHandedOver, TakenMail
from handrail.drills.queries import read
from handrail.embedded.ports import HOST
from handrail.embedded.process import Command
from handrail.mail.tokens import ReplyTokens
from handrail.postgres.pool import Pool

IMAP = "imap"
USER, PASSWORD = "support", "a-password-of-the-drill"
ADDRESS, AUTHSERV = "support@shop.example", "mx.shop.example"
PACKAGES = ("aiosmtpd", "pymap")
LOOK = 1.0
PATIENCE = 120.0
ANSWER_SECONDS = 15.0


def check_packages() -> None:
    """Raises: InvalidInput: the mail servers of the drill are not installed."""
    missing = [one for one in PACKAGES if find_spec(one) is None]
    if missing:
        words = " and ".join(missing)
        raise InvalidInput(
            f"--paths: `mail` needs {words}, which the extra `dev` brings. Install it, or write --paths http,webhooks."
        )


class ServerPart:
    """A server of mail as a child process, ready once it greets with `greeting`."""

    needs: tuple[str, ...] = ()

    def __init__(self, name: str, port: int, greeting: bytes, *argv: str) -> None:
        self.name, self.port, self._greeting, self._argv = name, port, greeting, argv

    def prepare(self) -> None:
        """Prepare nothing: what it has to keep is kept elsewhere."""

    def command(self) -> Command:
        """See `Component`."""
        return Command(argv=self._argv, environment=clean())

    async def ready(self, pid: int) -> bool:
        """Return whether it greets."""
        try:
            reader, writer = await asyncio.open_connection(HOST, self.port)
        except OSError:
            return False
        try:
            return (await reader.readline()).startswith(self._greeting)
        except ConnectionError:
            return False
        finally:
            writer.close()


def imap_part(port: int) -> ServerPart:
    """Return the mailbox's server. It keeps mail in memory, so no fault is about it."""
    quiet = ("--no-tls", "--no-service", "admin", "--no-service", "managesieve")
    login = ("dict", "--demo-user", USER, "--demo-password", PASSWORD)
    program = str(Path(sys.executable).parent / "pymap")
    return ServerPart(IMAP, port, b"* OK", program, "--host", HOST, "--port", str(port), *quiet, *login)


def post_part(port: int, file: Path) -> ServerPart:
    """Return the server that takes mail; what it took stands in the file, whatever becomes of it."""
    module = "handrail.drills.chaos.outside.post"
    return ServerPart("post", port, b"220", sys.executable, "-m", module, str(port), str(file))


@dataclass
class DrilledMailbox:
    """The mailbox of a drill. `key` signs the addresses that answers go to; `letters` is what customers sent."""

    key: str
    port: int
    file: Path
    letters: list[LetterHandedOver] = field(default_factory=list)

    def environment(self, post: int) -> Mapping[str, str]:
        """Return the variables of mail, which hands over at the port `post`. Machines may write as often as they like."""
        return {
            "HANDRAIL_MAIL_IMAP": f"imap://{HOST}:{self.port}",
            "HANDRAIL_MAIL_SMTP": f"smtp://{HOST}:{post}",
            "HANDRAIL_MAIL_ADDRESS": ADDRESS,
            "HANDRAIL_MAIL_USER": USER,
            "HANDRAIL_MAIL_PASSWORD": PASSWORD,
            "HANDRAIL_MAIL_KEY": self.key,
            "HANDRAIL_MAIL_AUTHSERV_ID": AUTHSERV,
            "HANDRAIL_MAIL_POLL_SECONDS": "1",
            "HANDRAIL_MAIL_REPLY_MINUTES": "0",
            "HANDRAIL_MAIL_REPLIES_A_DAY": "100",
        }

    def answer_to(self, case_id: str) -> str:
        """Return the address to which a customer answers in a case."""
        return ReplyTokens(self.key, ADDRESS).address(case_id) or ADDRESS

    async def put(self, raw: bytes, case_id: str, message_id: str) -> None:
        """Deliver a mail into the mailbox. Raises: OSError, imaplib.IMAP4.error."""
        await asyncio.to_thread(self._put, raw)
        self.letters.append(LetterHandedOver(case_id=case_id, message_id=message_id))

    def _put(self, raw: bytes) -> None:
        client = imaplib.IMAP4(HOST, self.port, timeout=ANSWER_SECONDS)
        client.login(USER, PASSWORD)
        try:
            client.append("INBOX", "", "", raw)
        finally:
            client.logout()

    async def emptied(self, pool: Pool) -> None:
        """Have what waits leave now, and wait until nothing does, or for long.

        A mail that a killed process had taken up would wait for five minutes, and one that was not taken for longer.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(OperationalError):
                if not await read(pool, "chaos_make_mail_due") and not await read(pool, "chaos_unsettled_mail"):
                    return
            await asyncio.sleep(LOOK)

    def took(self) -> list[TakenMail]:
        """Return what the mail server took, in its order."""
        if not self.file.exists():
            return []
        return [TakenMail.model_validate_json(line) for line in self.file.read_text(encoding="utf-8").splitlines()]
