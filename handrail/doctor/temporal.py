"""Looks at Temporal: does it answer, know our namespace and attributes, have a worker that polls, and runs that get on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue, TaskQueueConfig
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.doctor.findings import DoctorFinding, fine, notice, trouble
from handrail.domain.counting import listed
from handrail.embedded.temporal import SEARCH_ATTRIBUTES
from handrail.settings import Settings
from handrail.temporal.cases.executions import executions
from handrail.temporal.connect import Unreachable
from handrail.temporal.polling import POLLED_WITHIN
from handrail.wiring.connecting import connected, silent

TEMPORAL, NAMESPACE, ATTRIBUTES, WORKERS, RUNS = "Temporal", "namespace", "search attributes", "workers", "runs"
AHEAD = timedelta(seconds=5)
KINDS = {TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW: "workflow tasks", TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY: "activities"}
NAMED = 5
STUCK = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
DENIED = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)


async def look(settings: Settings) -> list[DoctorFinding]:
    """Look at the server, then at what is ours there. Raises: RPCError: it stopped answering."""
    try:
        client = await connected(settings, identity="handrail doctor", runtime=silent())
    except Unreachable as error:
        return [trouble(TEMPORAL, str(error), "Nothing can be opened or decided until it answers.")]
    found = [fine(TEMPORAL, f"answers at {settings.temporal_address}")]
    try:
        found += await _namespace(client, settings)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        words = f"Temporal has no namespace {settings.temporal_namespace!r}."
        return [*found, trouble(NAMESPACE, words, "Create it, or set HANDRAIL_TEMPORAL_NAMESPACE.")]
    return [*found, *await _attributes(client), *await _workers(client, settings.task_queue), *await _runs(client, settings)]


async def _namespace(client: Client, settings: Settings) -> list[DoctorFinding]:
    answer = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    kept = answer.config.workflow_execution_retention_ttl.ToTimedelta()
    wanted = timedelta(hours=settings.reopen_hours)
    if kept and kept < wanted:
        words = (
            f"{client.namespace} keeps ended cases for {_hours(kept)}, shorter than {_hours(wanted)} (HANDRAIL_REOPEN_HOURS)."
        )
        remedy = f"temporal operator namespace update --retention {_hours(wanted)} --namespace {client.namespace}"
        return [notice(NAMESPACE, words, remedy)]
    return [fine(NAMESPACE, f"{client.namespace} keeps ended cases for {_hours(kept)}")]


def _hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3_600:g}h"


async def _attributes(client: Client) -> list[DoctorFinding]:
    try:
        answer = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status not in DENIED:
            raise
        return [notice(ATTRIBUTES, f"They cannot be listed: {error.message}", "Look at them as the namespace's owner.")]
    names = {name: IndexedValueType.Name(kind) for name, kind in answer.custom_attributes.items()}
    wanted = {name: f"INDEXED_VALUE_TYPE_{kind.upper()}" for name, kind in SEARCH_ATTRIBUTES.items()}
    wrong = [name for name, kind in wanted.items() if names.get(name) != kind]
    if not wrong:
        return [fine(ATTRIBUTES, f"all {len(wanted)} are there")]
    options = " ".join(f"--name {name} --type {SEARCH_ATTRIBUTES[name]}" for name in wrong)
    remedy = f"temporal operator search-attribute create --namespace {client.namespace} {options}"
    return [trouble(ATTRIBUTES, f"{', '.join(wrong)} are missing or of another type: cases cannot start.", remedy)]


async def _workers(client: Client, task_queue: str) -> list[DoctorFinding]:
    now, found, builds = datetime.now(UTC), list[DoctorFinding](), set[str]()
    for kind, what in KINDS.items():
        request = DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=task_queue), task_queue_type=kind, report_config=True
        )
        answer = await client.workflow_service.describe_task_queue(request)
        pollers = list(answer.pollers)
        found += _limits(task_queue, what, answer.config)
        seen = [one.last_access_time.ToDatetime(UTC) for one in pollers]
        if not any(now - at < POLLED_WITHIN for at in seen):
            words = f"Nobody polls {task_queue} for {what}: cases wait."
            found.append(trouble(WORKERS, words, "Start a worker, or set its HANDRAIL_TASK_QUEUE to this one."))
        elif max(seen) > now + AHEAD:
            words = f"Temporal's clock is {(max(seen) - now).total_seconds():.0f} s ahead of this machine's."
            found.append(notice(WORKERS, words, "Let both follow a time server: deadlines are kept by Temporal's clock."))
        builds |= {_build(one) for one, at in zip(pollers, seen, strict=True) if now - at < POLLED_WITHIN} - {""}
    if len(builds) > 1:
        words = f"{len(builds)} builds poll {task_queue}: {', '.join(sorted(builds))}."
        found.append(notice(WORKERS, words, "As it should be during a deployment; afterwards stop the older ones."))
    return found or [fine(WORKERS, f"{task_queue} is polled{''.join(f', build {one}' for one in builds)}")]


def _limits(task_queue: str, what: str, config: TaskQueueConfig) -> list[DoctorFinding]:
    """Tell of rates that somebody set by hand: they hold back decisions as they hold back customers."""
    found = []
    for limit, each, flag in (
        (config.queue_rate_limit, "", "queue-rps-limit"),
        (config.fairness_keys_rate_limit_default, " for each customer", "fairness-key-rps-limit-default"),
    ):
        if not limit.HasField("rate_limit"):
            continue
        about = limit.metadata
        by = f" by {about.update_identity}" if about.update_identity else ""
        why = f": {about.reason.rstrip('.')}" if about.reason else ""
        words = f"{task_queue} gives out at most {limit.rate_limit.requests_per_second:g} {what} a second{each}, set{by}{why}."
        remedy = f"temporal task-queue config set --task-queue {task_queue} --task-queue-type activity --{flag} default"
        found.append(notice(WORKERS, words, remedy))
    return found


def _build(poller: PollerInfo) -> str:
    return poller.deployment_options.build_id or poller.worker_version_capabilities.build_id


async def _runs(client: Client, settings: Settings) -> list[DoctorFinding]:
    query = f"TaskQueue = '{settings.task_queue}' AND {STUCK}"
    stuck = [one.workflow_id async for one in executions(client, query)]
    if not stuck:
        return [fine(RUNS, "no run fails its tasks")]
    words = f"{len(stuck)} cannot get on, as their tasks fail: {listed(stuck, NAMED)}."
    remedy = "What no longer fits the code goes to a person within two minutes; for anything else the worker's log says why."
    return [trouble(RUNS, words, remedy)]
