"""The people who take cases: what they can do, when they work, and until when a customer can expect an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from pydantic import Field

from handrail.domain.base import Model, Stored
from handrail.domain.case.messages import MAX_NAME
from handrail.domain.team.commands import is_recused
from handrail.domain.team.hours import Shift, Span, Zone, after, merged, opening, spans
from handrail.domain.team.terms import NoticeTerms

HORIZON = timedelta(days=28)
"""How far ahead anybody looks for somebody at work."""


class TeamMember(Model):
    """A person who takes cases from the queues in `skills`, in `languages`, up to `tier`.

    `pool` is a part-timer who works in on-call windows, with or without shifts of their own. `zone` where it is another one.
    `holidays` says that shifts take place on closed days, too.
    """

    name: str = Field(min_length=1, max_length=MAX_NAME)
    skills: list[str] = Field(min_length=1)
    languages: list[str] = Field(min_length=1)
    tier: int = Field(default=1, ge=1, le=2)
    zone: Zone | None = None
    shifts: list[Shift] = Field(default_factory=list)
    pool: bool = False
    holidays: bool = False
    notify: NoticeTerms | None = Field(default=None, description="how they are told by mail what waits for them")

    def can(self, need: Need, *, whatever_language: bool = False) -> bool:
        """Return whether this person can take the case."""
        if is_recused(self.name, need.without):
            return False
        fluent = whatever_language or need.language is None or need.language in self.languages
        return need.queue in self.skills and need.tier <= self.tier and fluent


class Window(Stored):
    """Hours that somebody works on top of their shifts."""

    window_id: str
    person: str
    start: datetime
    end: datetime
    added_by: str = ""
    note: str = ""


class Need(Stored):
    """The needs of a case for its person."""

    queue: str
    tier: int
    language: str | None = None
    without: list[str] = Field(default_factory=list, description="people who should not decide it, as names are compared")


class Expectation(Stored):
    """The time by which somebody is expected to have answered.

    `opens_at` is when the first of those who can starts to work, None where somebody is at work already. `answer_by` and
    `remind_at` count their working time. `able` people can take the case, `at_work` of them now; where nobody can at all, the
    clock runs round the day, so that the case is passed on. `fluent` tells whether one of them speaks the customer's language.
    """

    opens_at: datetime | None = None
    remind_at: datetime
    answer_by: datetime
    able: int = 0
    at_work: int = 0
    fluent: bool = True
    version: str = Field(default="", description="content hash of the file of people")


def round_the_clock(now: datetime, minutes: int) -> Expectation:
    """The expectation where nobody can tell who works when: the clock runs round the day."""
    work = timedelta(minutes=minutes)
    return Expectation(remind_at=now + work / 2, answer_by=now + work)


@dataclass(frozen=True)
class Roster:
    """The people, with the on-call windows that concern the time looked at."""

    people: Sequence[TeamMember] = ()
    zone: str = "UTC"
    closed: Sequence[date] = ()
    windows: Sequence[Window] = ()
    version: str = ""

    @cached_property
    def by_name(self) -> dict[str, TeamMember]:
        """The people by their name."""
        return {person.name: person for person in self.people}

    def able(self, need: Need) -> list[TeamMember]:
        """List the people who can take it; where nobody speaks the language, the others: they find somebody who translates."""
        fluent = [person for person in self.people if person.can(need)]
        return fluent or [person for person in self.people if person.can(need, whatever_language=True)]

    def hours(self, people: Iterable[TeamMember], within: Span) -> list[Span]:
        """List the spans in which at least one of the people works."""
        found: list[Span] = []
        for person in people:
            found += spans(person.shifts, person.zone or self.zone, within, () if person.holidays else self.closed)
            found += [(one.start, one.end) for one in self.windows if one.person == person.name]
        return merged(found)

    def at_work(self, person: TeamMember, now: datetime) -> bool:
        """Return whether the person works now."""
        return any(start <= now < end for start, end in self.hours([person], (now, now + timedelta(minutes=1))))

    def expect(self, need: Need, now: datetime, minutes: int) -> Expectation:
        """Return the time after `minutes` of the working time of those who can take it."""
        able, work = self.able(need), timedelta(minutes=minutes)
        hours = self.hours(able, (now, now + HORIZON))
        due, starts = after(hours, now, work), opening(hours, now)
        fluent = not able or any(person.can(need) for person in able)
        if due is None or starts is None:
            return Expectation(remind_at=now + work / 2, answer_by=now + work, fluent=fluent, version=self.version)
        return Expectation(
            opens_at=starts if starts > now else None,
            remind_at=after(hours, now, work / 2) or due,
            answer_by=due,
            able=len(able),
            at_work=sum(self.at_work(person, now) for person in able),
            fluent=fluent,
            version=self.version,
        )
