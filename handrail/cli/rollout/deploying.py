"""Deployments for the command line: what there is, and changes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from handrail.domain.base import Stored
from handrail.domain.rollout.deploys import DeployChange, DeploymentStanding, ReplayCheck

if TYPE_CHECKING:
    from temporalio.client import Client

    from handrail.cli.common.world import CliContext
    from handrail.temporal.deployments import Deployment
    from handrail.wiring.deploys.changing import Changing, DeployOrder


class DeploysList(Stored):
    """A deployment, this build, and the newest changes."""

    here: str
    standing: DeploymentStanding
    changes: list[DeployChange]


class Pruned(Stored):
    """The versions that were deleted, and why each of the others stays."""

    deleted: list[str]
    kept: dict[str, str]


@asynccontextmanager
async def changing(place: CliContext, sample: int | None = None) -> AsyncIterator[Changing]:
    """Open what changes the deployment of the settings. Raises: Unreachable, DefinitionInvalid."""
    from handrail.postgres.autonomy.deploys import PostgresDeployChanges
    from handrail.wiring.cases.activities import guards_of
    from handrail.wiring.deploys.changing import Changing
    from handrail.wiring.deploys.gate import SAMPLE, replay_check
    from handrail.wiring.sealing import with_keys

    settings, here = place.settings, this_build(place)

    async def check() -> ReplayCheck:
        many = SAMPLE if sample is None else sample
        return await replay_check(client, here, settings.task_queue, many, guards_of(settings))

    async with with_keys(await place.temporal("handrail deploys")) as client, place.pool() as pool:
        yield Changing(deployment(place, client), PostgresDeployChanges(pool), here, check)


def deployment(place: CliContext, client: Client) -> Deployment:
    """Return the deployment that the settings name."""
    from handrail.temporal.deployments import Deployment

    settings = place.settings
    return Deployment(client, settings.deployment, settings.task_queue, settings.deployment_versions)


def this_build(place: CliContext) -> str:
    """Return the build that this process is. Raises: DefinitionInvalid."""
    from handrail.wiring.deploys.build import this_version

    return this_version(place.settings, place.business).build_id


async def listed(place: CliContext, limit: int) -> DeploysList:
    """Read the deployment as it stands. Raises: Unreachable, DefinitionInvalid."""
    async with changing(place) as found:
        changes = await found.record.newest(found.deployment.name, limit)
        return DeploysList(here=found.here, standing=await found.deployment.standing(), changes=changes)


async def checked(place: CliContext, sample: int | None, by: str) -> ReplayCheck:
    """Replay histories in this build, and write beside its version that it passed. Raises: Unreachable, DefinitionInvalid."""
    from datetime import UTC, datetime

    from handrail.domain.rollout.deploys import DeployRefused

    async with changing(place, sample) as found:
        report = await found.check()
        if report.passed:
            try:
                await found.deployment.note_check(found.here, report.words, datetime.now(UTC), by)
            except DeployRefused:  # no worker of it has registered, so there is no version to write beside yet
                return report
        return report


async def promoted(place: CliContext, build: str | None, sample: int | None, order: DeployOrder) -> DeployChange:
    """Promote a build, by default this one. Raises: DeployRefused, Unreachable, DefinitionInvalid."""
    async with changing(place, sample) as found:
        return await found.promote(found.here if build is None else build, order)


async def ramped(place: CliContext, percent: float, build: str | None, sample: int | None, order: DeployOrder) -> DeployChange:
    """Give a build, by default this one, a share of the cases. Raises: DeployRefused, Unreachable, DefinitionInvalid."""
    async with changing(place, sample) as found:
        return await found.ramp(build or found.here, percent, order)


async def rolled_back(place: CliContext, build: str | None, order: DeployOrder) -> DeployChange:
    """End the ramp, or go back to the build before. Raises: DeployRefused, Unreachable, DefinitionInvalid."""
    async with changing(place) as found:
        return await found.rollback(build, order)


async def pruned(place: CliContext, spare: int, order: DeployOrder) -> Pruned:
    """Delete versions that are done with. Raises: Unreachable, DefinitionInvalid."""
    async with changing(place) as found:
        deleted, kept = await found.prune(order, spare)
        return Pruned(deleted=deleted, kept=kept)
