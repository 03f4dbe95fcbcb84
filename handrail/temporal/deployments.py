"""A worker deployment as the server keeps it: its versions, which of them works, and changes of that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payload
from temporalio.api.deployment.v1 import WorkerDeploymentInfo, WorkerDeploymentVersion
from temporalio.api.enums.v1 import (
    RoutingConfigUpdateState,
    WorkerDeploymentVersionStatus,
)
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    DeleteWorkerDeploymentVersionRequest,
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentVersionRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
    UpdateWorkerDeploymentVersionMetadataRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.rollout.deploys import DeployedVersion, DeploymentStanding, DeployRefused, VersionStatus
from handrail.temporal.patience import BUSY, PATIENCE, Answer, patiently
from handrail.temporal.polling import pollers_of

CHECKED = "handrail.checked"
PINNED = "TemporalWorkflowVersioningBehavior = 'Pinned'"
"""Cases upgrade by themselves: one that is pinned was pinned by hand, with `temporal workflow update-options`."""
STATUSES = {
    f"WORKER_DEPLOYMENT_VERSION_STATUS_{status.name}": status
    for status in VersionStatus
    if status is not VersionStatus.UNKNOWN
}
NO_SUCH = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.INVALID_ARGUMENT)


class Deployment:
    """The deployment of this name, and the cases of one task queue; `cap` is how many versions the server keeps.

    A server that is too busy to answer is asked again for `patience` seconds: deployments are workflows of its own, and a busy
    server is slow with them. Any method raises RPCError where the server does not answer.
    """

    def __init__(self, client: Client, name: str, task_queue: str, cap: int, patience: float = PATIENCE) -> None:
        self._client, self.name, self._queue, self._cap = client, name, task_queue, cap
        self._patience, self._service = patience, client.workflow_service

    async def standing(self) -> DeploymentStanding:
        """Return it as it stands; without versions where no worker of it ever polled."""
        found = await self.outline()
        versions = await asyncio.gather(*map(self.filled, found.versions))
        polled = (one.build_id for one in versions if one.pollers)
        update = {
            "versions": versions,
            "unversioned": await self._count("TemporalWorkerDeploymentVersion IS NULL"),
            "stranded": found.pinned - await self._pinned_to(polled) if found.pinned else 0,
        }
        return found.model_copy(update=update)

    async def _pinned_to(self, builds: Iterable[str]) -> int:
        return sum(await asyncio.gather(*(self._count(f"{PINNED} AND {self._of(build)}") for build in builds)))

    async def outline(self) -> DeploymentStanding:
        """Return it without what takes a question for each version: its cases, its check. Four questions, however many."""
        info, pollers = await self._info(), await self._asking(lambda: pollers_of(self._client, self._queue, self.name))
        routing = info.routing_config
        percent = routing.ramping_version_percentage
        shares = {
            routing.ramping_deployment_version.build_id: percent,
            routing.current_deployment_version.build_id: 100 - percent,
        }
        versions = [self._version(one, pollers, shares) for one in info.version_summaries]
        return DeploymentStanding(
            deployment=self.name,
            current=routing.current_deployment_version.build_id,
            ramping=routing.ramping_deployment_version.build_id or None,
            percent=round(percent, 2),
            versions=sorted(versions, key=lambda one: one.created_at or datetime.min.replace(tzinfo=UTC), reverse=True),
            open_cases=await self._count(),
            pinned=await self._count(PINNED),
            unversioned_pollers=pollers.get("", []),
            cap=self._cap,
            settled=arrived(info),
        )

    async def filled(self, one: DeployedVersion) -> DeployedVersion:
        """Return the version with its open cases and its check."""
        (words, at), cases = await asyncio.gather(self._checked(one.build_id), self._count(self._of(one.build_id)))
        return one.model_copy(update={"cases": cases, "checked": words, "checked_at": at})

    async def routes(self) -> tuple[str, str]:
        """Return the builds that are current and ramping, in one small question; empty ones where there are none."""
        routing = (await self._info()).routing_config
        return routing.current_deployment_version.build_id, routing.ramping_deployment_version.build_id

    async def is_settled(self) -> bool:
        """Return whether the newest change has reached every task queue."""
        return arrived(await self._info())

    async def make_current(self, build_id: str, actor: str) -> None:
        """Let the build work on every case; an empty one means unversioned workers. Raises: DeployRefused: see `_refusing`."""
        request = SetWorkerDeploymentCurrentVersionRequest(
            **self._about, build_id=build_id, identity=actor, ignore_missing_task_queues=not build_id
        )
        await self._refusing(lambda: self._service.set_worker_deployment_current_version(request))

    async def ramp(self, build_id: str, percent: float, actor: str) -> None:
        """Let the build work on so many per cent of the cases; an empty one ends the ramp. Raises: DeployRefused."""
        request = SetWorkerDeploymentRampingVersionRequest(
            **self._about, build_id=build_id, percentage=percent, identity=actor
        )
        await self._refusing(lambda: self._service.set_worker_deployment_ramping_version(request))

    async def delete(self, build_id: str, actor: str) -> None:
        """Delete the server's record of a version. Raises: DeployRefused: it works, drains, or somebody polls as it."""
        request = DeleteWorkerDeploymentVersionRequest(
            namespace=self._client.namespace, deployment_version=self._named(build_id), identity=actor
        )
        await self._refusing(lambda: self._service.delete_worker_deployment_version(request))

    async def note_check(self, build_id: str, words: str, at: datetime, actor: str) -> None:
        """Write beside the version which check it passed. Raises: DeployRefused: it has not registered."""
        (payload,) = await self._client.data_converter.encode([{"words": words, "at": at.isoformat()}])
        request = UpdateWorkerDeploymentVersionMetadataRequest(
            namespace=self._client.namespace,
            deployment_version=self._named(build_id),
            upsert_entries={CHECKED: payload},
            identity=actor,
        )
        await self._refusing(lambda: self._service.update_worker_deployment_version_metadata(request))

    @property
    def _about(self) -> dict[str, Any]:
        return {"namespace": self._client.namespace, "deployment_name": self.name}

    def _of(self, build_id: str) -> str:
        return f"TemporalWorkerDeploymentVersion = '{self.name}:{build_id}'"

    def _named(self, build_id: str) -> WorkerDeploymentVersion:
        return WorkerDeploymentVersion(deployment_name=self.name, build_id=build_id)

    async def _info(self) -> WorkerDeploymentInfo:
        request = DescribeWorkerDeploymentRequest(**self._about)
        try:
            found = await self._asking(lambda: self._service.describe_worker_deployment(request))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return WorkerDeploymentInfo(name=self.name)
        return found.worker_deployment_info

    def _version(self, one: Any, pollers: dict[str, list[str]], shares: dict[str, float]) -> DeployedVersion:
        build_id = one.deployment_version.build_id
        return DeployedVersion(
            build_id=build_id,
            status=STATUSES.get(WorkerDeploymentVersionStatus.Name(one.status), VersionStatus.UNKNOWN),
            percent=round(shares.get(build_id, 0.0), 2),
            pollers=pollers.get(build_id, []),
            created_at=moment(one.create_time),
            current_since=moment(one.current_since_time),
            last_current_at=moment(one.last_current_time),
            deactivated_at=moment(one.last_deactivation_time),
        )

    async def _checked(self, build_id: str) -> tuple[str, datetime | None]:
        request = DescribeWorkerDeploymentVersionRequest(
            namespace=self._client.namespace, deployment_version=self._named(build_id)
        )
        try:
            answer = await self._asking(lambda: self._service.describe_worker_deployment_version(request))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # deleted a moment ago
                raise
            return "", None
        entries = answer.worker_deployment_version_info.metadata.entries
        return await checked(self._client, entries[CHECKED]) if CHECKED in entries else ("", None)

    async def _count(self, more: str = "") -> int:
        query = f"WorkflowType = 'case' AND TaskQueue = '{self._queue}' AND ExecutionStatus = 'Running'"
        query += f" AND {more}" if more else ""
        request = CountWorkflowExecutionsRequest(namespace=self._client.namespace, query=query)
        return (await self._asking(lambda: self._service.count_workflow_executions(request))).count

    async def _asking(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        return await patiently(ask, self._patience)

    async def _refusing(self, ask: Callable[[], Awaitable[object]]) -> None:
        """Have the server do it; a change that is asked for twice is made once.

        Raises:
            DeployRefused: it does not do it as things are, or is too busy for it; in its words.
        """
        try:
            await self._asking(ask)
        except RPCError as error:
            words = error.message[:300].rstrip(".")
            if error.status in BUSY:
                remedy = "`handrail deploys list` shows what stands; try again when less is going on"
                raise DeployRefused(
                    f"Temporal is too busy, and has been for {self._patience:.0f} s: {words}. {remedy}."
                ) from error
            if error.status not in NO_SUCH:
                raise
            raise DeployRefused(f"Temporal refuses: {words}.") from error


def arrived(info: WorkerDeploymentInfo) -> bool:
    """Return whether the newest change has reached every task queue; older servers do not say."""
    return info.routing_config_update_state != RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS


async def checked(client: Client, payload: Payload) -> tuple[str, datetime | None]:
    """Return which check a version passed, and when; nothing where somebody else wrote there."""
    try:
        (found,) = await client.data_converter.decode([payload])
        return str(found["words"]), datetime.fromisoformat(found["at"])
    except (ValueError, TypeError, KeyError, RuntimeError):
        return "", None


def moment(at: Timestamp) -> datetime | None:
    """Return the moment; None where there was none."""
    return at.ToDatetime(UTC) if at.seconds > 0 else None
