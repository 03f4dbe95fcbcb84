"""For how long a server asks to be left alone, in every form that servers send; and how long a step waits then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationErrorCategory

from activities.waits import Waits, next_delay, pause, postponed
from handrail.domain.errors import ModelUnavailable
from handrail.domain.llm.health import Tries
from handrail.llm.server.waits import asked_wait

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
    assert next_delay(30, 0, 1) == timedelta(seconds=45)
    assert next_delay(5, 0, 1) == timedelta(seconds=10)
    assert next_delay(0.5, 0, 1) == timedelta(seconds=1.5)
    assert [next_delay(0.01, times, 0).total_seconds() for times in range(7)] == [0.5, 1, 2, 4, 8, 15, 15]
    assert next_delay(0.01, 10_000, 0) == timedelta(seconds=15)


def test_what_another_version_left_in_the_heartbeat_is_passed_over() -> None:
    kept = Waits(node="agent", step="agent 1", failed=2, waited=3, since=NOW)
    assert Waits.of([kept.model_dump(mode="json")]) == kept
    assert Waits.of([{**kept.model_dump(mode="json"), "of_a_later_build": 1}, "more"]) == kept
    for odd in ([], [None], ["x"], [{"waited": "many"}]):
        assert Waits.of(odd) == Waits()
    assert Waits.of([{"times": 3, "since": NOW.isoformat()}]).waited == 0


TRIES = Tries(calls=3, waiting=timedelta(seconds=100))


def after(*waits: float | None, step: str = "agent 0", kept: Waits | None = None, every: float = 1) -> list[float | None]:
    """The pause behind each failure, `every` second one; None where nothing more is tried."""
    pauses: list[float | None] = []
    now, kept = NOW, kept or Waits()
    for wait in waits:
        found = kept.again(ModelUnavailable("away", wait), step, now, TRIES)
        pauses.append(found[1].total_seconds() if found else None)
        kept = found[0] if found else kept
        now += timedelta(seconds=every)
    return pauses


def test_calls_that_fail_are_counted_for_each_step_of_the_model() -> None:
    assert after(None, None, None) == [0.5, 1.0, None]
    used_up = Waits(step="agent 0", failed=2)
    assert after(None, kept=used_up) == [None]
    assert after(None, None, None, step="agent 1", kept=used_up) == [0.5, 1.0, None], "another step begins anew"


def test_a_wait_that_was_asked_for_is_no_failed_call() -> None:
    pauses = after(None, 5, 5, None, 5, None)
    assert [one is None for one in pauses] == [False] * 5 + [True]


def test_waits_are_bounded_by_time_however_many_there_are() -> None:
    pauses = after(*[10.0] * 100)
    assert pauses.index(None) == 91, "a wait may end 100 s behind the first one's beginning"
    assert after(101) == [None]
    assert after(86_400) == [None]


def test_a_pause_doubles_up_to_a_bound() -> None:
    assert [pause(failed).total_seconds() for failed in (1, 2, 3, 4, 5, 6, 7, 10_000)] == [0.5, 1, 2, 4, 8, 15, 15, 15]


def test_the_step_is_kept_while_the_turn_goes_on_and_the_node_at_work_is_seen() -> None:
    kept = Waits(node="agent", step="agent 0", failed=1)
    assert kept.at("act") == Waits(node="act", step="agent 0", failed=1)


def test_the_attempt_that_waits_as_asked_is_no_error_in_anybodys_log() -> None:
    asked, failed = (postponed(ModelUnavailable("away", wait), timedelta(seconds=7)) for wait in (7.0, None))
    assert (asked.category, failed.category) == (ApplicationErrorCategory.BENIGN, ApplicationErrorCategory.UNSPECIFIED)
    for one in (asked, failed):
        assert (one.type, one.next_retry_delay, one.non_retryable) == ("ModelUnavailable", timedelta(seconds=7), False)
