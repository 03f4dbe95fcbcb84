"""Changing a ramp for the command line: who may, and on what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.rollout.ramps import ArmsCompared, Candidate, Ramp, RampStep, StepOfRamp

if TYPE_CHECKING:
    from handrail.cli.common.world import CliContext
    from handrail.postgres.pool import Pool
    from handrail.postgres.quality.ramps import PostgresRamps
    from handrail.quality.releases.gate import ReleaseGate


class ArmCount(Stored):
    """The cases and customers that an arm has served."""

    cases: int
    customers: int


class RampStatus(Stored):
    """The newest ramp as it stands."""

    ramp: Ramp | None
    gate: str = ""
    shadow: list[str] = Field(default_factory=list, description="what a shadow of the candidate says")
    arms: dict[str, ArmCount] = Field(default_factory=dict)
    steps: list[RampStep] = Field(default_factory=list)


async def started(place: CliContext, candidate: Candidate, by: str, percent: float, words: str) -> Ramp:
    """Start a ramp.

    Raises:
        InvalidInput: another one is going; or the share needs a gatekeeper, or an evaluation that passed.
        DefinitionInvalid, Unreachable.
    """
    from handrail.postgres.quality.ramps import PostgresRamps

    async with place.pool() as pool:
        gate = candidate_gate(place, pool, candidate)
        found = await gate.standing()
        parts = found.parts or await gate.in_force()
        if percent > 0:
            await _permitted(place, gate, by, percent)
        ramp = Ramp(
            release=parts.release,
            base=await _in_force(place, pool),
            parts=parts,
            candidate=candidate,
            owner=by,
            evaluation_id=found.passed.evaluation_id if found.passed else None,
            percent=percent,
        )
        return await PostgresRamps(pool).start(ramp, words)


async def stepped(place: CliContext, percent: float, by: str, words: str) -> Ramp:
    """Set the share of the ramp that is going.

    Raises:
        InvalidInput: none is going; or it would go up, and this is not its owner, or its gate is shut.
        DefinitionInvalid, Unreachable.
    """
    from handrail.domain.errors import InvalidInput
    from handrail.domain.team.commands import same_name
    from handrail.postgres.quality.ramps import PostgresRamps

    async with place.pool() as pool:
        ramps = PostgresRamps(pool)
        going = await _going(ramps)
        if percent > going.percent:
            if not same_name(by, going.owner):
                raise InvalidInput(f"--by: {going.owner!r} owns ramp {going.ramp_id} and alone steps it up, not {by!r}.")
            await _permitted(place, candidate_gate(place, pool, going.candidate), by, percent)
        about = {"ramp_id": going.ramp_id, "kind": StepOfRamp.STEP, "percent": percent}
        return await ramps.step(RampStep.model_validate({**about, "actor": by, "words": words}))


async def stopped(place: CliContext, by: str, words: str) -> Ramp:
    """End the ramp that is going. Raises: InvalidInput: none is. Unreachable."""
    from handrail.postgres.quality.ramps import PostgresRamps

    async with place.pool() as pool:
        ramps = PostgresRamps(pool)
        going = await _going(ramps)
        step = RampStep(ramp_id=going.ramp_id, kind=StepOfRamp.STOP, percent=0, actor=by, words=words)
        return await ramps.step(step)


async def checked(place: CliContext) -> list[ArmsCompared]:
    """Compare the arms by what settled until today began; what is proven worse is rolled back.

    Raises:
        DefinitionInvalid, Unreachable.
    """
    from datetime import UTC, datetime, timedelta
    from zoneinfo import ZoneInfo

    from handrail.postgres.outcomes import PostgresOutcomes
    from handrail.quality.outcomes.loader import load_outcomes
    from handrail.quality.outcomes.period import midnight
    from handrail.wiring.days.daily import ramp_watch

    folder = place.settings.definitions or place.business.folder
    outcomes = load_outcomes(folder)
    zone = ZoneInfo(outcomes.value.zone)
    today = datetime.now(UTC).astimezone(zone).date()
    async with place.pool() as pool:
        await PostgresOutcomes(pool).define(outcomes.value, outcomes.version)
        return await ramp_watch(pool, folder).look(today - timedelta(days=1), midnight(today, zone))


async def status_of(place: CliContext, limit: int) -> RampStatus:
    """Return the newest ramp as it stands. Raises: DefinitionInvalid, Unreachable."""
    from handrail.cli.rollout.shadowing import shadow_of
    from handrail.postgres.quality.ramps import PostgresRamps

    async with place.pool() as pool:
        ramps = PostgresRamps(pool)
        found = await ramps.latest()
        if found is None:
            return RampStatus(ramp=None)
        counts = await ramps.arms(found.ramp_id)
        shadow = await shadow_of(pool, found.parts)
        return RampStatus(
            ramp=found,
            gate=(await candidate_gate(place, pool, found.candidate).standing()).why if found.going else "",
            shadow=shadow.words if shadow else [],
            arms={arm: ArmCount(cases=cases, customers=customers) for arm, (cases, customers) in counts.items()},
            steps=await ramps.steps(limit, found.ramp_id),
        )


def candidate_gate(place: CliContext, pool: Pool, candidate: Candidate) -> ReleaseGate:
    """Return the release gate over what a candidate is made of. Raises: DefinitionInvalid."""
    from handrail.cli.quality.evaluation.releasing import with_model
    from handrail.clock import SystemClock
    from handrail.policies.loader import FilePolicies
    from handrail.topics.loader import FileTopics
    from handrail.wiring.cases.dialling import release_gate
    from handrail.wiring.days.ramping import CandidateTopics, candidate_settings

    settings = with_model(place.settings, place.settings.data_dir)
    folder = settings.definitions or place.business.folder
    topics = CandidateTopics(FileTopics(folder / "topics", place.business.by_name), candidate)

    def policies() -> str:
        return FilePolicies.of(folder / "policies", place.business).version

    return release_gate(candidate_settings(settings, candidate), pool, folder, topics, policies, SystemClock())


async def _in_force(place: CliContext, pool: Pool) -> str:
    from handrail.cli.quality.evaluation.releasing import gate_over

    return await gate_over(place.settings, place.business, pool).release()


async def _going(ramps: PostgresRamps) -> Ramp:
    from handrail.domain.errors import InvalidInput

    found = await ramps.latest()
    if found is None or not found.going:
        raise InvalidInput("ramp: none is going. Start one: `handrail release ramp start`.")
    return found


async def _permitted(place: CliContext, gate: ReleaseGate, by: str, percent: float) -> None:
    """Raises: InvalidInput: this is no gatekeeper, or the candidate has not passed an evaluation."""
    from handrail.cli.quality.evaluation.evaluating import check_gatekeeper, rules_of
    from handrail.domain.errors import InvalidInput

    check_gatekeeper(rules_of(place), by, "--by")
    found = await gate.standing()
    if not found.open:
        rest = "Evaluate it (`handrail eval run`), then let it through (`handrail release pass`)."
        raise InvalidInput(f"percent: {percent:g} % of the customers need a candidate that passed. {found.why} {rest}")
