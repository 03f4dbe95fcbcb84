"""A Temporal server that forgets pollers within seconds and keeps few versions; workers of any build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion

from handrail.domain.rollout.deploys import DeploymentStanding, ReplayCheck
from handrail.embedded.ports import free_block
from handrail.embedded.process import run
from handrail.embedded.temporal import Temporal
from handrail.postgres.autonomy.deploys import PostgresDeployChanges
from handrail.temporal.connect import connect
from handrail.temporal.deployments import Deployment
from handrail.wiring.deploys.changing import Changing
from handrail.wiring.deploys.gate import replay_check
from tests.support.deployed import deployed
from tests.support.house import House

CAP = 4
QUICK = {
    "matching.PollerHistoryTTL": '"1s"',
    "matching.longPollExpirationInterval": '"500ms"',
    "matching.wv.VersionDrainageStatusVisibilityGracePeriod": '"100ms"',
    "matching.wv.VersionDrainageStatusRefreshInterval": '"200ms"',
    "matching.maxVersionsInDeployment": str(CAP),
}


@pytest.fixture(scope="module")
def quick_server(servers: Path) -> Iterator[Temporal]:
    """The server. Polls are short there, so that who goes on polling stays known."""
    base = free_block(4)
    server = Temporal(servers / "deploys.db", base, base + 1, base + 2, base + 3, **QUICK)
    with run(server, servers / "deploys.log"):
        yield server


@pytest.fixture(scope="module")
async def quick_client(quick_server: Temporal) -> Client:
    return await connect(quick_server.address)


@dataclass(frozen=True, slots=True)
class Line:
    """A deployment of a test's own, over a task queue of its own."""

    home: House
    client: Client
    name: str

    @property
    def deployment(self) -> Deployment:
        return Deployment(self.client, self.name, self.name, CAP)

    def changing(self, here: str, check: Callable[[], object] | None = None) -> Changing:
        """What changes it, out of a process of the build `here`."""

        async def replay() -> ReplayCheck:
            return await replay_check(self.client, here, self.name)

        return Changing(self.deployment, PostgresDeployChanges(self.home.pool), here, check or replay)  # type: ignore[arg-type]

    def worker(self, build: str | None) -> AbstractAsyncContextManager[House]:
        """A worker of the build, or one without a version."""
        version = WorkerDeploymentVersion(self.name, build) if build else None
        return deployed(self.home, task_queue=self.name, client=self.client, version=version)

    async def standing(self) -> DeploymentStanding:
        return await self.deployment.standing()

    async def build_of(self, case_id: str) -> str:
        """The build in which the case took its last step; empty where it had no version."""
        found = await self.client.get_workflow_handle(f"case-{case_id}").describe()
        return str(found.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id)


@pytest.fixture
async def line(home: House, temporal_client: Client) -> Line:
    """On the common server, where pollers count for minutes."""
    return Line(home, temporal_client, f"line-{uuid4().hex[:8]}")


@pytest.fixture
async def quick_line(home: House, quick_client: Client) -> Line:
    """On the server that forgets within seconds."""
    return Line(home, quick_client, f"line-{uuid4().hex[:8]}")
