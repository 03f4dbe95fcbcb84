"""The business's day, wired: its steps in their order. A new step is added here, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from activities.quality.collect import CollectStep
from activities.quality.days import DayActivities
from activities.quality.sample import SampleStep
from activities.quality.score import ScoreStep
from handrail.domain.quality.scores import ScoringTerms, ScoringTopic
from handrail.outcomes.loader import load_outcomes
from handrail.ports.quality import DayStep
from handrail.postgres.pool import Pool
from handrail.postgres.quality.corrections import PostgresCorrections
from handrail.postgres.quality.days import PostgresDays
from handrail.postgres.quality.samples import PostgresSamples
from handrail.postgres.quality.scores import PostgresScores
from handrail.relied import in_force
from handrail.scoring.loader import load_quality
from handrail.scoring.processes import ScoringProcesses
from handrail.scoring.scorers import SCORERS
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
    folder = settings.definitions or world.business.folder
    samples = PostgresSamples(pool)
    names = [scorer.name for scorer in SCORERS]
    return [
        SampleStep(samples, lambda: load_quality(folder).value),
        ScoreStep(PostgresScores(pool), ScoringProcesses(), names, lambda: scoring_terms(folder, world)),
        CollectStep(PostgresCorrections(pool), lambda: in_force(folder, world.business), world.clock),
    ]


def scoring_terms(folder: Path, world: Adapters) -> ScoringTerms:
    """Return what scorers know of the business, as it is now."""
    topics = [ScoringTopic(name=topic.name, terms=[topic.description, topic.prompt]) for topic in world.topics.all()]
    return ScoringTerms(topics=topics, links=list(world.business.links), repeated_to=load_quality(folder).value.repeated_to)
