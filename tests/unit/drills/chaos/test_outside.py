"""Invariants of what leaves the house: each names what was planted."""

from __future__ import annotations

import pytest

from tests.unit.drills.chaos.evidence import LATER, SMALL, Planted, check_named, replaced, streamed, without

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
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_was_planted_is_named(planted: str) -> None:
    check_named(PLANTED[planted])
