"""The one registry of places that may hold a customer: tables by column, Temporal, and what is not ours to delete."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from handrail.domain.base import Model

TABLES = Path(__file__).with_name("places.toml")
RUNS, KEYS = "temporal runs", "keys"


class ErasingRound(StrEnum):
    """A time at which a place is erased: before any case, with the keys, with each case behind them, or last of all."""

    CUSTOMER = "customer"
    KEYS = "keys"
    CASE = "case"
    LAST = "last"


class Erasing(StrEnum):
    """A way in which forgetting treats the rows of a place."""

    DELETED = "deleted"
    BLANKED = "blanked"
    SHREDDED = "shredded"


class TableColumns(Model):
    """A table of the record: columns that may hold a customer, and those of text, JSON or bytes that do not.

    `nobody` says why none may; `withheld` are columns that nobody is given.
    """

    holds: str = ""
    nobody: str = ""
    found_by: str = ""
    rounds: list[ErasingRound] = Field(default_factory=list)
    forgetting: Erasing | None = None
    person: list[str] = Field(default_factory=list)
    none: list[str] = Field(default_factory=list)
    withheld: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Refuse what says half of how somebody is found and forgotten. Raises: ValueError."""
        if self.person:
            if self.nobody or not (self.holds and self.found_by and self.rounds and self.forgetting):
                raise ValueError("with `person`, say `holds`, `found_by`, `rounds` and `forgetting`, and no `nobody`.")
        elif not self.nobody or self.holds or self.found_by or self.rounds or self.forgetting or self.withheld:
            raise ValueError("without `person`, say why in `nobody`, and nothing of finding and forgetting.")
        if set(self.person) & set(self.none) or set(self.withheld) - {*self.person, *self.none}:
            raise ValueError("a column stands in `person` or in `none`; only those can be `withheld`.")
        return self


class PersonalPlace(Model):
    """A place, as `handrail forget --places` prints it."""

    place: str
    holds: str
    found_by: str
    forgetting: str


ELSEWHERE = (
    PersonalPlace(
        place="Temporal: histories, memo, visibility",
        holds="all that went through a case, in every run of its chain",
        found_by="workflow id",
        forgetting="every run is deleted; waited for until none is found",
    ),
    PersonalPlace(
        place="backups of both databases",
        holds="all of the above, as it was",
        found_by="time",
        forgetting="stays until the backup ends (HANDRAIL_BACKUP_DAYS); a restored one is to be forgotten again",
    ),
    PersonalPlace(
        place="exports (audit export, access)",
        holds="what somebody wrote to a file",
        found_by="whoever wrote it",
        forgetting="stays; delete the files",
    ),
    PersonalPlace(
        place="the business's own tables and systems",
        holds="customers, orders, payments",
        found_by="the business",
        forgetting="stays; its own law of keeping holds there",
    ),
    PersonalPlace(
        place="the model's provider, mail servers, receivers of webhooks",
        holds="what was sent to them",
        found_by="their contract",
        forgetting="stays; ask them",
    ),
)


@cache
def tables() -> dict[str, TableColumns]:
    """Return every table of the record by its name."""
    found = tomllib.loads(TABLES.read_text("utf-8"))
    return {name: TableColumns.model_validate(columns) for name, columns in found.items()}


def erased_in(round_: ErasingRound) -> list[str]:
    """Return the tables that are erased in the round, in their order."""
    return [name for name, one in tables().items() if round_ in one.rounds]


def places() -> list[PersonalPlace]:
    """Return every place that may hold a customer, the record's tables first."""
    held = [(name, one) for name, one in sorted(tables().items()) if one.person]
    return [*(told(name, one) for name, one in held), *ELSEWHERE]


def told(name: str, one: TableColumns) -> PersonalPlace:
    """Return a table as a place."""
    columns = f"{name} ({', '.join(one.person)})"
    return PersonalPlace(place=columns, holds=one.holds, found_by=one.found_by, forgetting=str(one.forgetting))
