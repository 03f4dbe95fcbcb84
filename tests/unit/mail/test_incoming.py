"""What becomes of a mail by its sender alone."""

from __future__ import annotations

from unittest.mock import AsyncMock

from handrail.domain.mail import MailDisposition, MailVerdict
from handrail.mail.incoming import UNANSWERABLE, MailIntake, unidentified
from handrail.mail.reading.headers import answerable
from handrail.mail.reading.mail import read_mail
from handrail.mail.tokens import ReplyTokens, case_id_of
from handrail.ports.channels import Channels
from handrail.ports.mail import MailCases, MailCustomers, MailRecord
from tests.support.mailing import ADDRESS, AUTHSERV, KEY, letter


async def decided(sender: str) -> MailVerdict:
    """The verdict on a mail of somebody whose address the business knows."""
    record, customers = AsyncMock(MailRecord), AsyncMock(MailCustomers)
    record.case_of.return_value, record.sent_by_us.return_value = None, False
    customers.of_address.return_value = "C-1"
    tokens = ReplyTokens(KEY, ADDRESS)
    intake = MailIntake(record, AsyncMock(Channels), AsyncMock(MailCases), customers, tokens, frozenset({ADDRESS}))
    return await intake.decide(read_mail(letter(sender, "Where is my parcel?"), AUTHSERV))


async def test_our_own_address_is_ours_with_a_mark_behind_its_plus() -> None:
    signed = ReplyTokens(KEY, ADDRESS).address(case_id_of("a mail"))
    assert signed is not None
    for address in (ADDRESS, signed):
        assert (await decided(address)).disposition is MailDisposition.OWN
    assert (await decided(ADDRESS.replace("@", "er@"))).disposition is MailDisposition.OPENED


async def test_an_address_that_no_mail_can_go_to_is_for_people() -> None:
    assert (await decided("ann.b@example.com")).disposition is MailDisposition.OPENED
    verdict = await decided("ann@-example.com")
    assert (verdict.disposition, verdict.words) == (MailDisposition.PEOPLE, UNANSWERABLE)
    assert verdict.customer_id == unidentified("ann@-example.com")
    for address in ("ann.o'neil+shop@mail.shop-1.example", "anna@münchen.example", "a@localhost"):
        assert answerable(address)
    for address in ("ann..b@x.example", ".ann@x.example", "ann.@x.example", "ann@x-.example", "ann@[127.0.0.1]", "ann"):
        assert not answerable(address)
