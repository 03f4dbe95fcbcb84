"""For how long a server asks to be left alone, in every form that servers send; and how long a step waits then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handrail.llm.waits import asked_wait
from handrail.temporal.postponing import Postponed, next_delay, postponed

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
AT_NOON = "Mon, 04 May 2026 12:00:00 GMT"
A_MINUTE_LATER = "Mon, 04 May 2026 12:01:00 GMT"
NONE_LEFT = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-remaining-tokens": "900"}


@pytest.mark.parametrize(
    ("headers", "status", "seconds"),
    [
        ({}, 429, None),
        ({"retry-after": "12"}, 429, 12),
        ({"retry-after": "12"}, 503, 12),
        ({"retry-after": "1.5"}, 429, 1.5),
        ({"retry-after": "12s"}, 429, 12),
        ({"retry-after": A_MINUTE_LATER}, 503, 60),
        ({"retry-after": "Monday, 04-May-26 12:01:00 GMT"}, 503, 60),
        ({"retry-after": AT_NOON}, 503, None),
        ({"retry-after": "Mon, 04 May 2026 11:00:00 GMT"}, 503, None),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 429, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 429, 2),
        ({"retry-after": "0"}, 429, None),
        ({"retry-after": "-5"}, 429, None),
        ({"retry-after": "soon"}, 429, None),
        ({"retry-after": "nan"}, 429, None),
        ({"retry-after": "inf"}, 429, None),
        ({"retry-after": "1_0"}, 429, None),
        ({"retry-after": "٣"}, 429, None),
        ({"llm_provider-retry-after": "9"}, 429, 9),
        ({"retry-after": "3", "llm_provider-retry-after": "9"}, 429, 3),
        ({**NONE_LEFT, "x-ratelimit-reset-requests": "6m0s", "x-ratelimit-reset-tokens": "1h"}, 429, 360),
        ({**NONE_LEFT, "x-ratelimit-reset-requests": "8.64s"}, 429, 8.64),
        ({**NONE_LEFT, "x-ratelimit-reset-requests": "20ms"}, 429, 0.02),
        ({**NONE_LEFT, "x-ratelimit-reset-requests": "1h2m3s"}, 429, 3_723),
        ({**NONE_LEFT, "x-ratelimit-reset-requests": "1777896000"}, 429, None),
        ({**NONE_LEFT, "x-ratelimit-reset-requests": "6m0s"}, 500, None),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "6m0s"}, 429, None),
        ({**NONE_LEFT, "x-ratelimit-reset-requests": "6m0s", "retry-after": "4"}, 429, 4),
    ],
)
def test_what_is_asked_for(headers: dict[str, str], status: int, seconds: float | None) -> None:
    found = asked_wait(headers, status, NOW)
    assert found == (None if seconds is None else pytest.approx(seconds))


def test_a_date_is_held_against_the_servers_own_clock() -> None:
    assert asked_wait({"retry-after": A_MINUTE_LATER, "date": AT_NOON}, 503) == 60


def test_cases_come_later_than_asked_and_not_all_at_once() -> None:
    assert next_delay(30, 0, 0) == timedelta(seconds=30)
    assert next_delay(30, 0, 1) == timedelta(seconds=36)
    assert next_delay(1, 0, 1) == timedelta(seconds=2)
    assert [next_delay(0.01, times, 0).total_seconds() for times in range(7)] == [0.5, 1, 2, 4, 8, 15, 15]
    assert next_delay(0.01, 10_000, 0) == timedelta(seconds=15)


def test_what_another_version_left_in_the_heartbeat_is_passed_over() -> None:
    kept = Postponed(times=3, since=NOW)
    assert postponed([kept.model_dump(mode="json")]) == kept
    for odd in ([], [None], ["x"], [{"times": "many"}], None):
        assert postponed(odd) == Postponed()
