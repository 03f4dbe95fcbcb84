"""What the agent reads of a message with several wishes."""

from __future__ import annotations

from datetime import UTC, datetime

from graphs.wishes import focused, still
from handrail.domain.case.classification import FurtherWish
from handrail.domain.case.messages import Author, Message

WHERE = FurtherWish(topic="order_status", sentences=["Where is O-1?"])
CANCEL = FurtherWish(topic="cancel_order", sentences=["Please cancel O-2."])


def message(author: Author, text: str) -> Message:
    return Message(message_id=text, author=author, text=text, at=datetime(2026, 1, 1, tzinfo=UTC), turn=1, sequence=1)


BOTH = message(Author.CUSTOMER, "Where is O-1? Please cancel O-2.")


def test_a_turn_reads_its_own_wish_and_the_next_one_the_other() -> None:
    assert [one.text for one in focused([BOTH], None, [WHERE])] == ["Please cancel O-2."]
    done = message(Author.ASSISTANT, "I have cancelled O-2. Where is O-1? I look next.")
    read = focused([BOTH, done], WHERE, [])
    assert [one.text for one in read] == [BOTH.text, done.text, "Where is O-1?"]
    assert read[-1].author is Author.CUSTOMER


def test_nothing_is_taken_away_whole_nor_from_anybody_else() -> None:
    said = [message(Author.CUSTOMER, "Where is O-1?"), message(Author.PERSON, "Where is O-1?")]
    assert focused(said, None, [WHERE]) == said
    assert focused([BOTH], None, []) == [BOTH]
    pointing = [message(Author.CUSTOMER, "Where is O-1? Please cancel it.")]
    assert focused(pointing, None, [WHERE]) == pointing, "what the rest points at is named in what would go"


def test_wishes_wait_until_their_topic_has_its_turn() -> None:
    assert still([WHERE], [CANCEL], "refund") == [WHERE, CANCEL]
    assert still([WHERE], [CANCEL], "order_status") == [CANCEL]
    newer = WHERE.model_copy(update={"sentences": ["And where is O-3?"]})
    assert still([WHERE], [newer], "refund") == [newer]
