"""A topic's preflight: everything that lacks is named at once, with what would help."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from handrail.definitions import Document, Loaded
from handrail.domain.autonomy.topics import Autonomy, Topic
from handrail.domain.quality.evaluation.releases import UNGATED, ReleaseStanding
from handrail.domain.quality.watch.drift import DriftBaseline, DriftDay
from handrail.domain.rollout.preflight import NOTICED, PreflightFacts, WatchedTopic, preflight
from handrail.quality.outcomes.loader import load_outcomes
from handrail.quality.releases.parts import parts_of
from handrail.quality.rollout.power import watched_in
from handrail.quality.watching.days import WatchTerms
from handrail.quality.watching.loader import load_drift
from handrail.shop import business

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
EXAMPLES = ["one two", "two three", "three four", "four five", "five six"]
WORDS = "Refunds just below the limit went to the same few people."
TOPIC = Topic(
    name="refund", description="Refunds.", examples=EXAMPLES, owner="olga", review_by=date(2026, 5, 4), premortem=WORDS
)
OPEN = ReleaseStanding(release="r", open=True, why="Release gate: release r passed.")
WATCHED = WatchedTopic(indicator="edits", threshold=4.2, cases_a_day=40, shift=0.1, noticed_mean=6, noticed_p90=12, missed=0)


def facts(**changes: Any) -> PreflightFacts:
    about = {"topic": TOPIC, "gate": OPEN, "rows": 7, "drilled_at": NOW - timedelta(days=90), "watched": [WATCHED]}
    return PreflightFacts.model_validate({**about, "at": NOW, "day": NOW.date(), **changes})


def topic(**changes: Any) -> Topic:
    return TOPIC.model_copy(update=changes)


def test_a_topic_with_everything_is_ready() -> None:
    found = preflight(facts())
    assert (found.ready, found.lacking, len(found.checks)) == (True, [], 7)


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"gate": ReleaseStanding(release="", configured=False, open=True, why=UNGATED)}, "gate", "no release.yaml"),
        ({"gate": OPEN.model_copy(update={"open": False, "why": "has not passed"})}, "gate", "has not passed"),
        ({"rows": 6}, "matrix", "6 rows, of 7 at least"),
        ({"drilled_at": None}, "drill", "handrail controls drill"),
        ({"drilled_at": NOW - timedelta(days=91)}, "drill", "91 days ago, of 90 at most"),
        ({"watched": [], "unwatched": ["edits of refund: nobody has signed"]}, "indicator", "nobody has signed"),
        (
            {"watched": [], "unwatched": ["edits of refund: few days", "fall of edits of refund: few days", "x of refund: y"]},
            "indicator",
            "can alarm: edits, fall of edits: few days; x: y.",
        ),
        ({"watched": [WATCHED.model_copy(update={"noticed_mean": NOTICED + 1})]}, "indicator", "29 days in the mean"),
        ({"topic": topic(owner=None)}, "owner", "owner: NAME"),
        ({"topic": topic(review_by=None)}, "review_by", "review_by: YYYY-MM-DD"),
        ({"topic": topic(review_by=date(2026, 5, 3))}, "review_by", "2026-05-03"),
        ({"topic": topic(premortem=None)}, "premortem", "docs/operating/premortem.md"),
        ({"topic": topic(premortem="TODO: hold a pre-mortem first")}, "premortem", "no headline"),
    ],
)
def test_each_thing_that_lacks_is_named_alone(changes: dict[str, Any], name: str, words: str) -> None:
    found = preflight(facts(**changes))
    assert not found.ready
    assert [one.name for one in found.lacking] == [name]
    assert words in found.lacking[0].words


def test_everything_that_lacks_is_named_at_once() -> None:
    bare = Topic(name="refund", description="Refunds.", examples=EXAMPLES)
    found = preflight(facts(topic=bare, rows=1, drilled_at=None, watched=[], gate=OPEN.model_copy(update={"open": False})))
    names = ["gate", "matrix", "drill", "indicator", "owner", "review_by", "premortem"]
    assert [one.name for one in found.lacking] == names


def test_a_days_files_without_the_new_fields_load_and_keep_their_release() -> None:
    text = b"name: refund\ndescription: Refunds.\nexamples: [one two, two three, three four, four five, five six]\n"
    old = Document.of(business.folder / "topics" / "old.yaml", text).parse(Topic)
    assert (old.review_by, old.premortem) == (None, None)
    about: dict[str, Any] = {"model": "m", "server": None, "reported": [], "policies": "p", "graph": "g", "router": "r"}
    dated = old.model_copy(update={"review_by": date(2026, 1, 1), "premortem": WORDS})
    assert parts_of(topics=[old], **about) == parts_of(topics=[dated], **about)


def baseline(**changes: Any) -> DriftBaseline:
    day = date(2026, 3, 1)
    about: dict[str, Any] = {
        "baseline_id": 1,
        "indicator": "edits",
        "topic": "refund",
        "since": day,
        "until": day + timedelta(days=56),
        "watch_from": day + timedelta(days=56),
        "days": 56,
        "version": 1,
        "definitions": "d",
        "cases": 2_240,
        "bad": 224,
        "rates": [0.1] * 7,
        "errors": [0.01] * 7,
        "shift": 0.1,
        "alarms": 1,
        "threshold": 4.0,
        "accepted_by": "ann",
    }
    return DriftBaseline.model_validate({**about, **changes})


def terms() -> WatchTerms:
    outcomes = load_outcomes(business.folder)
    drift: Loaded[Any] = load_drift(business.folder, outcomes.value)
    return WatchTerms(drift, outcomes, {"refund": Autonomy.AUTO})


def days(cases: float) -> dict[str, list[DriftDay]]:
    first = date(2026, 4, 6)
    made = [
        DriftDay(day=first + timedelta(days=number), indicator="edits", topic="refund", cases=cases, bad=cases / 10)
        for number in range(28)
    ]
    return {"edits": made}


def test_power_is_that_of_the_present_volume() -> None:
    many, _ = watched_in("refund", terms(), [baseline()], [], days(200))
    few, rest = watched_in("refund", terms(), [baseline()], [], days(3))
    assert (many[0].cases_a_day, few[0].cases_a_day) == (200, 3)
    assert many[0].noticed_mean < 4 < few[0].noticed_mean
    assert any(one.startswith("rejections of refund: nobody has signed a baseline") for one in rest)


def test_a_baseline_that_cannot_alarm_is_no_indicator() -> None:
    ready, rest = watched_in("refund", terms(), [baseline(shortage="too few days")], [], days(200))
    assert ready == []
    assert "edits of refund: too few days" in rest
    assert watched_in("refund", terms(), [baseline(topic="order_status")], [], days(200))[0] == []
