"""Mail over TLS: read from and handed to servers whose certificate is checked, and no others; folders of any name."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from handrail.domain.mail import MailNotTaken
from handrail.embedded.ports import HOST, free_block
from handrail.mail.imap import MailboxFailed, named
from handrail.mail.mailbox import Mailbox
from handrail.mail.sending import SmtpSender
from handrail.mail.settings import MailSettings
from handrail.ports.front.mail import MailRecord
from tests.support.certificates import certificate
from tests.support.house import wait_for
from tests.support.mailing import PASSWORD, USER, ImapServer, Post, imap_server, letter, mail_settings


@pytest.fixture(scope="module")
def guarded(servers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    """A server that wants STARTTLS before a login."""
    folder = tmp_path_factory.mktemp("keys")
    certificate(folder, "localhost")
    with imap_server(servers, folder / "localhost.pem") as server:
        yield server


def bookmark() -> MailRecord:
    """A record that keeps how far a mailbox was read, in memory."""
    stands: list[tuple[int, int]] = []

    async def read_up_to(mailbox: str) -> tuple[int, int] | None:
        return stands[-1] if stands else None

    async def note_read(mailbox: str, validity: int, uid: int) -> None:
        stands.append((validity, uid))

    record = AsyncMock(MailRecord)
    record.read_up_to, record.note_read = read_up_to, note_read
    return record


@asynccontextmanager
async def encrypted(port: int, tls: ssl.SSLContext) -> AsyncIterator[tuple[int, Callable[[], None]]]:
    """A port with TLS before the one without, and what cuts its connections."""
    writers: list[asyncio.StreamWriter] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65_536):
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection(HOST, port)
        writers.extend([writer, ours])
        await asyncio.gather(pump(reader, ours), pump(theirs, writer))

    def cut() -> None:
        for one in writers:
            one.close()

    server = await asyncio.start_server(serve, HOST, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], cut
    finally:
        cut()
        server.close()
        await server.wait_closed()


def settings_of(imap: ImapServer, port: int, **changes: Any) -> MailSettings:
    return mail_settings(imap, 1, poll_seconds=1.0, **changes).model_copy(update={"imap": f"imaps://localhost:{port}"})


async def test_a_mailbox_is_read_over_tls_told_of_new_mail_and_of_a_lost_connection(imap: ImapServer, tmp_path: Path) -> None:
    tls, _ = certificate(tmp_path, "localhost")
    taken: list[bytes] = []

    async def take(raw: bytes, size: int) -> None:
        taken.append(raw)

    async def all_of(count: int) -> bool:
        return len(taken) == count

    async with encrypted(imap.port, tls) as (port, cut):
        settings = settings_of(imap, port, ca=tmp_path / "localhost.pem")
        imap.put(settings.folder, letter("ann@example.com", "The first"))
        idle = asyncio.Event()
        reading = asyncio.create_task(Mailbox(settings, bookmark(), take, idle.set).forever())
        await asyncio.wait_for(idle.wait(), 60)
        assert [b"The first" in one for one in taken] == [True]
        imap.put(settings.folder, letter("ann@example.com", "The second"))
        await wait_for(lambda: all_of(2))
        cut()
        with pytest.raises(MailboxFailed, match="does not answer"):
            await asyncio.wait_for(reading, 30)


async def test_a_server_whose_certificate_nobody_knows_or_that_is_another_is_not_spoken_to(
    imap: ImapServer, tmp_path: Path
) -> None:
    async def take(raw: bytes, size: int) -> None:
        raise AssertionError("nothing is read")

    tls, _ = certificate(tmp_path, "localhost")
    other, _ = certificate(tmp_path, "mail.example")
    async with encrypted(imap.port, tls) as (port, _), encrypted(imap.port, other) as (elsewhere, _):
        for settings in (settings_of(imap, port), settings_of(imap, elsewhere, ca=tmp_path / "mail.example.pem")):
            with pytest.raises(MailboxFailed, match="CERTIFICATE_VERIFY_FAILED"):
                await asyncio.wait_for(Mailbox(settings, bookmark(), take).forever(), 60)


async def test_a_mailbox_is_read_after_starttls_and_a_server_without_it_is_not_told_the_password(
    imap: ImapServer, guarded: ImapServer
) -> None:
    taken: list[bytes] = []

    async def take(raw: bytes, size: int) -> None:
        taken.append(raw)

    settings = settings_of(guarded, guarded.port, ca=guarded.keys)
    settings = settings.model_copy(update={"imap": f"imap+starttls://localhost:{guarded.port}"})
    guarded.put(settings.folder, letter("ann@example.com", "The first"))
    idle = asyncio.Event()
    reading = asyncio.create_task(Mailbox(settings, bookmark(), take, idle.set).forever())
    await asyncio.wait_for(idle.wait(), 60)
    assert [b"The first" in one for one in taken] == [True]
    reading.cancel()
    await asyncio.wait([reading])
    with pytest.raises(MailboxFailed, match="CERTIFICATE_VERIFY_FAILED"):
        await Mailbox(settings.model_copy(update={"ca": None}), bookmark(), take).forever()
    plain = settings.model_copy(update={"imap": f"imap+starttls://localhost:{imap.port}"})
    with pytest.raises(MailboxFailed, match="offers no STARTTLS"):
        await Mailbox(plain, bookmark(), take).forever()


async def test_folders_are_named_as_people_see_them_and_as_imap_spells_them() -> None:
    known = {
        "INBOX": "INBOX",
        "Kündigungen": "Kündigungen",
        "~peter/mail/&U,BTFw-/&ZeVnLIqe-": "~peter/mail/台北/日本語",
        "A & B": "A & B",
        "K&APw-ndigungen": "Kündigungen",
        "A &- B": "A & B",
    }
    assert {name: named(name) for name in known} == known


async def test_a_folder_with_letters_of_any_language_is_read(imap: ImapServer, tmp_path: Path) -> None:
    tls, _ = certificate(tmp_path, "localhost")
    taken: list[bytes] = []

    async def take(raw: bytes, size: int) -> None:
        taken.append(raw)

    with imap.login() as client:
        client.create("K&APw-ndigungen")
        client.append("K&APw-ndigungen", "", "", letter("ann@example.com", "I quit"))
    async with encrypted(imap.port, tls) as (port, _):
        settings = settings_of(imap, port, ca=tmp_path / "localhost.pem", folder="Kündigungen")
        idle = asyncio.Event()
        reading = asyncio.create_task(Mailbox(settings, bookmark(), take, idle.set).forever())
        await asyncio.wait_for(asyncio.wait([reading, asyncio.create_task(idle.wait())], return_when="FIRST_COMPLETED"), 60)
        assert idle.is_set(), reading.exception()
        reading.cancel()
        await asyncio.wait([reading])
    assert [b"I quit" in one for one in taken] == [True]


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_mail_is_handed_over_under_tls_with_a_login_and_to_no_server_that_nobody_knows(
    scheme: str, tmp_path: Path
) -> None:
    tls, _ = certificate(tmp_path, "localhost")
    post, port, logins = Post(), free_block(1), list[object]()

    def known(server: object, session: object, envelope: object, mechanism: str, auth: object) -> AuthResult:
        logins.append(auth)
        return AuthResult(success=True)

    how: dict[str, Any] = (
        {"ssl_context": tls, "auth_require_tls": False}
        if scheme == "smtps"
        else {"tls_context": tls, "require_starttls": True, "auth_required": True}
    )
    controller = Controller(post, hostname=HOST, port=port, authenticator=known, **how)
    await asyncio.to_thread(controller.start)
    try:
        about = {"smtp": f"{scheme}://localhost:{port}", "user": USER, "password": PASSWORD, "key": "k" * 40}
        trusting = MailSettings(**about, ca=tmp_path / "localhost.pem")
        await SmtpSender(trusting).send(letter("shop@shop.example", "Hello"), "shop@shop.example", "ann@example.com")
        assert [mail["Subject"] for mail in post.to("ann@example.com")] == ["A question"]
        assert logins == [LoginPassword(USER.encode(), PASSWORD.encode())]
        with pytest.raises(MailNotTaken, match="certificate verify failed"):
            await SmtpSender(MailSettings(**about)).send(b"x", "shop@shop.example", "ann@example.com")
        assert len(post.taken) == 1
    finally:
        await asyncio.to_thread(controller.stop)
