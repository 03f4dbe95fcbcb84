"""Invariants of what leaves the house: each names what was planted."""

from __future__ import annotations

import pytest

from handrail.drills.chaos.invariants.every import checked
from tests.unit.drills.chaos.evidence import LATER, SMALL, Planted, at, check_named, replaced, sound, streamed, without

PLANTED: dict[str, Planted] = {
    "the same request got another answer": (
        "a key is answered once",
        SMALL,
        "k-1-1 was answered 202 Working, and then 202 Resolved",
        lambda seen: {"answers": replaced(seen.answers, 1, body="Resolved")},
    ),
    "the same request got another status": (
        "a key is answered once",
        SMALL,
        "and then 201 Working",
        lambda seen: {"answers": replaced(seen.answers, 1, status=201)},
    ),
    "a case that was answered about is nowhere": (
        "what was answered is there",
        SMALL,
        "the record has no such case",
        lambda seen: {"cases": without(seen.cases, 0)},
    ),
    "a stream left an event out": (
        "streams tell what is recorded",
        LATER,
        "told events [2], and the record has [1, 2]",
        lambda seen: {"streams": {LATER: seen.streams[LATER][1:]}},
    ),
    "a stream told an event twice": (
        "streams tell what is recorded",
        LATER,
        "told events [1, 2, 2]",
        lambda seen: {"streams": {LATER: [*seen.streams[LATER], seen.streams[LATER][1]]}},
    ),
    "a stream told what is not recorded": (
        "streams tell what is recorded",
        LATER,
        "told events [1, 2, 3]",
        lambda seen: {"streams": {LATER: [*seen.streams[LATER], streamed(3, 9, "reply", "k-3-x")]}},
    ),
    "an id that is not the event's number": (
        "streams tell what is recorded",
        LATER,
        "under another id",
        lambda seen: {"streams": {LATER: replaced(seen.streams[LATER], 1, number=8)}},
    ),
    "an event never arrived": (
        "every event is sent",
        SMALL,
        "event 2 (reply) is delivered, and never arrived",
        lambda seen: {"webhooks": without(seen.webhooks, 1)},
    ),
    "an event of which no message was made": (
        "every event is sent",
        SMALL,
        "event 1 (message) is not in the outbox",
        lambda seen: {"outbox": without(seen.outbox, 0)},
    ),
    "an event still waits at the end": (
        "every event is sent",
        SMALL,
        "is pending, and arrived",
        lambda seen: {"outbox": replaced(seen.outbox, 0, state="pending")},
    ),
    "an event was told that the record does not have": (
        "nothing uncommitted is sent",
        SMALL,
        "told event 9 (message), and the record has none of it",
        lambda seen: {"webhooks": [*seen.webhooks, seen.webhooks[0].model_copy(update={"sequence": 9})]},
    ),
    "an event was told otherwise than it is recorded": (
        "nothing uncommitted is sent",
        SMALL,
        "and the record has message there",
        lambda seen: {"webhooks": replaced(seen.webhooks, 0, message_id="another")},
    ),
    "an event was told before its commit": (
        "nothing uncommitted is sent",
        SMALL,
        "0.500 s before it was committed",
        lambda seen: {"webhooks": replaced(seen.webhooks, 0, at=at(0.5).timestamp())},
    ),
    "an attempt under another id": (
        "webhooks keep id and order",
        SMALL,
        "event 1 came under 2 ids: msg_1, msg_x",
        lambda seen: {"webhooks": replaced(seen.webhooks, 10, webhook_id="msg_x")},
    ),
    "an id of two events": (
        "webhooks keep id and order",
        SMALL,
        "msg_1 stood for 2 events",
        lambda seen: {"webhooks": replaced(seen.webhooks, 1, webhook_id="msg_1")},
    ),
    "an event came before an earlier one": (
        "webhooks keep id and order",
        SMALL,
        "in the order [2, 3, 4, 5, 1]",
        lambda seen: {"webhooks": seen.webhooks[1:]},
    ),
    "a signature does not hold": (
        "webhooks are signed",
        SMALL,
        "msg_1: no signature of it",
        lambda seen: {"webhooks": replaced(seen.webhooks, 0, unsigned="no signature of it is of what came")},
    ),
}


def test_an_event_that_was_given_up_is_known_and_not_lost() -> None:
    seen = sound()
    dead = {"webhooks": without(without(seen.webhooks, 10), 0), "outbox": replaced(seen.outbox, 0, state="dead")}
    assert not any(one.broken for one in checked(seen.model_copy(update=dead)))


def test_where_nobody_is_called_nothing_has_to_arrive() -> None:
    alone = sound().model_copy(update={"called": False, "webhooks": [], "outbox": []})
    found = {one.name: (one.looked_at, one.broken) for one in checked(alone)}
    assert found["every event is sent"] == (0, [])


@pytest.mark.parametrize("planted", PLANTED)
def test_what_was_planted_is_named(planted: str) -> None:
    check_named(PLANTED[planted])
