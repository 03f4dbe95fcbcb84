"""Starting, stopping and reading a shadow for the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.rollout.ramps import Candidate
from handrail.domain.rollout.shadows import (
    Shadow,
    ShadowBudget,
    ShadowCandidate,
    ShadowReport,
    ShadowSpent,
    ShadowStep,
    StepOfShadow,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from handrail.cli.common.world import CliContext
    from handrail.domain.quality.evaluation.evaluations import ReleaseParts
    from handrail.postgres.pool import Pool


LOOKED_AT = 20
MOST = 20_000


class ShadowStatus(Stored):
    """The newest shadow as it stands; `rests` says why it answers nothing more today."""

    shadow: Shadow | None
    today: ShadowSpent = Field(default_factory=ShadowSpent)
    sampled: int = Field(default=0, description="cases of the share so far")
    answers: int = 0
    rests: str = ""
    steps: list[ShadowStep] = Field(default_factory=list)


def asked_for(
    place: CliContext, wanted: Candidate, prompts: Path | None, topics: Path | None, policies: Path | None, graph: str | None
) -> ShadowCandidate:
    """Read the candidate that is asked for. Raises: InvalidInput, DefinitionInvalid: see `read_shadow_candidate`."""
    from handrail.business import look_here
    from handrail.cli.common.rail import topics as in_force
    from handrail.quality.shadow.layout import read_shadow_candidate

    look_here()
    return read_shadow_candidate(wanted, prompts, topics, policies, graph, in_force(place))


async def shadow_started(
    place: CliContext, candidate: ShadowCandidate, by: str, share: float, budget: ShadowBudget, words: str
) -> Shadow:
    """Start a shadow.

    Raises:
        InvalidInput: another one is going.
        DefinitionInvalid: a file of the candidate cannot be used.
        Unreachable.
    """
    from handrail.cli.quality.evaluation.releasing import gate_over
    from handrail.postgres.quality.shadows import PostgresShadows

    async with place.pool() as pool:
        parts = await candidate_parts(place, pool, candidate)
        base = await gate_over(place.settings, place.business, pool).release()
        shadow = Shadow(
            release=parts.release, base=base, parts=parts, candidate=candidate, share=share, budget=budget, owner=by
        )
        return await PostgresShadows(pool).start(shadow, words)


async def candidate_parts(place: CliContext, pool: Pool, candidate: ShadowCandidate) -> ReleaseParts:
    """Return what the candidate is made of, laid out once. Raises: InvalidInput, DefinitionInvalid."""
    import tempfile

    from handrail.cli.quality.evaluation.releasing import with_model
    from handrail.clock import SystemClock
    from handrail.policies.loader import FilePolicies
    from handrail.quality.playing.definitions import module_version
    from handrail.quality.shadow.layout import lay_out
    from handrail.topics.loader import FileTopics
    from handrail.wiring.cases.dialling import release_gate
    from handrail.wiring.days.ramping import candidate_settings

    settings = candidate_settings(with_model(place.settings, place.settings.data_dir), candidate)
    with tempfile.TemporaryDirectory() as folder:
        laid = lay_out(Path(folder) / "candidate", candidate, place.settings.definitions or place.business.folder)
        topics = FileTopics(laid / "topics", place.business.by_name)
        version = FilePolicies.of(laid / "policies", place.business).version
        parts = await release_gate(settings, pool, laid, topics, lambda: version, SystemClock()).in_force()
    if candidate.graph is None:
        return parts
    return parts.model_copy(update={"graph": module_version(candidate.graph)})


async def shadow_stopped(place: CliContext, by: str, words: str) -> Shadow:
    """Stop the shadow that is going. Raises: InvalidInput: none is. Unreachable."""
    from handrail.domain.errors import InvalidInput
    from handrail.postgres.quality.shadows import PostgresShadows

    async with place.pool() as pool:
        shadows = PostgresShadows(pool)
        going = await shadows.latest()
        if going is None or not going.going:
            raise InvalidInput("shadow: none is going. Start one: `handrail release shadow start`.")
        await shadows.step(ShadowStep(shadow_id=going.shadow_id, kind=StepOfShadow.STOP, actor=by, words=words))
        return await shadows.of(going.shadow_id)


async def shadow_status(place: CliContext, limit: int) -> ShadowStatus:
    """Return the newest shadow as it stands. Raises: DefinitionInvalid, Unreachable."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from handrail.postgres.quality.shadows import PostgresShadows
    from handrail.quality.outcomes.loader import load_outcomes

    folder = place.settings.definitions or place.business.folder
    today = datetime.now(UTC).astimezone(ZoneInfo(load_outcomes(folder).value.zone)).date()
    async with place.pool() as pool:
        shadows = PostgresShadows(pool)
        found = await shadows.latest()
        if found is None:
            return ShadowStatus(shadow=None)
        spent, steps = await shadows.spent(today), await shadows.steps(found.shadow_id, limit)
        reached = spent.reached(found.budget)
        return ShadowStatus(
            shadow=found,
            today=spent,
            sampled=await shadows.sampled(found),
            answers=await shadows.answered(found.shadow_id),
            rests=f"it rests until tomorrow: {reached}" if reached and found.going else "",
            steps=steps,
        )


