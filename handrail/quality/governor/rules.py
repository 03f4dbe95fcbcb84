"""The rules over alarms: which topics step down, which do already, and which are too many to step down without people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.quality.watch.drift import EVERY, AlarmKind, DriftAlarm
from handrail.domain.quality.watch.governor import (
    PAGE,
    GovernorDefinitions,
    GovernorRule,
    GovernorStep,
    RuleOf,
    StepKind,
    TopicNow,
)

WINDOW = timedelta(hours=24)
"""The time over which the blast limit counts."""


def planned(
    wanted: GovernorDefinitions,
    alarms: Sequence[DriftAlarm],
    topics: Mapping[str, TopicNow],
    steps: Sequence[GovernorStep],
    day: date,
    now: datetime,
) -> list[GovernorStep]:
    """Return what to do about these alarms, the oldest first. `steps` are those that were taken: each level is asked for once.

    An alarm whose topic stepped down within the dwell is left for later: nothing is written down about it yet.
    """
    taken = {(step.alarm_id, step.topic, step.level) for step in steps}
    latest = [step for step in steps if step.kind is StepKind.DOWN and step.at is not None and step.at > now - WINDOW]
    down = {step.topic: step.volume for step in latest if step.topic != EVERY}
    levels = {EVERY: Autonomy.AUTO, **{name: topic.level for name, topic in topics.items()}}
    stepped: set[str] = set()
    found: list[GovernorStep] = []
    for alarm in sorted(alarms, key=lambda one: one.alarm_id):
        for rule, topic in _meant(wanted, alarm, topics):
            here = topics.get(topic, TopicNow(topic=EVERY, level=Autonomy.AUTO))
            if (alarm.alarm_id, topic, rule.level) in taken:
                continue
            kind = _asked(rule, levels[topic])
            if kind is StepKind.DOWN and rule.of is not RuleOf.EVERYTHING:
                if topic in stepped or _dwells(here, wanted, now):
                    continue
                kind = StepKind.DOWN if topic != EVERY and _allowed(wanted, down, here) else StepKind.PAGED
                if kind is StepKind.DOWN:
                    down[topic], levels[topic] = here.volume, rule.level
                    stepped.add(topic)
            found.append(_step(kind, rule, alarm, here, day))
    return found


def _asked(rule: GovernorRule, level: Autonomy) -> StepKind:
    """Return what a rule asks for where a topic is at this level."""
    if rule.to == PAGE:
        return StepKind.PAGED
    return StepKind.DOWN if level.rank < rule.level.rank else StepKind.KEPT


def _meant(wanted: GovernorDefinitions, alarm: DriftAlarm, topics: Collection[str]) -> Iterator[tuple[GovernorRule, str]]:
    """Yield each topic that the alarm means, with the strictest rule that is for it."""
    strict = sorted((rule for rule in wanted.rules if _fits(rule, alarm)), key=lambda rule: -rule.level.rank)
    whole = next((rule for rule in strict if rule.of is RuleOf.EVERYTHING), None)
    if whole is not None:
        yield whole, EVERY
    each = [rule for rule in strict if rule.of is not RuleOf.EVERYTHING]
    for topic in _concerned(wanted, alarm, topics):
        for rule in each:
            if not rule.topics or topic in rule.topics or topic == EVERY:
                yield rule, topic
                break


def _fits(rule: GovernorRule, alarm: DriftAlarm) -> bool:
    return (
        alarm.kind in rule.kinds
        and (rule.of in (RuleOf.JUDGED, RuleOf.EVERYTHING) or (rule.of is RuleOf.TOPIC) == (alarm.topic != EVERY))
        and (not rule.indicators or alarm.indicator in rule.indicators)
        and (not rule.proven or alarm.proved_on is not None)
    )


def _concerned(wanted: GovernorDefinitions, alarm: DriftAlarm, topics: Collection[str]) -> list[str]:
    """Return the alarm's topics; of all cases those that hold most of the rise, and where none does, none (`EVERY`)."""
    if alarm.kind is AlarmKind.JUDGE:
        return [topic for topic in alarm.evidence.topics if topic in topics]
    if alarm.topic != EVERY:
        return [alarm.topic] if alarm.topic in topics else []
    parts = [one for one in alarm.evidence.slices if one.dimension == "topic" and one.value in topics]
    return [one.value for one in parts if one.share >= wanted.most_of] or [EVERY]


def _dwells(here: TopicNow, wanted: GovernorDefinitions, now: datetime) -> bool:
    return here.stepped_at is not None and here.stepped_at > now - timedelta(hours=wanted.dwell_hours)


def _allowed(wanted: GovernorDefinitions, down: Mapping[str, float], here: TopicNow) -> bool:
    """Tell if one topic more stays within the blast limit."""
    together = {**down, here.topic: here.volume}
    return len(together) <= wanted.blast.topics and sum(together.values()) <= wanted.blast.volume


def _step(kind: StepKind, rule: GovernorRule, alarm: DriftAlarm, here: TopicNow, day: date) -> GovernorStep:
    said = f"{alarm.indicator or alarm.kind}: {alarm.evidence.words}"
    words = {
        StepKind.DOWN: f"Alarm {alarm.alarm_id}, {said}. `handrail alarms show {alarm.alarm_id}`",
        StepKind.PAGED: f"{here.topic or 'no topic alone'} would step down to '{rule.to}' for alarm {alarm.alarm_id}, {said}",
        StepKind.KEPT: f"{here.topic} is at '{here.level}' already when alarm {alarm.alarm_id} asks for '{rule.to}'",
    }[kind]
    if rule.to == PAGE:
        words = f"people look, nothing steps down: alarm {alarm.alarm_id}, {said}"
    return GovernorStep(
        kind=kind,
        day=day,
        topic=here.topic,
        level=rule.level,
        rule=rule.id,
        alarm_id=alarm.alarm_id,
        volume=here.volume,
        words=words[:500],
    )
