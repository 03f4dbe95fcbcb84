"""The examples that stand in a matrix file, tried on its rows."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from handrail.domain.errors import DefinitionInvalid
from handrail.matrix.conditions import MatrixCase
from handrail.matrix.table import CheckedMatrix


@dataclass(frozen=True)
class TriedExample:
    """One example: the row it wants, and the row that took it."""

    case: MatrixCase
    wanted: str
    taken: str

    @property
    def passed(self) -> bool:
        """True if the example went where it should."""
        return self.wanted == self.taken


@dataclass(frozen=True)
class MatrixTrial:
    """All of them, and the rows that none of them reached, in the order of the file."""

    tried: list[TriedExample]
    unproven: list[str]

    @property
    def passed(self) -> bool:
        """True if every example went where it should."""
        return all(one.passed for one in self.tried)


def trial(rows: CheckedMatrix, name: str) -> MatrixTrial:
    """Every example on the rows of `name`.

    Raises:
        DefinitionInvalid: there is no example.
    """
    table = rows.table
    if not table.examples:
        raise DefinitionInvalid(
            f"{name}: has no examples, so nothing says what it should do. Add at the end, for each row: "
            "examples: [{case: {reason: …, topic: …}, row: …}]."
        )
    tried = [TriedExample(one.case, one.row, rows.first(_placed(one.case, rows)).id) for one in table.examples]
    reached = {one.taken for one in tried}
    return MatrixTrial(tried, [row.id for row in table.rows if row.id not in reached])


def _placed(case: MatrixCase, rows: CheckedMatrix) -> MatrixCase:
    """A time without a zone is one on the business's clock."""
    if case.at is None or case.at.tzinfo is not None:
        return case
    zone = ZoneInfo(rows.table.hours.zone if rows.table.hours else "UTC")
    return case.model_copy(update={"at": case.at.replace(tzinfo=zone)})
