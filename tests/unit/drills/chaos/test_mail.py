"""Invariants of mail: each names what was planted, and a second mail that a fault explains is none."""

from __future__ import annotations

from typing import Any

import pytest

from handrail.drills.chaos.fronts.mail import MailFront
from handrail.drills.chaos.invariants.every import checked
from handrail.drills.chaos.outside.mailing import ADDRESS, AUTHSERV, DrilledMailbox
from handrail.drills.chaos.seen.evidence import Heal
from handrail.drills.chaos.seen.outside import LetterHandedOver, TakenMail
from handrail.mail.reading.mail import read_mail
from tests.unit.drills.chaos.evidence import LATER, SMALL, Planted, at, check_named, replaced, sound, without


def taken(header_id: str, seconds: float) -> TakenMail:
    return TakenMail(at=at(seconds).timestamp(), to="ann@example.net", message_id=header_id)


PLANTED: dict[str, Planted] = {
    "a mail of a customer stands in no case": (
        "no mail lost",
        LATER,
        "mail-9 was delivered into the mailbox",
        lambda seen: {"letters": [*seen.letters, LetterHandedOver(case_id=LATER, message_id="mail-9")]},
    ),
    "a reply is called sent and never left": (
        "a reply by mail leaves once",
        SMALL,
        "k-1-a is called sent, and no server took it",
        lambda seen: {"mails": without(seen.mails, 0)},
    ),
    "a reply still waits": (
        "a reply by mail leaves once",
        SMALL,
        "still waits",
        lambda seen: {"departures": replaced(seen.departures, 0, state="waiting")},
    ),
    "a reply was given up without a word": (
        "a reply by mail leaves once",
        SMALL,
        "without a word",
        lambda seen: {"departures": replaced(seen.departures, 0, state="failed")},
    ),
    "a reply left twice, and nothing was between": (
        "a reply by mail leaves once",
        SMALL,
        "k-1-a left again after 3.0 s",
        lambda seen: {"mails": [*seen.mails, taken("hr.1@x", 5)]},
    ),
    "a reply left twice, and another part's fault was between": (
        "a reply by mail leaves once",
        SMALL,
        "left again",
        lambda seen: {"mails": [*seen.mails, taken("hr.1@x", 5)], "heals": [fault("model", 2)]},
    ),
    "a mail left that nobody wrote": (
        "nothing uncommitted is mailed",
        "",
        "hr.9@x left, and no reply",
        lambda seen: {"mails": [*seen.mails, taken("hr.9@x", 5)]},
    ),
    "a mail left before its reply was recorded": (
        "nothing uncommitted is mailed",
        SMALL,
        "k-1-a left 0.500 s before",
        lambda seen: {"mails": replaced(seen.mails, 0, at=at(0.5).timestamp())},
    ),
}


def fault(part: str, seconds: float) -> Heal:
    began = at(seconds).timestamp()
    return Heal(fault=0, part=part, kind="SIGKILL", case_id="probe-0", away=1.0, progress=1.0, began=began)


@pytest.mark.parametrize("planted", PLANTED)
def test_what_was_planted_is_named(planted: str) -> None:
    check_named(PLANTED[planted])


@pytest.mark.parametrize("part", ["mail", "post", "postgres"])
def test_a_second_mail_is_unknown_where_the_note_may_have_been_lost(part: str) -> None:
    seen = sound()
    twice: dict[str, Any] = {"mails": [*seen.mails, taken("hr.1@x", 300)], "heals": [fault(part, 3)]}
    assert not any(one.broken for one in checked(seen.model_copy(update=twice)))


def test_a_customers_mail_is_known_by_its_content_to_whichever_address_it_goes() -> None:
    box = DrilledMailbox("k" * 32, 1, "nowhere")  # type: ignore[arg-type]
    front = MailFront(None, box, None, "ann@example.net", 0.5)  # type: ignore[arg-type]
    text, case_id = "Where is my order?", front.case_id("Where is my order?", "chaos-0001-1")
    letters = [front._letter(text, "chaos-0001-1", to) for to in (ADDRESS, box.answer_to(case_id))]
    first, again = (read_mail(one, AUTHSERV) for one in letters)
    assert first.key == again.key
    assert first.vouched
    assert (first.sender, first.text) == ("ann@example.net", text)
    assert front.recorded("chaos-0001-1", text) == f"mail-{first.key}"
    assert front.recorded("chaos-0001-2", text) != f"mail-{first.key}"
