"""The embedded stack's own deployment: its workers' build is made current once it passed the replay gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.business import Business
from handrail.domain.rollout.deploys import UNVERSIONED, DeployRefused, ReplayCheck
from handrail.embedded.process import StackFailed
from handrail.embedded.stack import Embedded
from handrail.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

    from handrail.temporal.codec import SealingCodec
    from handrail.temporal.deployments import Deployment

ACTOR = "handrail up"
WAIT = 60.0


async def deployed(
    embedded: Embedded, business: Business, settings: Settings, codec: SealingCodec | None, *, unfit: bool = False
) -> str:
    """Make the build of these settings current, or give the cases to workers without a version. Says what was done.

    Raises:
        StackFailed: histories do not replay in this build.
    """
    from handrail.temporal.connect import connect
    from handrail.temporal.deployments import Deployment
    from handrail.wiring.deploys.build import this_version
    from handrail.wiring.sealing import with_keys

    build = this_version(settings, business).build_id if settings.versioned else UNVERSIONED
    async with with_keys(await connect(embedded.temporal.address, identity=ACTOR, codec=codec)) as client:
        deployment = Deployment(client, settings.deployment, settings.task_queue, settings.deployment_versions)
        current, ramping = await deployment.routes()
        if build == current and not ramping:
            return f"{build or 'without versions'}, as it was"
        try:
            return await _promoted(client, deployment, build, embedded.postgres.url, settings, unfit=unfit)
        except DeployRefused as refused:
            raise StackFailed(f"deploy: {refused}") from refused


async def _promoted(
    client: Client, deployment: Deployment, build: str, database: str, settings: Settings, *, unfit: bool
) -> str:
    from handrail.postgres.autonomy.deploys import PostgresDeployChanges
    from handrail.postgres.pool import open_pool
    from handrail.wiring.cases.activities import guards_of
    from handrail.wiring.deploys.changing import Changing, DeployOrder
    from handrail.wiring.deploys.gate import replay_check

    async def check() -> ReplayCheck:
        return await replay_check(client, build, settings.task_queue, guards=guards_of(settings))

    pool = await open_pool(database, size=1)
    try:
        changing = Changing(deployment, PostgresDeployChanges(pool), build, check)
        change = await changing.promote(build, DeployOrder(ACTOR, "the stack was started", WAIT, unfit))
    finally:
        await pool.close()
    return f"{change.build_id or 'without versions'} works on the cases"
