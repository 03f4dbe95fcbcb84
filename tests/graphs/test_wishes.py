"""What is left of a message with several wishes."""

from __future__ import annotations

from graphs.wishes import for_people, still
from handrail.domain.case.classification import FurtherWish

WHERE = FurtherWish(topic="order_status", sentences=["Where is O-1?"])
CANCEL = FurtherWish(topic="cancel_order", sentences=["Please cancel O-2."])


def test_a_wish_is_left_until_a_turn_is_about_its_topic() -> None:
    assert still([WHERE], [CANCEL], "refund") == [WHERE, CANCEL]
    assert still([WHERE], [CANCEL], "order_status") == [CANCEL]
    newer = WHERE.model_copy(update={"sentences": ["And where is O-3?"]})
    assert still([WHERE], [newer], "refund") == [newer]


def test_a_person_reads_what_is_left() -> None:
    why = for_people([WHERE, CANCEL])
    assert why.reason == "further_wish"
    assert "order status, cancel order" in why.words
