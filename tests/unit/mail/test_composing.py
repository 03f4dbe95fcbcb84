"""What leaves by mail: headers that nobody can break, a thread, the disclosure once, tokens that nobody can make."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest

from handrail.domain.case.messages import Author
from handrail.domain.channels import Departure
from handrail.domain.errors import InvalidInput
from handrail.domain.mail import AnsweredMail
from handrail.mail.composing import Letterhead
from handrail.mail.reading.headers import ids
from handrail.mail.settings import MailSettings
from handrail.mail.tokens import ReplyTokens, case_id_of
from tests.support.mailing import ADDRESS, KEY

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TOKENS = ReplyTokens(KEY, ADDRESS)
CASE = case_id_of("a mail")
LETTER = Letterhead(
    ADDRESS, "The\r\nBcc: eve@evil.example Shop", {"en": "A machine writes.", "de": "Hier schreibt eine Maschine."}, TOKENS
)


def departure(**changes: Any) -> Departure:
    base: dict[str, Any] = {
        "case_id": CASE,
        "message_id": "m-2",
        "channel": "mail",
        "address": "ann@example.com",
        "answers": "m-1",
        "attempts": 1,
        "author": Author.ASSISTANT,
        "text": "Your order is on its way.",
        "language": "de",
        "at": NOON,
        "noted_at": NOON,
    }
    return Departure(**{**base, **changes})


def test_no_header_can_be_broken() -> None:
    answered = AnsweredMail(
        message_id="x@y\r\nBcc: e@evil.example", references=["a\nb@c"], subject="Hi\r\nBcc: eve@evil.example\r\n\r\nbody"
    )
    mail = message_from_bytes(LETTER.compose(departure(), answered, first=True).as_bytes())
    assert "Bcc" not in mail
    assert set(mail.keys()) == {
        *("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References", "Auto-Submitted"),
        *("X-Auto-Response-Suppress", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    }
    with pytest.raises(ValueError, match=r"[a-z]"):
        LETTER.compose(departure(address="ann@example.com\r\nBcc: eve@evil.example"), answered, first=True)


def test_a_machine_says_so_once_and_a_person_never() -> None:
    first = LETTER.compose(departure(), None, first=True)
    assert first.get_content().startswith("Hier schreibt eine Maschine.\n\nYour order")
    assert LETTER.compose(departure(), None, first=False).get_content().strip() == "Your order is on its way."
    assert LETTER.compose(departure(language="xx"), None, first=True).get_content().startswith("A machine writes.")
    said = departure(text="Hier schreibt eine Maschine.\n\nHallo")
    assert LETTER.compose(said, None, first=True).get_content().count("Maschine") == 1
    person = LETTER.compose(departure(author=Author.PERSON, by="bea"), None, first=True)
    assert person["Auto-Submitted"] is None
    assert person.get_content().strip() == "Your order is on its way."


def test_the_same_reply_has_the_same_id_and_belongs_to_its_thread() -> None:
    answered = AnsweredMail(message_id="m@x", references=["newest@x", "oldest@x"], subject="Re: My lamp")
    one, again = (LETTER.compose(departure(attempts=tries), answered, first=False) for tries in (1, 2))
    assert one["Message-ID"] == again["Message-ID"]
    assert one["References"] == "<oldest@x> <newest@x> <m@x>"
    assert (one["In-Reply-To"], one["Subject"]) == ("<m@x>", "Re: My lamp")
    assert LETTER.compose(departure(message_id="m-3"), answered, first=False)["Message-ID"] != one["Message-ID"]


def test_ids_that_are_longer_than_a_line_stay_as_they_are() -> None:
    long = ["<AM0PR04MB4321A1B2C3D4E5F60718293A4B5C6D7E8F9@AM0PR04MB4321.eurprd04.prod.outlook.com>", f"<{'a' * 200}@x>"]
    answered = AnsweredMail(message_id=long[0][1:-1], references=[long[1][1:-1], "short@x"], subject="Re: My lamp")
    mail = message_from_bytes(LETTER.compose(departure(), answered, first=False).as_bytes())
    assert mail["In-Reply-To"] == long[0]
    assert mail["References"].split() == ["<short@x>", long[1], long[0]]
    assert ids(mail) == [one[1:-1] for one in (long[0], long[1], "<short@x>")]


@pytest.mark.parametrize("strange", ["bestellung-ü@x", "=?utf-8?q?=C3=BC?=@x"])
def test_ids_of_other_letters_hold_no_reply_back(strange: str) -> None:
    answered = AnsweredMail(message_id=strange, references=["short@x", strange], subject="Re: My lamp")
    written = LETTER.compose(departure(), answered, first=False).as_bytes()
    written.decode("ascii")
    assert message_from_bytes(written).get_content_type() == "text/plain"


def test_a_token_names_its_case_and_nobody_makes_one() -> None:
    address = TOKENS.address(CASE)
    assert address is not None
    assert len(address.partition("@")[0]) <= 64
    assert TOKENS.case_of(["other@x.example", address.upper()]) == CASE
    assert ReplyTokens("another key of forty characters and more", ADDRESS).case_of([address]) is None
    other = TOKENS.address(case_id_of("another mail"))
    assert other is not None
    mixed = f"{address.partition('.')[0]}.{other.partition('.')[2]}"
    assert TOKENS.case_of([mixed, address.replace("support", "sales"), ADDRESS]) is None
    assert TOKENS.address("c-1001") is None
    with pytest.raises(InvalidInput, match="HANDRAIL_MAIL_KEY: has 5 characters"):
        ReplyTokens("short", ADDRESS)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("imap", "imap://mail.example.com", "would send the password unencrypted. Use imaps://"),
        ("imap", "imaps://ann:secret@mail.example.com", "holds a login"),
        ("imap", "mail.example.com", "Write for example imaps://mail.example.com:993"),
        ("smtp", "smtp://mail.example.com:25", "would send the password unencrypted. Use smtps://"),
        ("smtp", "https://mail.example.com", "is no address of a server"),
    ],
)
def test_a_server_that_is_named_wrongly_is_refused_with_words(field: str, value: str, words: str) -> None:
    settings = MailSettings.model_validate({field: value})
    with pytest.raises(InvalidInput, match=words) as refused:
        settings.reading() if field == "imap" else settings.sending()
    assert "secret" not in str(refused.value)
    assert MailSettings(smtp="smtp+starttls://mail.example.com").sending().port == 587
