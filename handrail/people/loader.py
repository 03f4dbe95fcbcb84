"""The people who take cases, from one YAML file of the business, read again when it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from handrail.definitions import Document, Live, refuse
from handrail.domain.base import Model
from handrail.domain.team.hours import Zone
from handrail.domain.team.staff import Roster, TeamMember, Window


class Team(Model):
    """The whole file. `closed` are days on which no shift takes place; on-call windows do."""

    version: Literal[1] = 1
    zone: Zone = "UTC"
    closed: list[date] = Field(default_factory=list)
    people: list[TeamMember] = Field(min_length=1)


class FilePeople:
    """The people in force. A change that cannot be used leaves the last good version in force and `problem` says why.

    A business may do without the file: then nobody is known, answers are due round the clock, and the queue hands out nothing.
    """

    def __init__(self, file: Path, *, every: float = 0.0) -> None:
        """Raises: DefinitionInvalid: the file cannot be used; a line for each problem."""
        self.file = file
        self._live = Live(file, build, every=every) if file.exists() else None

    @property
    def version(self) -> str:
        """The hash of the file in force; empty without one."""
        return self._live.version if self._live else ""

    @property
    def problem(self) -> str | None:
        """The reason why the newest edit is not in force, or None where it is."""
        return self._live.problem if self._live else None

    def roster(self, windows: Sequence[Window] = ()) -> Roster:
        """Return everybody as of now, with these on-call windows."""
        if self._live is None:
            return Roster(windows=windows)
        loaded = self._live.now()
        team = loaded.value
        return Roster(team.people, team.zone, team.closed, windows, loaded.version)


def build(documents: list[Document]) -> Team:
    """The checked team of the one document.

    Raises:
        DefinitionInvalid: a line for each problem.
    """
    (document,) = documents
    team = document.parse(Team)
    refuse(list(_problems(document, team)))
    return team


def _problems(document: Document, team: Team) -> Iterator[str]:
    names = Counter(person.name for person in team.people)
    for index, person in enumerate(team.people):
        if names[person.name] > 1:
            words = f"name: {person.name!r} stands here twice. Give each person a name of their own."
            yield document.problem(words, "people", index, "name")
        if person.name != person.name.strip() or not person.name.isprintable():
            words = f"name: {person.name!r} has a blank at an end or a character that cannot be read. Write it plainly."
            yield document.problem(words, "people", index, "name")
        if not person.shifts and not person.pool:
            words = f"shifts: {person.name} never works. Add shifts, or 'pool: true' for somebody who comes when called."
            yield document.problem(words, "people", index)
