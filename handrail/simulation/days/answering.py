"""Alarms and people: which event each is about, when its cause is mended, when it is watched again."""

from __future__ import annotations

from dataclasses import dataclass, field

from handrail.domain.quality.watch.drift import AlarmKind, DriftAlarm, WatchedSeries
from handrail.domain.quality.watch.governor import GovernorStep
from handrail.simulation.plan import WITHIN, WORDS, PlantedEvent, PlantedKind, SimulationPlan
from handrail.simulation.playing.orders import Harm
from handrail.simulation.report import Affected, EventNoticed, EventResult, FalseAlarm, StepTaken

ECHO = 2
"""Days behind an event's end in which its cases still end."""


@dataclass(slots=True)
class Going:
    """An event as it goes: when it was noticed, when it was mended, what the governor did, whom it touched."""

    event: PlantedEvent
    noticed: EventNoticed | None = None
    on_all_cases: EventNoticed | None = None
    mended_on: int | None = None
    steps: list[StepTaken] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)
    waited: set[str] = field(default_factory=set)

    def on(self, number: int) -> bool:
        """Tell if it goes on that day."""
        return self.event.day <= number and (self.mended_on is None or number < self.mended_on)

    @property
    def affected(self) -> Affected:
        """The customers whom it touched; who got something wrong counts for that alone."""
        return Affected(wrong=len(self.wrong), waited=len(self.waited - self.wrong))

    def notice(self, found: EventNoticed, answered: int, *, everywhere: bool) -> None:
        """Take in an alarm about it; the first sets the day on which it is mended."""
        self.noticed = self.noticed or found
        self.on_all_cases = self.on_all_cases or (found if everywhere else None)
        self.mended_on = self.mended_on or answered

    def result(self, ungoverned: Affected) -> EventResult:
        """The result, beside those whom the run without the governor touched."""
        return EventResult(
            kind=self.event.kind,
            day=self.event.day,
            words=WORDS[self.event.kind],
            within=WITHIN[self.event.kind],
            noticed=self.noticed,
            on_all_cases=self.on_all_cases,
            mended_on=self.mended_on,
            steps=self.steps,
            governed=self.affected,
            ungoverned=ungoverned,
        )


@dataclass(slots=True)
class Course:
    """The course of a run: its events, its alarms and what was done about them."""

    plan: SimulationPlan
    going: list[Going] = field(default_factory=list)
    false_alarms: list[FalseAlarm] = field(default_factory=list)
    due: dict[int, list[tuple[DriftAlarm, bool, str]]] = field(default_factory=dict)
    cases: int = 0
    reviews: int = 0
    failures: list[str] = field(default_factory=list)
    blamed: dict[int, PlantedKind] = field(default_factory=dict)
    """Events by the number of the alarm that is about them."""

    @classmethod
    def of(cls, plan: SimulationPlan) -> Course:
        """A course that begins."""
        return cls(plan, [Going(one) for one in plan.planted])

    def events(self, number: int) -> frozenset[PlantedKind]:
        """The events that go on that day."""
        return frozenset(one.event.kind for one in self.going if one.on(number))

    def harmed(self, harms: set[Harm]) -> None:
        """Take in what events did to customers."""
        for one in self.going:
            mine = [harm for harm in harms if harm.kind is one.event.kind]
            one.wrong |= {harm.customer_id for harm in mine if harm.wrong}
            one.waited |= {harm.customer_id for harm in mine if not harm.wrong}

    def raised(self, number: int, alarms: list[DriftAlarm]) -> None:
        """Take in the alarms of a day: each is about an event, or false; people answer some days later."""
        for alarm in alarms:
            about = self._about(alarm)
            answered = number + self.plan.reaction
            if about is None:
                self.false_alarms.append(FalseAlarm(day=number, series=series(alarm), words=alarm.evidence.words))
                self.due.setdefault(answered, []).append((alarm, False, "nothing was found"))
                continue
            self.blamed[alarm.alarm_id] = about.event.kind
            found = EventNoticed(
                day=number, days=number - about.event.day + 1, series=series(alarm), words=alarm.evidence.words
            )
            about.notice(found, answered, everywhere=not alarm.topic)
            later = max(answered, about.mended_on or answered)
            self.due.setdefault(later, []).append((alarm, True, WORDS[about.event.kind]))

    def stepped(self, number: int, steps: list[GovernorStep]) -> None:
        """Take in what the governor did about events."""
        for step in steps:
            kind = self.blamed.get(step.alarm_id or 0)
            for one in self.going:
                if one.event.kind is kind:
                    taken = StepTaken(day=number, kind=step.kind, topic=step.topic or "all", level=step.level)
                    one.steps.append(taken)

    def paged(self, number: int, alarms: list[DriftAlarm]) -> None:
        """Have what the governor asked of people answered with the rest."""
        known = {alarm.alarm_id for due in self.due.values() for alarm, _, _ in due}
        for alarm in alarms:
            if alarm.kind is AlarmKind.BLAST and alarm.alarm_id not in known:
                self.due.setdefault(number + self.plan.reaction, []).append((alarm, True, "people decided"))

    def _about(self, alarm: DriftAlarm) -> Going | None:
        """The newest event within whose time the alarm's days lie."""
        begins, ends = self.plan.number(alarm.first_day), self.plan.number(alarm.day)
        for one in sorted(self.going, key=lambda each: -each.event.day):
            until = one.mended_on
            if one.event.day <= ends and (until is None or begins <= until + ECHO):
                return one
        return None


def series(alarm: DriftAlarm) -> str:
    """The series of an alarm in words."""
    return WatchedSeries(indicator=alarm.indicator, topic=alarm.topic).words
