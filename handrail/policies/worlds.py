"""The world of policies besides facts: `tables.yaml` and `rates.yaml` beside their folder, and the business's calendar."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from handrail.business import Business
from handrail.definitions import Document
from handrail.policies.language.calendars import WorkingDays
from handrail.policies.language.lookups import read_tables
from handrail.policies.language.nodes import RuleSources
from handrail.rates import read_rates

TABLES, RATES = "tables.yaml", "rates.yaml"


def beside(path: Path) -> tuple[Path, Path]:
    """The files that belong to a folder of policies, or to a single file; they need not be there."""
    return path.parent / TABLES, path.parent / RATES


def calendar_of(business: Business) -> WorkingDays | None:
    """The business's working days. Raises: DefinitionInvalid: its calendar names what nobody knows."""
    if business.calendar is None:
        return None
    days = WorkingDays(business.calendar)
    days.check()
    return days


def world_of(documents: Iterable[Document], calendar: WorkingDays | None = None) -> RuleSources:
    """The world that the files make.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    found = {one.path.name: one for one in documents}
    return RuleSources(
        rates=read_rates(found[RATES]) if RATES in found else None,
        tables=read_tables(found[TABLES]) if TABLES in found else {},
        calendar=calendar,
    )


def world_for(path: Path, business: Business, own: Path) -> RuleSources:
    """The world for a folder of policies that somebody looks at: its own files, else those beside `own`.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    chosen = [first if first.is_file() else second for first, second in zip(beside(path), beside(own), strict=True)]
    return world_of([Document.of(one, one.read_bytes()) for one in chosen if one.is_file()], calendar_of(business))
