"""Mail servers that take access tokens and no passwords: mail is read and handed over by tokens, which are renewed."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from handrail.domain.mail import MailNotTaken
from handrail.embedded.ports import HOST, free_block
from handrail.embedded.process import Command, run
from handrail.mail.access import AccessTokens, NoAccessToken
from handrail.mail.imap import MailboxFailed, connection
from handrail.mail.sending import SmtpSender
from handrail.mail.settings import MailSettings
from tests.support.certificates import certificate
from tests.support.mailing import USER, ImapServer, Post, letter
from tests.support.tokens.imap import SECRET
from tests.support.tokens.provider import Provider


class TokenImapServer(ImapServer):
    """Takes the token that stands in its file."""

    def __init__(self, port: int, token: Path) -> None:
        super().__init__(port)
        self.token = token

    def command(self) -> Command:
        listening = ("--host", HOST, "--port", str(self.port), "--no-tls", "--no-service", "admin")
        demo = ("--no-service", "managesieve", "dict", "--demo-user", USER, "--demo-password", SECRET)
        argv = (sys.executable, "-m", "tests.support.tokens.imap", *listening, *demo)
        return Command(argv=argv, environment={**os.environ, "IMAP_TOKEN": str(self.token)})


@pytest.fixture(scope="module")
def mailbox(servers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenImapServer]:
    token = tmp_path_factory.mktemp("token") / "good"
    token.write_text("none yet")
    server = TokenImapServer(free_block(1), token)
    with run(server, servers / f"imap-{server.port}.log"):
        yield server


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def url(provider: Provider) -> Iterator[str]:
    with provider.serving() as address:
        yield address


def settings(url: str, **more: Any) -> MailSettings:
    given = {"token_url": url, "client_id": "handrail", "client_secret": "s3", "scope": "mail", "user": USER, "key": "k" * 40}
    return MailSettings(**{**given, **more})


async def test_a_mailbox_is_read_by_token_and_a_refused_one_is_said_in_words(
    provider: Provider, url: str, mailbox: TokenImapServer
) -> None:
    mailbox.token.write_text("token-1")
    about = settings(url, imap=f"imap://{HOST}:{mailbox.port}")
    async with connection(about) as line:
        assert (await line.select()).validity
    wanted = {"grant_type": "client_credentials", "scope": "mail", "client_id": "handrail", "client_secret": "s3"}
    assert provider.asked == [wanted]
    with pytest.raises(MailboxFailed, match=r"refuses the login\. Is HANDRAIL_MAIL_USER the mailbox that the token is for"):
        async with connection(about):
            pass
    provider.refusal = (401, {"error": "invalid_client", "error_description": "The secret has\nended."})
    with pytest.raises(MailboxFailed, match=r"refuses a token for mail \(invalid_client: The secret has ended\.\)"):
        async with connection(about):
            pass


async def test_a_server_that_takes_passwords_alone_is_named_as_one(url: str, imap: ImapServer) -> None:
    with pytest.raises(MailboxFailed, match="takes no access tokens"):
        async with connection(settings(url, imap=f"imap://{HOST}:{imap.port}")):
            pass


async def test_a_token_is_kept_until_it_ends_and_a_refresh_token_comes_first(provider: Provider, url: str) -> None:
    source = settings(url, refresh_token="r1", scope="").tokens
    assert source is not None
    tokens = AccessTokens(source)
    assert [await tokens.get() for _ in range(3)] == ["token-1"] * 3
    assert provider.asked[0]["grant_type"] == "refresh_token"
    assert provider.asked[0]["refresh_token"] == "r1"
    assert "scope" not in provider.asked[0]
    tokens.refused()
    provider.seconds = 60
    assert [await tokens.get() for _ in range(3)] == ["token-2", "token-3", "token-4"], "these end too soon to be kept"


@pytest.mark.parametrize("refusal", [(200, {"token_type": "Bearer"}), (200, ["odd"]), (503, {}), (302, {})])
async def test_whatever_else_a_provider_says_is_no_token(provider: Provider, url: str, refusal: tuple[int, object]) -> None:
    provider.refusal = refusal
    source = settings(url).tokens
    assert source is not None
    with pytest.raises(NoAccessToken, match="The identity provider"):
        await AccessTokens(source).get()


class TokenPost(Post):
    """Takes a login by the good token, and refuses others as the large providers do."""

    good = "token-1"

    async def auth_XOAUTH2(self, server: SMTP, words: list[bytes]) -> AuthResult:
        """Look at the token."""
        if base64.b64decode(words[1]) == f"user={USER}\x01auth=Bearer {self.good}\x01\x01".encode():
            return AuthResult(success=True)
        await server.push("535 5.7.8 not this one")
        return AuthResult(success=False, handled=True)


async def test_mail_is_handed_over_by_token_and_a_refused_one_is_fetched_anew(
    provider: Provider, url: str, tmp_path: Path
) -> None:
    tls, _ = certificate(tmp_path, "localhost")
    post, port = TokenPost(), free_block(1)
    controller = Controller(post, hostname=HOST, port=port, ssl_context=tls, auth_require_tls=False)
    await asyncio.to_thread(controller.start)
    try:
        sender = SmtpSender(settings(url, smtp=f"smtps://localhost:{port}", ca=tmp_path / "localhost.pem"))
        mail = (letter("shop@shop.example", "Hello"), "shop@shop.example", "ann@example.com")
        await sender.send(*mail)
        await sender.send(*mail)
        assert (len(post.taken), len(provider.asked)) == (2, 1)
        post.good = "token-2"
        with pytest.raises(MailNotTaken, match="refuses the login"):
            await sender.send(*mail)
        await sender.send(*mail)
        assert (len(post.taken), len(provider.asked)) == (3, 2)
        provider.refusal = (400, {"error": "invalid_scope"})
        post.good = "token-3"
        for _ in range(2):
            with pytest.raises(MailNotTaken):
                await sender.send(*mail)
        assert len(post.taken) == 3
    finally:
        await asyncio.to_thread(controller.stop)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "p"}, "PASSWORD and TOKEN_URL are both set"),
        ({"client_id": ""}, "TOKEN_URL is set without CLIENT_ID"),
        ({"token_url": ""}, "CLIENT_ID is set without TOKEN_URL"),
        ({"token_url": "http://login.example.com/token"}, "is no address of https"),
        ({"token_url": "login.example.com"}, "is no address of https"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(wrong: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        settings("https://login.example.com/token", **wrong)