async def shadow_report(place: CliContext, number: int | None, limit: int) -> ShadowReport:
    """Compare a shadow's answers, the newest one's by default. Raises: InvalidInput: there is none. Unreachable."""
    from handrail.domain.errors import InvalidInput
    from handrail.postgres.quality.shadows import PostgresShadows
    from handrail.quality.shadow.comparing import report_of

    async with place.pool() as pool:
        shadows = PostgresShadows(pool)
        found = await shadows.latest() if number is None else await shadows.of(number)
        if found is None:
            raise InvalidInput("shadow: there was none yet. Start one: `handrail release shadow start`.")
        answers = await shadows.answers(found.shadow_id, limit)
        return report_of(found, answers, await shadows.sampled(found), await shadows.spent(None, found.shadow_id))


async def shadow_of(pool: Pool, parts: ReleaseParts) -> ShadowReport | None:
    """Return the report of the newest shadow of a release, whatever its model's server called itself; None: there was none."""
    from handrail.quality.releases.gate import alike

    return await _newest(pool, lambda one: alike(one.parts, parts))


async def shadow_within(pool: Pool, since: datetime, until: datetime) -> ShadowReport | None:
    """Return the report of the newest shadow that went in a period; None where there was none."""
    return await _newest(
        pool,
        lambda one: (
            one.started_at is not None and one.started_at < until and (one.stopped_at is None or one.stopped_at >= since)
        ),
    )


async def _newest(pool: Pool, fits: Callable[[Shadow], bool]) -> ShadowReport | None:
    from handrail.postgres.quality.shadows import PostgresShadows
    from handrail.quality.shadow.comparing import report_of

    shadows = PostgresShadows(pool)
    found = next((one for one in await shadows.newest(LOOKED_AT) if fits(one)), None)
    if found is None:
        return None
    answers = await shadows.answers(found.shadow_id, MOST)
    return report_of(found, answers, await shadows.sampled(found), await shadows.spent(None, found.shadow_id))


async def shadow_by_topic(place: CliContext, pool: Pool) -> dict[str, str]:
    """Return by topic what the newest shadow of the release in force says about what people decide there."""
    from handrail.cli.quality.evaluation.releasing import gate_over
    from handrail.quality.shadow.comparing import share_words

    found = await shadow_of(pool, await gate_over(place.settings, place.business, pool).in_force())
    if found is None:
        return {}
    name = f"shadow {found.shadow.shadow_id}"
    return {
        topic: f"{name}: did what people decided in {share_words(shares['agrees'])}"
        for topic, shares in found.by_topic.items()
        if shares["agrees"].n
    }
