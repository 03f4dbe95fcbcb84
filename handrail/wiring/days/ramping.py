"""Ramps, wired: the release in force beside a candidate's model, prompts and gate."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from handrail.domain.autonomy.controls import Control
from handrail.domain.quality.evaluation.releases import ReleaseStanding
from handrail.domain.rollout.ramps import HANDRAIL, Candidate, Ramp, RampStep, StepOfRamp
from handrail.ports.loop.rollout import RampRecord
from handrail.postgres.quality.ramps import PostgresRamps
from handrail.quality.releases.gate import ReleaseGate
from handrail.quality.releases.serving import AskedModel, RampedReleases
from handrail.settings import Settings
from handrail.topics.dial import TopicDial
from handrail.wiring.cases.dialling import DialSources
from handrail.wiring.cases.watched import AgentModels

if TYPE_CHECKING:
    from handrail.domain.autonomy.topics import Topic
    from handrail.topics.loader import FileTopics

LOOK_SECONDS = 5.0
"""How often a worker looks for a step of a ramp, at most; each look is a statement."""
_log = logging.getLogger(__name__)


class CandidateTopics:
    """The topics in force with a candidate's prompts."""

    def __init__(self, topics: FileTopics, candidate: Candidate) -> None:
        self._topics, self._candidate = topics, candidate

    def all(self) -> Sequence[Topic]:
        """Every topic, with the candidate's prompt."""
        return [self._candidate.topic(one) for one in self._topics.all()]


class GatedCandidate:
    """A ramp's candidate: its model, which is loaded when it is first asked, and its gate."""

    def __init__(self, model: AskedModel, gate: ReleaseGate) -> None:
        self.model, self._gate = model, gate

    async def standing(self) -> ReleaseStanding:
        """Return where the candidate stands with the release gate."""
        return await self._gate.standing()


class RampTroubles:
    """The port `ModelTroubles` for a candidate's model: its trouble ends the ramp, and lowers nothing else."""

    def __init__(self, ramps: RampRecord, ramp: Ramp) -> None:
        self._ramps, self._ramp = ramps, ramp

    async def step_down(self, reason: str, *, pause: timedelta, lasting: timedelta, urgent: bool = False) -> Control | None:
        """Roll the ramp back; None, for no control is set."""
        step = RampStep(ramp_id=self._ramp.ramp_id, kind=StepOfRamp.ROLLBACK, percent=0, actor=HANDRAIL, words=reason)
        if await self._ramps.end(step) is not None:
            _log.warning("ramp %s was rolled back: %s", self._ramp.ramp_id, reason)
        return None


def candidate_settings(settings: Settings, candidate: Candidate) -> Settings:
    """Return the settings with the candidate's model and server."""
    changes = {"model": candidate.model, "openai_base_url": candidate.model_url}
    return settings.model_copy(update={name: value for name, value in changes.items() if value})


def ramped(sources: DialSources, models: AgentModels) -> tuple[RampedReleases, TopicDial]:
    """Return what answers each case, what is in force or a candidate, and the dial over both.

    Raises:
        DefinitionInvalid: `release.yaml` cannot be used.
    """
    ramps = PostgresRamps(sources.pool)

    def ready(ramp: Ramp) -> GatedCandidate:
        own = candidate_settings(sources.settings, ramp.candidate)
        gated = sources.release_gate(own, CandidateTopics(sources.topics, ramp.candidate))
        return GatedCandidate(models.candidate(own, RampTroubles(ramps, ramp)), gated)

    gate = sources.release_gate(sources.settings, sources.topics)
    releases = RampedReleases(models.base, ramps, gate.release, ready, every=LOOK_SECONDS)
    return releases, TopicDial(sources.review_gates(), gate, sources.controls, releases)
