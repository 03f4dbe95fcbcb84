"""The preflight of a topic: what has to stand before the agent may answer there alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from pydantic import Field

from handrail.domain.autonomy.topics import Topic
from handrail.domain.base import Stored
from handrail.domain.quality.evaluation.releases import ReleaseStanding

ROWS = 7
"""Rows of the matrix, at least: with fewer, most that goes wrong ends in one queue."""
DRILL = timedelta(days=90)
"""The age from which a drill of the kill switch says little about today's people."""
NOTICED = 28.0
"""Days within which a rise has to be noticed in the mean: later, a month of customers has met it."""


class WatchedTopic(Stored):
    """An indicator that is watched in a topic, and the days after which its rise by `shift` is noticed at present volume.

    `threshold` is the one that its signed baseline alarms at; `cases_a_day` are those of the last 28 days.
    """

    indicator: str
    threshold: float
    cases_a_day: float
    shift: float
    noticed_mean: float
    noticed_p90: float
    missed: float = Field(description="share of histories in which it was not noticed within a year")


class PreflightFacts(Stored):
    """The facts that a preflight looks at. `unwatched` says of the topic's other indicators why they are not watched."""

    topic: Topic
    gate: ReleaseStanding
    rows: int
    drilled_at: datetime | None
    watched: list[WatchedTopic] = Field(default_factory=list)
    unwatched: list[str] = Field(default_factory=list)
    at: datetime
    day: date = Field(description="the day that it is now")


class PreflightCheck(Stored):
    """One thing that is looked at; `words` say how it stands, or what would help where it is not `ready`."""

    name: str
    ready: bool
    words: str


class Preflight(Stored):
    """The checks of a topic in their order."""

    topic: str
    ready: bool
    checks: list[PreflightCheck]

    @property
    def lacking(self) -> list[PreflightCheck]:
        """The checks that are not ready."""
        return [one for one in self.checks if not one.ready]


def preflight(facts: PreflightFacts) -> Preflight:
    """Return every check of the topic, also where the first is not ready."""
    checks = [_gate(facts), _rows(facts), _drill(facts), _watched(facts), _owner(facts), _review(facts), _premortem(facts)]
    return Preflight(topic=facts.topic.name, ready=all(one.ready for one in checks), checks=checks)


def _gate(facts: PreflightFacts) -> PreflightCheck:
    if not facts.gate.configured:
        words = "There is no release.yaml, so no evaluation has to pass. Write one, evaluate, and let the release through."
        return PreflightCheck(name="gate", ready=False, words=words)
    return PreflightCheck(name="gate", ready=facts.gate.open, words=facts.gate.why)


def _rows(facts: PreflightFacts) -> PreflightCheck:
    ready = facts.rows >= ROWS
    more = "" if ready else " Add a row for each reason for which other people, or sooner, must look."
    return PreflightCheck(name="matrix", ready=ready, words=f"matrix.yaml has {facts.rows} rows, of {ROWS} at least.{more}")


def _drill(facts: PreflightFacts) -> PreflightCheck:
    at, how = facts.drilled_at, "`handrail controls drill` throws it and lifts it again."
    if at is None:
        return PreflightCheck(name="drill", ready=False, words=f"Nobody has drilled the kill switch on this record. {how}")
    age = facts.at - at
    words = f"The kill switch was drilled on {at:%Y-%m-%d}, {age.days} days ago, of {DRILL.days} at most."
    ready = age <= DRILL
    return PreflightCheck(name="drill", ready=ready, words=words if ready else f"{words} {how}")


def _by_reason(facts: PreflightFacts) -> Iterator[str]:
    """Yield each reason once, behind the indicators that it keeps from alarming."""
    names: dict[str, list[str]] = {}
    for one in facts.unwatched:
        name, _, why = one.partition(": ")
        names.setdefault(why, []).append(name.removesuffix(f" of {facts.topic.name}"))
    for why, of in names.items():
        yield f"{', '.join(of)}: {why}"


def _watched(facts: PreflightFacts) -> PreflightCheck:
    name = "indicator"
    if not facts.watched:
        why = "; ".join(_by_reason(facts)) or "drift.yaml watches no indicator of it"
        words = f"No indicator of {facts.topic.name} can alarm: {why}."
        return PreflightCheck(name=name, ready=False, words=words)
    best = min(facts.watched, key=lambda one: one.noticed_mean)
    words = (
        f"{best.indicator} alarms at {best.threshold:.2f}; at {best.cases_a_day:.1f} cases a day a rise by {best.shift:.0%} is"
        f" noticed after {best.noticed_mean:.0f} days in the mean ({best.noticed_p90:.0f} in nine of ten)"
    )
    if best.noticed_mean <= NOTICED:
        return PreflightCheck(name=name, ready=True, words=f"{words}.")
    more = "Serve `review` until there are more cases, or watch a larger shift in drift.yaml."
    return PreflightCheck(name=name, ready=False, words=f"{words}, of {NOTICED:.0f} at most. {more}")


def _owner(facts: PreflightFacts) -> PreflightCheck:
    owner = facts.topic.owner
    words = f"{owner} owns it." if owner else "Nobody owns it. Put `owner: NAME` into its file."
    return PreflightCheck(name="owner", ready=owner is not None, words=words)


def _review(facts: PreflightFacts) -> PreflightCheck:
    by = facts.topic.review_by
    if by is None:
        words = "No day is set on which it is looked at anew. Put `review_by: YYYY-MM-DD` into its file."
        return PreflightCheck(name="review_by", ready=False, words=words)
    if by < facts.day:
        words = f"It was to be looked at anew by {by}. Look at it, then put the next day into its file."
        return PreflightCheck(name="review_by", ready=False, words=words)
    return PreflightCheck(name="review_by", ready=True, words=f"It is looked at anew by {by}.")


def _premortem(facts: PreflightFacts) -> PreflightCheck:
    headline = (facts.topic.premortem or "").strip()
    if not headline or headline.casefold().startswith(("todo", "tbd", "fill in")):
        words = "Its pre-mortem has no headline. Hold one (docs/operating/premortem.md); put its headline under `premortem`."
        return PreflightCheck(name="premortem", ready=False, words=words)
    return PreflightCheck(name="premortem", ready=True, words=f"“{headline}”")
