"""A thousand mails that come twice again: each is decided, kept and told once, and what a crash left is told again."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from handrail.domain.errors import HandrailError
from handrail.domain.mail import MailDisposition, ReceivedMail
from handrail.mail.incoming import MailIntake
from handrail.mail.reading.mail import read_mail
from handrail.mail.tokens import ReplyTokens
from handrail.postgres.channels.mail import PostgresMail
from handrail.postgres.channels.record import PostgresChannels
from handrail.postgres.pool import Pool
from tests.postgres.conftest import Run
from tests.support.mailing import ADDRESS, AUTHSERV, KEY, letter

COUNT = 1_000
TEMPLATE = letter("ann@example.com", "Where is parcel PLACE?", message_id="<PLACE@example.com>")


class Told:
    """Cases that count what they hear, and are away where a test says so."""

    def __init__(self) -> None:
        self.opened: Counter[str] = Counter()
        self.away = 0

    async def open(self, case_id: str, customer_id: str, message_id: str, text: str) -> None:
        if self.away:
            self.away -= 1
            raise HandrailError("nobody is there")
        assert customer_id == "C-1"
        self.opened[case_id] += 1

    async def tell(self, case_id: str, message_id: str, text: str) -> bool:
        raise AssertionError("none of these answers another")

    async def ask_for_person(self, case_id: str, why: str) -> None:
        raise AssertionError("no person is needed")


class Ann:
    """A business with one customer."""

    async def of_address(self, address: str) -> str | None:
        return "C-1" if address == "ann@example.com" else None


def intake(pool: Pool, cases: Told) -> MailIntake:
    own = frozenset({ADDRESS})
    return MailIntake(PostgresMail(pool), PostgresChannels(pool), cases, Ann(), ReplyTokens(KEY, ADDRESS), own)


async def test_a_thousand_mails_replayed_twice_make_no_case_twice(pool: Pool, run: Run) -> None:
    cases = Told()
    taking = intake(pool, cases)
    raws = [TEMPLATE.replace(b"PLACE", str(place).encode()) for place in range(COUNT)]
    mails = [(read_mail(raw, AUTHSERV), raw) for raw in raws]

    async def all_of(those: list[tuple[ReceivedMail, bytes]]) -> None:
        for mail, raw in those:
            await taking.take(mail, raw, len(raw))

    await asyncio.gather(*(all_of(mails[start::4]) for start in range(4)))
    for _ in range(2):
        await all_of(mails)
    assert len(cases.opened) == COUNT
    assert set(cases.opened.values()) == {1}
    assert await run("SELECT count(*), count(settled_at) FROM handrail.mails") == [(COUNT, COUNT)]
    assert await run("SELECT count(*) FROM handrail.arrivals") == [(COUNT,)]


async def test_a_mail_of_which_the_case_did_not_hear_is_told_again(pool: Pool) -> None:
    cases = Told()
    taking, raw = intake(pool, cases), TEMPLATE
    mail = read_mail(raw, AUTHSERV)
    cases.away = 1
    with pytest.raises(HandrailError, match="nobody is there"):
        await taking.take(mail, raw, len(raw))
    verdict = await taking.take(mail, raw, len(raw))
    assert (verdict.disposition, list(cases.opened.values())) == (MailDisposition.OPENED, [1])
    await taking.take(mail, raw, len(raw))
    assert list(cases.opened.values()) == [1]
    (entry,) = await PostgresMail(pool).entries(disposition=MailDisposition.OPENED)
    assert (entry.sender, entry.case_id, entry.vouched) == ("ann@example.com", verdict.case_id, "dkim=pass")
    assert await PostgresMail(pool).raw(entry.mail_id) == raw
