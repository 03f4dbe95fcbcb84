"""Wishes of several topics in one message: told apart where the message itself does, and each with its sentences."""

from __future__ import annotations

import pytest

from handrail.routing.router import LocalRouter
from handrail.shop import business
from handrail.topics.loader import FileTopics


@pytest.fixture(scope="module")
def router() -> LocalRouter:
    return LocalRouter(FileTopics(business.folder / "topics", business.by_name), business.folder / "risk.yaml")


@pytest.mark.parametrize(
    ("text", "topic", "besides"),
    [
        (
            "Where is my order O-10001? And please cancel order O-10002.",
            "cancel_order",
            [("order_status", ["Where is my order O-10001?"])],
        ),
        (
            "Wo ist meine Bestellung O-10001? Und bitte stornieren Sie die Bestellung O-10002.",
            "cancel_order",
            [("order_status", ["Wo ist meine Bestellung O-10001?"])],
        ),
        (
            "Where is my order O-10001? I also want to know how to reset my password.",
            "password_reset",
            [("order_status", ["Where is my order O-10001?"])],
        ),
        ("I ordered a lamp, O-10001. It never arrived. I want my money back.", "refund", []),
        ("I got O-10001 but not O-10002. Where is it?", "order_status", []),
        ("Please cancel my order. I do not need it any more.", "cancel_order", []),
    ],
)
async def test_a_message_is_parted_where_it_names_several_things(
    router: LocalRouter, text: str, topic: str, besides: list[tuple[str, list[str]]]
) -> None:
    found = await router.classify(text, topic_before=None, flags=(), language=None)
    assert (found.topic, [(one.topic, one.sentences) for one in found.besides]) == (topic, besides)
