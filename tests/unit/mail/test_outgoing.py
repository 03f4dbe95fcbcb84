"""Sending a batch: what cannot be made or sent goes to a person in our words, and the rest leaves."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from unittest.mock import AsyncMock

from handrail.domain.case.messages import Author
from handrail.domain.channels import Departure
from handrail.domain.mail import AnsweredMail, SentBefore
from handrail.mail.composing import Letterhead
from handrail.mail.outgoing import UNANSWERABLE, UNSENT, UNWRITTEN, MailLimits, MailOutgoing
from handrail.mail.tokens import ReplyTokens
from handrail.ports.front.channels import Channels
from handrail.ports.front.mail import MailCases, MailRecord, MailSender
from tests.support.mailing import ADDRESS, KEY

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Torn(Letterhead):
    """A letterhead under which one case's mail cannot be composed."""

    def compose(self, departure: Departure, answered: AnsweredMail | None, *, first: bool) -> EmailMessage:
        if departure.case_id == "unwritten":
            raise IndexError("words of a parser")
        return super().compose(departure, answered, first=first)


def departure(case_id: str, address: str = "ann@example.com") -> Departure:
    said = {"message_id": "m-2", "channel": "mail", "answers": "m-1", "attempts": 1, "author": Author.PERSON, "text": "Hello."}
    return Departure.model_validate({"case_id": case_id, "address": address, "at": NOON, "noted_at": NOON, **said})


async def test_one_mail_that_cannot_leave_holds_no_other_back() -> None:
    channels, cases, record = AsyncMock(Channels), AsyncMock(MailCases), AsyncMock(MailRecord)
    sender = AsyncMock(MailSender)
    record.sent_before.return_value, record.answered.return_value = SentBefore(), None
    batch = [departure("unwritten"), departure("unsent"), departure("odd", "ann..b@example.com"), departure("whole")]
    channels.due.return_value = batch
    sender.send.side_effect = [RuntimeError("words of a library"), None]
    letter = Torn(ADDRESS, "The Shop", {}, ReplyTokens(KEY, ADDRESS))
    assert await MailOutgoing(record, channels, cases, sender, letter, MailLimits()).send_due() == 4
    told = [("unwritten", UNWRITTEN), ("unsent", UNSENT), ("odd", UNANSWERABLE)]
    assert [one.args for one in cases.ask_for_person.await_args_list] == told
    assert [(one.args[0].case_id, one.args[1]) for one in channels.failed.await_args_list] == told
    assert [one.args[0].case_id for one in channels.sent.await_args_list] == ["whole"]
