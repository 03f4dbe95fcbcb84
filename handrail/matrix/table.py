"""The escalation matrix as a file holds it: rows, of which the first that matches decides, and those who follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from handrail.domain.base import Model
from handrail.domain.case.routes import NOT_KNOWN, OUTCOME_UNKNOWN, Next, Route
from handrail.domain.team.hours import Minutes, WorkingHours
from handrail.matrix.conditions import MatrixCase, When


class ChainStep(Model):
    """A step of the chain: the next in line where nobody has answered in time."""

    tier: int = Field(ge=1, le=2)
    queue: str = Field(min_length=1)
    respond_within_minutes: Minutes

    def next(self) -> Next:
        """The step as a route carries it."""
        return Next(**self.model_dump())


class MatrixRow(Model):
    """A row, with the destination of its cases. `priority` is 1 (first) to 5; `tell` is told to the customer, by language.

    `says` names the sentence of the language packs that is told where `tell` has none in the customer's language.
    `then` are those who follow, one after the other, where nobody answers; without it the file's own `then` counts.
    """

    id: str = Field(min_length=1)
    when: When
    tier: int = Field(ge=1, le=2)
    queue: str = Field(min_length=1)
    priority: int = Field(default=3, ge=1, le=5)
    respond_within_minutes: Minutes
    then: list[ChainStep] | None = None
    tell: dict[str, str] = Field(default_factory=dict)
    says: str = ""


class MatrixExample(Model):
    """A case and the row that must take it; `at` in the time of `hours`, unless it names a zone of its own."""

    case: MatrixCase
    row: str


class MatrixFile(Model):
    """The whole file. `tell` is told in languages in which a row says nothing of its own.

    `away` is told as well where nobody is at work, `late` where nobody answered in time. The language packs have a sentence
    for each of them where the file has none.
    """

    version: Literal[1] = 1
    hours: WorkingHours | None = None
    then: list[ChainStep] = Field(default_factory=list)
    tell: dict[str, str] = Field(default_factory=dict)
    away: dict[str, str] = Field(default_factory=dict)
    late: dict[str, str] = Field(default_factory=dict)
    rows: list[MatrixRow] = Field(min_length=1)
    examples: list[MatrixExample] = Field(default_factory=list)


@dataclass(frozen=True)
class CheckedMatrix:
    """A checked matrix."""

    table: MatrixFile

    def first(self, case: MatrixCase) -> MatrixRow:
        """The first row that matches; the last one always does."""
        return next(row for row in self.table.rows if row.when.hold(case, self.table.hours))

    def chain(self, row: MatrixRow) -> list[ChainStep]:
        """List the steps after the row: its own `then`, or of the file's what is not below it and not itself."""
        if row.then is not None:
            return row.then
        return [one for one in self.table.then if one.tier >= row.tier and (one.tier, one.queue) != (row.tier, row.queue)]

    def route(self, case: MatrixCase, version: str) -> Route:
        """Return the case's route.

        Where nobody knows whether an effect was made, no sentence is said that was not written for that.
        """
        row = self.first(case)
        route = self.to(row, version)
        if case.reason != OUTCOME_UNKNOWN or OUTCOME_UNKNOWN in (row.when.reason or ()):
            return route
        return route.model_copy(update={"tell": {}, "says": NOT_KNOWN})

    def to(self, row: MatrixRow, version: str) -> Route:
        """Return the route that the row gives to a case."""
        return Route(
            **row.model_dump(exclude={"id", "when", "then", "tell"}),
            tell={**self.table.tell, **row.tell},
            row=row.id,
            version=version,
            then=[one.next() for one in self.chain(row)],
            away=self.table.away,
            late=self.table.late,
        )
