"""The business's day, wired: its steps in their order. A new step is added here, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from activities.quality.collect import CollectStep
from activities.quality.days import DayActivities
from activities.quality.sample import SampleStep
from activities.quality.score import ScoreStep
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.quality.evaluation.releases import RampTerms
from handrail.domain.quality.scores import SCORED_BY, ScoringTerms, ScoringTopic
from handrail.policies.loader import FilePolicies
from handrail.ports.loop.quality import DayStep
from handrail.postgres.autonomy.reviews import PostgresReviewGates
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.corrections import PostgresCorrections
from handrail.postgres.quality.days import PostgresDays
from handrail.postgres.quality.drift import PostgresDrift
from handrail.postgres.quality.ramps import PostgresRamps
from handrail.postgres.quality.samples import PostgresSamples
from handrail.postgres.quality.scores import PostgresScores
from handrail.quality.governor.govern import GovernStep
from handrail.quality.judging.gates import JudgeGates
from handrail.quality.judging.steps import CanaryOfDay, JudgeOfDay
from handrail.quality.outcomes.loader import load_outcomes
from handrail.quality.releases.loader import FileRelease
from handrail.quality.releases.rollback import RampWatch
from handrail.quality.scoring.loader import load_quality
from handrail.quality.scoring.processes import ScoringProcesses
from handrail.quality.watching.terms import FileTerms
from handrail.quality.watching.watch import DriftWatch
from handrail.settings import Settings
from handrail.topics.dial import GateLever, TopicDial
from handrail.wiring.cases.dialling import release_gate
from handrail.wiring.clients import canary_step, judge_step
from handrail.wiring.days.governing import file_terms, governor_over, judge_gates, unjudged

if TYPE_CHECKING:
    from handrail.business import Business
    from handrail.quality.corrections.standing import InForce
    from handrail.wiring.cases.worker import Adapters


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
    governor = governor_over(folder, pool, world.business, world.topics, world.dial, world.clock)
    gates = judge_gates(settings, folder, pool, world.topics, world.clock)
    return [
        SampleStep(samples, lambda: load_quality(folder).value),
        ScoreStep(
            PostgresScores(pool), ScoringProcesses(), list(SCORED_BY), lambda: scoring_terms(folder, world), world.customers
        ),
        DriftWatch(
            PostgresDrift(pool),
            PostgresAlarms(pool),
            watch_terms(folder, pool, world, gates),
            world.clock,
            lambda: released(settings, pool, folder, world),
            gates.anchors,
        ),
        GovernStep(governor, unjudged(gates, pool)),
        ramp_watch(pool, folder),
        CollectStep(PostgresCorrections(pool), lambda: stands(folder, world.business), world.clock),
        # The last two wait for servers of models: what they cannot do holds nothing else of the day back.
        CanaryOfDay(lambda: canary_step(settings, pool, folder, world.clock), world.clock, governor),
        JudgeOfDay(
            (lambda: judge_step(settings, pool, folder, world.clock)) if settings.judge_model else None,
            gates,
            governor,
        ),
    ]


def ramp_watch(pool: Pool, folder: Path) -> RampWatch:
    """Return the watch over a ramp, whose terms are read anew each day."""
    rules = FileRelease(folder)
    terms = RampTerms()
    return RampWatch(
        PostgresRamps(pool), lambda: found.ramp if (found := rules.now()) else terms, lambda: load_outcomes(folder).value
    )


def watch_terms(folder: Path, pool: Pool, world: Adapters, gates: JudgeGates) -> FileTerms:
    """Return the terms of watching; a topic's own level is that of its file and its review gate."""
    reviews = GateLever(PostgresReviewGates(pool, world.clock), world.clock)
    return file_terms(folder, world.topics, TopicDial(reviews), gates)


def stands(folder: Path, business: Business) -> InForce:
    """Return the rules and topics in force. Raises: DefinitionInvalid: a file of them cannot be used."""
    from handrail.wiring.days.relied import in_force

    return in_force(folder, business)


async def released(settings: Settings, pool: Pool, folder: Path, world: Adapters) -> ReleaseParts:
    """Return the release in force. Raises: DefinitionInvalid: a file of it cannot be used."""
    version = FilePolicies.of(folder / "policies", world.business).version
    return await release_gate(settings, pool, folder, world.topics, lambda: version, world.clock).in_force()


def scoring_terms(folder: Path, world: Adapters) -> ScoringTerms:
    """Return what scorers know of the business, as it is now."""
    topics = [ScoringTopic(name=topic.name, terms=[topic.description, topic.prompt]) for topic in world.topics.all()]
    return ScoringTerms(topics=topics, links=list(world.business.links), repeated_to=load_quality(folder).value.repeated_to)
