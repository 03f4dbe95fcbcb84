"""What becomes of a mail by its sender alone, and what its case hears."""

from __future__ import annotations

from unittest.mock import AsyncMock

import pytest

from handrail.domain.mail import MailDisposition, MailVerdict
from handrail.mail.incoming import UNANSWERABLE, MailIntake, unidentified
from handrail.mail.reading.headers import answerable
from handrail.mail.reading.mail import read_mail
from handrail.mail.tokens import ReplyTokens, case_id_of
from handrail.ports.front.channels import Channels
from handrail.ports.front.mail import MailCases, MailCustomers, MailRecord
from tests.support.mailing import ADDRESS, AUTHSERV, KEY, letter


def taking(cases: AsyncMock, case_id: str | None = None) -> MailIntake:
    """The intake of a business that knows every address; a mail is part of the case, where there is one."""
    record, customers = AsyncMock(MailRecord), AsyncMock(MailCustomers)
    record.known.return_value, record.sent_by_us.return_value = None, False
    record.case_of.return_value, record.customer_of.return_value = case_id, "C-1"
    customers.of_address.return_value = "C-1"
    return MailIntake(record, AsyncMock(Channels), cases, customers, ReplyTokens(KEY, ADDRESS), frozenset({ADDRESS}))


async def decided(sender: str) -> MailVerdict:
    """The verdict on a mail of somebody whose address the business knows."""
    return await taking(AsyncMock(MailCases)).decide(read_mail(letter(sender, "Where is my parcel?"), AUTHSERV))


async def opened(subject: str, text: str) -> str:
    """The first message of the case that a mail opens."""
    cases = AsyncMock(MailCases)
    raw = letter("ann@example.com", text, subject=subject)
    await taking(cases).take(read_mail(raw, AUTHSERV), raw, len(raw))
    return str(cases.open.await_args.args[3])


@pytest.mark.parametrize(
    ("subject", "text", "said"),
    [
        (
            "Order O-10027 arrived broken",
            "see subject, please help",
            "Order O-10027 arrived broken\n\nsee subject, please help",
        ),
        ("AW: WG: Lampe kaputt", "Bitte helfen Sie.", "Lampe kaputt\n\nBitte helfen Sie."),
        ("Fwd[2]: RE: lamp", "It is torn.\n\nOn 3/11/2026 10:00, Shop wrote:\n> the lamp", "lamp\n\nIt is torn."),
        ("回复：灯坏了", "帮忙", "灯坏了\n\n帮忙"),
        *(
            (bare, "Where is O-10027?", "Where is O-10027?")
            for bare in ("", "Re:", "AW: Re: FW:", "Odp: ", "SV (2):", "???", "Re: -")
        ),
        ("Where is O-10027", "Hello, where is o-10027?", "Hello, where is o-10027?"),
        ("Return", "I returned it.", "Return\n\nI returned it."),
        ("Order O-10027 arrived broken", "", "Order O-10027 arrived broken"),
    ],
)
async def test_a_new_case_hears_the_subject_where_it_adds_something(subject: str, text: str, said: str) -> None:
    assert await opened(subject, text) == said


async def test_a_reply_says_no_subject_unless_its_case_is_closed_and_it_opens_another() -> None:
    raw = letter("ann@example.com", "It is torn.", subject="Re: My lamp", In_Reply_To="<a@x>")
    mail, cases = read_mail(raw, AUTHSERV), AsyncMock(MailCases)
    cases.tell.return_value = True
    await taking(cases, "c-1").take(mail, raw, len(raw))
    assert cases.tell.await_args.args == ("c-1", f"mail-{mail.key}", "It is torn.")
    assert not cases.open.called
    cases.tell.return_value = False
    await taking(cases, "c-1").take(mail, raw, len(raw))
    assert cases.open.await_args.args[2:] == (f"mail-{mail.key}", "My lamp\n\nIt is torn.")


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


@pytest.mark.parametrize(
    ("vouched", "known", "continues"),
    [(True, True, True), (True, False, True), (False, True, False), (False, False, False)],
)
async def test_of_a_merged_address_a_vouched_mail_alone_goes_on_with_the_persons_case(
    *, vouched: bool, known: bool, continues: bool
) -> None:
    intake = taking(AsyncMock(MailCases), "case-7")
    record, customers = intake.record, intake.customers
    assert isinstance(record, AsyncMock)
    assert isinstance(customers, AsyncMock)
    record.customer_of.return_value = "W-1"
    customers.of_address.return_value = "C-1" if known else None
    writer = "C-1" if known and vouched else unidentified("ann@example.com")
    record.same.side_effect = lambda whose, other: (whose, other) == ("W-1", writer)
    raw = letter("ann@example.com", "And my parcel?", passed=vouched)
    verdict = await intake.decide(read_mail(raw, AUTHSERV))
    if continues:
        assert (verdict.disposition, verdict.case_id, verdict.customer_id) == (MailDisposition.CONTINUED, "case-7", writer)
    else:
        assert verdict.disposition is MailDisposition.PEOPLE
        assert verdict.case_id != "case-7"
