"""Very many deployments on one name, one after the other: the last one registers and serves, although the server keeps few."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from handrail.domain.base import Stored
from handrail.domain.rollout.deploys import ReplayCheck
from handrail.drills.chaos.plan import Wish
from handrail.drills.chaos.play.shoppers import shoppers
from handrail.drills.deploys.alternating import opened
from handrail.drills.deploys.builds import Build, this_build
from handrail.postgres.autonomy.deploys import PostgresDeployChanges
from handrail.postgres.pool import Pool
from handrail.redaction.values import by_code
from handrail.temporal.cases.client import CaseClient, settled
from handrail.temporal.deployments import Deployment
from handrail.temporal.worker.announcing import AnnouncingRunner
from handrail.temporal.worker.interceptors import Guards
from handrail.wiring.deploys.build import upgrading
from handrail.wiring.deploys.changing import Changing, DeployOrder
from handrail.wiring.deploys.gate import replay_check
from workflows.case import CaseWorkflow

NAME, QUEUE = "handrail", "cases"
PATIENCE = 420.0
"""Seconds for which a deployment waits for room: a poller counts for five minutes, and a version drains for three."""
CHANNEL = "drill"
SAMPLE = 10
Tell = Callable[[str], None]


class ManyReport(Stored):
    """A drill: seconds of each promotion, the longest wait for room, and whether the last build served both cases."""

    deploys: int
    cap: int
    seconds: float
    slowest: float
    longest: list[float]
    pruned: int
    versions_left: int
    old_case: str
    new_case: str

    @property
    def passed(self) -> bool:
        """Return whether the last build went on with the old case and served a new one."""
        return self.old_case == self.new_case == "served"


@activity.defn(name="drill.nothing")
async def nothing() -> None:
    """Be polled for: a version has to poll for all that the one before it did."""


async def many(deploys: int, tell: Tell, cap: int = 100, **dynamic: str) -> ManyReport:
    """Deploy so many builds, then one more that has to serve. `dynamic` are values of the server's dynamic configuration.

    Raises:
        StackFailed: a part would not start. DeployRefused: a build could not be promoted.
    """
    began, took = time.monotonic(), list[float]()
    first, last = (named(this_build(), f"build-{number}") for number in (0, deploys))
    with tempfile.TemporaryDirectory(prefix="handrail-deploys-", ignore_cleanup_errors=True) as name:
        async with opened(Path(name), (first, last), **dynamic) as (stack, turns):
            await turns.take()
            cases = CaseClient(stack.client, patience=30)
            one, other = await shoppers(stack.pool, [Wish.PERSON, Wish.PERSON])
            await cases.open_case("drill-old", one.customer_id, one.first_words, channel=CHANNEL)
            await cases.wait("drill-old", until=settled, timeout=60)
            turns.stop(first)
            report = await replay_check(stack.client, "build-1", QUEUE, SAMPLE)
            for number in range(1, deploys):
                took.append(await _deployed(stack.client, stack.pool, f"build-{number}", cap, report))
                tell(f"build {number} after {took[-1]:.1f} s")
            await turns.start(last)
            took.append(await _promoted(stack.client, stack.pool, f"build-{deploys}", cap, report))
            await cases.say("drill-old", "Are you still there?")
            await cases.open_case("drill-new", other.customer_id, other.first_words, channel=CHANNEL)
            await cases.wait("drill-new", until=settled, timeout=60)
            changes = await PostgresDeployChanges(stack.pool).newest(NAME, 1_000)
            return ManyReport(
                deploys=deploys + 1,
                cap=cap,
                seconds=round(time.monotonic() - began, 1),
                slowest=round(max(took), 1),
                longest=sorted(round(one, 1) for one in took)[-5:],
                pruned=sum(len(list(_deleted(one.evidence))) for one in changes),
                versions_left=len((await _deployment(stack.client, cap).standing()).versions),
                old_case=await _served(stack.client, "drill-old", f"build-{deploys}"),
                new_case=await _served(stack.client, "drill-new", f"build-{deploys}"),
            )


def named(build: Build, build_id: str) -> Build:
    """Return the build under a name of its own."""
    return Build(build_id, build.checkout, {**build.environment, "HANDRAIL_BUILD_ID": build_id})


async def _deployed(client: Client, pool: Pool, build_id: str, cap: int, report: ReplayCheck) -> float:
    """Run a worker of the build until it is current; return how many seconds that took."""
    async with _worker(client, build_id):
        return await _promoted(client, pool, build_id, cap, report)


async def _promoted(client: Client, pool: Pool, build_id: str, cap: int, report: ReplayCheck) -> float:
    """Promote the build. Its code is that of every build here, so `report` is what one of them replayed."""

    async def check() -> ReplayCheck:
        return report.model_copy(update={"build_id": build_id})

    began = time.monotonic()
    changing = Changing(_deployment(client, cap), PostgresDeployChanges(pool), build_id, check)
    await changing.promote(build_id, DeployOrder("drill", wait=PATIENCE))
    return time.monotonic() - began


@asynccontextmanager
async def _worker(client: Client, build_id: str) -> AsyncIterator[None]:
    """Run a worker that plays workflow code alone: no case of the drill is in a turn meanwhile."""
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[CaseWorkflow],
        activities=[nothing],
        interceptors=[Guards(by_code())],
        workflow_runner=AnnouncingRunner(UnsandboxedWorkflowRunner()),
        deployment_config=upgrading(WorkerDeploymentVersion(NAME, build_id)),
    )
    async with worker:
        yield


def _deployment(client: Client, cap: int) -> Deployment:
    return Deployment(client, NAME, QUEUE, cap)


def _deleted(evidence: dict[str, object]) -> list[object]:
    found = evidence.get("deleted", [])
    return found if isinstance(found, list) else []


async def _served(client: Client, case_id: str, build_id: str) -> str:
    """Say whether the case took its last step in the build."""
    found = await client.get_workflow_handle(f"case-{case_id}").describe()
    by = found.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id
    return "served" if by == build_id else f"still in {by or 'no version'}"
