"""The one registry of places that may hold a customer: tables by column, Temporal, and what is not ours to delete."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import Field

from handrail.domain.base import Model

TABLES = Path(__file__).with_name("places.toml")
RUNS, KEYS = "temporal runs", "keys"


class TableColumns(Model):
    """A table of the record: columns that may hold a customer, and those of text, JSON or bytes that do not."""

    holds: str = ""
    found_by: str = ""
    forgetting: str = ""
    person: list[str] = Field(default_factory=list)
    none: list[str] = Field(default_factory=list)


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


def places() -> list[PersonalPlace]:
    """Return every place that may hold a customer, the record's tables first."""
    held = [(name, one) for name, one in sorted(tables().items()) if one.person]
    return [*(told(name, one) for name, one in held), *ELSEWHERE]


def told(name: str, one: TableColumns) -> PersonalPlace:
    """Return a table as a place."""
    columns = f"{name} ({', '.join(one.person)})"
    return PersonalPlace(place=columns, holds=one.holds, found_by=one.found_by, forgetting=one.forgetting)
