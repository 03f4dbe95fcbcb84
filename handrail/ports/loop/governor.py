"""Port to what the governor did."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Protocol

from handrail.domain.quality.watch.drift import DriftAlarm
from handrail.domain.quality.watch.governor import GovernorStep


class Governed(Protocol):
    """The result of governing, in words."""

    @property
    def words(self) -> str: ...


class Governs(Protocol):
    """The governor, for whoever raises alarms that cannot wait for the next day."""

    async def govern(self, day: date) -> Governed:
        """Act on every alarm that stands and was not acted on."""
        ...


class GovernorRecord(Protocol):
    """The governor's steps, each once."""

    async def steps_about(self, alarms: Collection[int], since: datetime) -> list[GovernorStep]:
        """Return the steps about these alarms, and every step down since then."""
        ...

    async def stepped_at(self) -> dict[str, datetime]:
        """Return when each topic stepped down last."""
        ...

    async def volumes(self, since: datetime) -> dict[str, float]:
        """Return each topic's part of all cases that were opened since then."""
        ...

    async def step_down(self, step: GovernorStep) -> GovernorStep | None:
        """Set the control and write the step down, both or neither; None where it was taken before.

        A step of everything that is held so already is written down as kept.
        """
        ...

    async def note(self, steps: Sequence[GovernorStep], page: DriftAlarm | None) -> DriftAlarm | None:
        """Write down steps that set no control, with the alarm about them; returns the alarm where it is new."""
        ...
