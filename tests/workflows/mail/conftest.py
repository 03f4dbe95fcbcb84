"""Servers of mail for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House
from tests.support.mailing import ImapServer, Mailing, Post, imap_server, mail_settings


@pytest.fixture(scope="module")
def imap(servers: Path) -> Iterator[ImapServer]:
    with imap_server(servers) as server:
        yield server


@pytest.fixture
def mailing(home: House, imap: ImapServer) -> Iterator[Mailing]:
    post = Post()
    with post.serving() as port:
        yield Mailing(home, imap, post, mail_settings(imap, port))
