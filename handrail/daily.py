"""The business's day, wired: its steps in their order. A new step is added here, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.quality.days import DayActivities
from handrail.outcomes.loader import load_outcomes
from handrail.ports.quality import DayStep
from handrail.postgres.pool import Pool
from handrail.postgres.quality.days import PostgresDays
from handrail.settings import Settings

if TYPE_CHECKING:
    from handrail.wiring import Adapters


def quality_day(settings: Settings, pool: Pool, world: Adapters) -> DayActivities:
    """Return the activities of the day; its zone is read anew each time that something is due."""
    folder = settings.definitions or world.business.folder
    return DayActivities(
        day_steps(settings, pool, world), PostgresDays(pool), world.clock, lambda: load_outcomes(folder).value.zone
    )


def day_steps(settings: Settings, pool: Pool, world: Adapters) -> list[DayStep]:
    """Return the steps of a day in their order."""
    return []
