"""Topics as they stand now: what their files say, what every lever says, how far their review gates are."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from handrail.cli.common.world import CliContext
from handrail.cli.quality.evaluation.releasing import gate_over
from handrail.clock import SystemClock
from handrail.domain.autonomy.review_gates import GateState
from handrail.domain.autonomy.topics import Autonomy, ConfidenceGates, ExecutionBounds, Patience, ReviewGate, Setting, Topic
from handrail.domain.errors import InvalidInput
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.reviews import PostgresReviewGates
from handrail.postgres.pool import Pool
from handrail.topics.dial import GateLever, TopicDial
from handrail.topics.loader import FileTopics


class ReviewGateStatus(BaseModel):
    """A review gate as it stands. `began` is null until the first case meets it."""

    version: str
    wanted: ReviewGate
    began: datetime | None
    cases: int
    approved: int
    edited: int
    rejected: int
    edit_rate: float | None
    open: bool
    why: str


class TopicStatus(BaseModel):
    """A topic with what its file says and what holds now: `effective` is the strictest of `settings`, `why` its words."""

    name: str
    description: str
    people_only: bool
    autonomy: Autonomy
    owner: str | None
    effective: Autonomy
    why: str
    settings: list[Setting]
    review_gate: ReviewGateStatus | None
    languages: list[str]
    tools: list[str]
    confidence_threshold: float
    frustration_threshold: float
    gates: ConfidenceGates
    patience: Patience
    reply_within_minutes: int
    bounds: ExecutionBounds
    version: str


async def standings(place: CliContext, name: str | None = None) -> list[TopicStatus]:
    """Every topic, or the one of this name, as it stands now. Looking begins no gate.

    Raises:
        InvalidInput: there is no such topic.
        DefinitionInvalid, Unreachable: the files cannot be used; no database answers.
    """
    business = place.business
    topics = FileTopics((place.settings.definitions or business.folder) / "topics", business.by_name)
    wanted = [one for one in topics.all() if name in (None, one.name)]
    if not wanted:
        known = ", ".join(one.name for one in topics.all())
        raise InvalidInput(f"NAME: there is no topic {str(name)[:60]!r}. Known: {known}.")
    async with place.pool() as pool:
        return [await standing(place, pool, topics, one) for one in wanted]


async def standing(place: CliContext, pool: Pool, topics: FileTopics, topic: Topic) -> TopicStatus:
    """One topic as it stands now."""
    gates = GateLever(PostgresReviewGates(pool, SystemClock()), SystemClock())
    release = gate_over(place.settings, place.business, pool)
    dialled = await TopicDial(gates, release, PostgresControls(pool, place.business)).autonomy(topic)
    return TopicStatus(
        **topic.model_dump(exclude={"examples", "prompt", "prefetch", "review_gate", "gates", "patience", "bounds"}),
        effective=Autonomy.OFF if topic.people_only else dialled.autonomy,
        why=f"{topic.name} is for people only." if topic.people_only else dialled.why,
        settings=dialled.settings,
        review_gate=gate(topic.review_gate, await gates.state(topic)),
        gates=topic.gates,
        patience=topic.patience,
        bounds=topic.bounds,
        version=topics.version,
    )


def gate(wanted: ReviewGate | None, state: GateState | None) -> ReviewGateStatus | None:
    """The gate with its count."""
    if wanted is None or state is None:
        return None
    counted = state.progress.model_dump(exclude={"topic", "version", "began_at"})
    return ReviewGateStatus(
        version=wanted.version,
        wanted=wanted,
        began=state.progress.began_at,
        edit_rate=state.progress.edit_rate,
        open=state.open,
        why=state.why,
        **counted,
    )
