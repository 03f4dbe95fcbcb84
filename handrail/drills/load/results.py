"""Results of the drill of load: figures, each beside the bound that it has to keep."""

from __future__ import annotations

from pydantic import Field, computed_field

from handrail.domain.base import Stored


class LoadFigure(Stored):
    """A figure of a part; `low` and `high` are its spread. Without `at_most` nothing is promised."""

    part: str
    figure: str
    value: float
    unit: str = ""
    at_most: float | None = None
    low: float | None = None
    high: float | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def met(self) -> bool | None:
        """Return whether it keeps its bound; None where it has none."""
        return None if self.at_most is None else self.value <= self.at_most


class LoadReport(Stored):
    """A drill. `load` is the load average before it began, `seed` made the customers and their orders."""

    cores: int
    load: float
    seed: int
    seconds: float = 0.0
    figures: list[LoadFigure] = Field(default_factory=list)

    @property
    def missed(self) -> list[LoadFigure]:
        """Figures over their bound."""
        return [one for one in self.figures if one.met is False]

    @property
    def passed(self) -> bool:
        """Return whether something was promised, and every bound holds."""
        return not self.missed and any(one.met for one in self.figures)
