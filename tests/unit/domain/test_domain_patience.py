"""Asked the same twice, asked in circles, had to come back: what counts, and what only looks like it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.domain.case.messages import Author, Message
from handrail.domain.case.patience import Contact, Progress, asked_before, contact_before, likeness, references
from handrail.domain.llm.agent import Exchange, ToolCall

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
WHERE = "Where is my order O-10021?"


def said(minute: float, author: Author, text: str) -> Message:
    at = NOON + timedelta(minutes=minute)
    return Message(message_id=f"m-{minute}", author=author, text=text, at=at, turn=int(minute) + 1)


def repeats(*transcript: tuple[Author, str], again: str, threshold: float = 0.8, after: float = 1) -> bool:
    before = [said(number, author, text) for number, (author, text) in enumerate(transcript)]
    new = said(len(before) - 1 + after, Author.CUSTOMER, again)
    return asked_before([new], [*before, new], threshold) is not None


C, A, P, S = Author.CUSTOMER, Author.ASSISTANT, Author.PERSON, Author.SYSTEM


@pytest.mark.parametrize(
    ("again", "counts"),
    [
        (WHERE, True),
        ("WHERE is my order O-10021 ???", True),
        ("and where is my order o 10021", True),
        ("Where is my order O-10022?", False),
        ("When will order O-10021 be delivered?", False),
        ("I want to cancel order O-10021.", False),
        ("O-10021", False),
        ("Yes, please.", False),
        (WHERE + " It says delivered, but the box was empty and I would like my money back.", False),
    ],
)
def test_the_same_question_counts_and_what_is_new_does_not(again: str, counts: bool) -> None:
    assert repeats((C, WHERE), (A, "It is on its way."), again=again) is counts


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (
            "Please refund 17 USD for order O-10021, the mug is broken.",
            "Please refund 18 USD for order O-10021, the mug is broken.",
        ),
        ("Send it to 4 Mill Row in Northquay please, thank you.", "Send it to 14 Mill Row in Northquay please, thank you."),
        ("Send it to 4 Mill Row in Northquay please, thank you.", "Send it to 4 Mill Lane in Northquay please, thank you."),
        ("Send order O-10021 to house 12a of the same street", "Send order O-10021 to house 12b of the same street"),
        ("I want the same shirt again but in size L instead", "I want the same shirt again but in size M instead"),
        (
            "Please send the reset link to my address kim@mail.example",
            "Please send the reset link to my address kin@mail.example",
        ),
        (WHERE, "Where is my order O-10025? I meant O-10025."),
        ("where is the blue one that I ordered last week", "sorry, I meant: where is the red one that I ordered last week"),
        (
            "wo ist die blaue Lampe die ich letzte Woche bestellt habe",
            "ich meinte: wo ist die rote Lampe die ich letzte Woche bestellt habe",
        ),
        (
            "où est la lampe bleue que j'ai commandée hier soir",
            "je voulais dire, où est la lampe rouge que j'ai commandée hier soir",
        ),
        (
            "gdzie jest lampa którą zamówiłem w zeszłym tygodniu",
            "miałem na myśli: gdzie jest lampa którą zamówiłem w zeszłym tygodniu",
        ),
        (
            "How much would you refund for this broken mug please",
            "How much would you refund for this broken mug please, 18 USD?",
        ),
    ],
)
def test_a_correction_repeats_nothing(first: str, again: str) -> None:
    assert not repeats((C, first), (A, "One moment."), again=again, threshold=0.5)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("Where is my parcel now?", "WHERE IS MY PARCEL NOW?!"),
        ("wann kommt meine Bestellung endlich an", "Wann kommt meine Bestellung endlich an?"),
        ("When do I get my 20 USD back for O-10021?", "When do I get back my 20 USD for o 10021?"),
        ("I meant the red one, where is it now?", "I meant the red one, where is it now?"),
    ],
)
def test_the_same_in_other_letters_is_the_same(first: str, again: str) -> None:
    assert repeats((C, first), (A, "One moment."), again=again)


def test_a_question_counts_only_where_its_answer_was_there_to_read() -> None:
    assert not repeats((C, WHERE), again=WHERE)
    assert not repeats((C, WHERE), (A, "It is on its way."), again=WHERE, after=0.02)
    assert repeats((C, WHERE), (A, "It is on its way."), (C, "Thanks a lot then."), (A, "You are welcome."), again=WHERE)


@pytest.mark.parametrize("author", [P, S])
def test_what_was_said_before_a_person_took_over_counts_no_more(author: Author) -> None:
    assert not repeats((C, WHERE), (A, "It is on its way."), (author, "I look into it."), again=WHERE)


def test_the_threshold_is_a_share_of_common_words() -> None:
    one, other = "how long does a refund take to arrive", "how long does the refund take to arrive"
    assert likeness(one, other) == pytest.approx(7 / 9)
    assert not repeats((C, one), (A, "Three days."), again=other)
    assert repeats((C, one), (A, "Three days."), again=other, threshold=0.7)


def exchange(order: str, *, ok: bool = True) -> Exchange:
    call = ToolCall(call_id="c", tool="get_order", arguments={"order_id": order})
    return Exchange(call=call, result={"order_id": order}, ok=ok)


def test_the_third_question_in_a_row_without_news_is_one_too_many() -> None:
    progress = Progress()
    for _ in range(2):
        assert not progress.circles([])
        progress = progress.after([], asking=True)
    assert progress.circles([])
    assert progress.circles([exchange("O-1", ok=False)])
    assert not progress.circles([exchange("O-1")])


def test_a_fact_an_effect_or_an_answer_begins_the_count_anew_and_an_old_fact_does_not() -> None:
    stalled = Progress().after([exchange("O-1")], asking=True).after([exchange("O-1")], asking=True).after([], asking=True)
    assert stalled.stalled == 2
    assert stalled.after([exchange("O-2")], asking=True).stalled == 0
    assert stalled.after([], asking=False).stalled == 0


def contact(*texts: str) -> Contact:
    return Contact(case_id="c-0", opened_at=NOON, answered_at=NOON, texts=list(texts))


@pytest.mark.parametrize(
    ("before", "text", "counts"),
    [
        (WHERE, "O-10021 is still not here", True),
        (WHERE, "My parcel is still not here", True),
        ("Where is my parcel?", WHERE, True),
        (WHERE, "Where is order O-10022?", False),
        ("Please refund 35.00 USD for O-10021", "Please refund 173.90 USD for o 10021", True),
        ("Please refund 12345.00 USD", "Please refund 54321.00 USD", True),
    ],
)
def test_a_second_contact_shares_a_reference_or_one_of_the_two_names_none(before: str, text: str, counts: bool) -> None:
    assert (contact_before(text, [contact(before)]) is not None) is counts


def test_references_have_one_spelling_and_amounts_and_dates_are_none() -> None:
    assert references("O-10021, o 10021 and #W2378156") == {"O10021", "W2378156"}
    assert references("I paid 173.90 USD on 2026-05-04, that is $12345.50 in 3 parts") == frozenset()
    assert references("parcel 00340434161094") == {"00340434161094"}
