"""Opening a case over a bare connection, for a process that opens one and ends.

Temporal's client takes a tenth of a second to load, which is a third of the whole command. What is sent is what the client
sends, but for encryption: whoever encrypts takes the client.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

from temporalio.api.common.v1 import Payload, Priority
from temporalio.api.enums.v1 import WorkflowIdConflictPolicy, WorkflowIdReusePolicy
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.service import RPCError, ServiceClient

from handrail.domain.case.fairness import fairness_key
from handrail.domain.case.requests import CaseStatus
from handrail.temporal.cases.executions import PREFIX
from handrail.temporal.cases.wanted import CASE_STATUS, WORKFLOW, memo_of, summary_of

if TYPE_CHECKING:
    from handrail.domain.case.requests import CaseOpen

PLAIN = b"json/plain"


async def begin(service: ServiceClient, case: CaseOpen, *, namespace: str, task_queue: str) -> bool:
    """Start the case's workflow; False where the server does not begin it, as where it stands: the client says why, and which.

    A start that came through although it is not told so is found by the client as the same case.
    """
    request = start_of(case, namespace=namespace, task_queue=task_queue, identity=service.config.identity)
    try:
        await service.workflow_service.start_workflow_execution(request, retry=True)
    except RPCError:
        return False
    return True


def start_of(case: CaseOpen, *, namespace: str, task_queue: str, identity: str) -> StartWorkflowExecutionRequest:
    """Return the request by which the workflow of the case is started."""
    request = StartWorkflowExecutionRequest(
        namespace=namespace,
        workflow_id=f"{PREFIX}{case.case_id}",
        identity=identity,
        request_id=str(uuid4()),
        workflow_id_reuse_policy=WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
        workflow_id_conflict_policy=WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
        priority=Priority(fairness_key=fairness_key(case.customer_id)),
    )
    request.workflow_type.name = WORKFLOW
    request.task_queue.name = task_queue
    request.input.payloads.append(Payload(metadata={"encoding": PLAIN}, data=case.model_dump_json().encode()))
    for name, value in memo_of(case).items():
        request.memo.fields[name].CopyFrom(_words(value))
    request.user_metadata.summary.CopyFrom(_words(summary_of(case)))
    status = _words(CaseStatus.WORKING.value)
    status.metadata["type"] = b"Keyword"
    request.search_attributes.indexed_fields[CASE_STATUS.name].CopyFrom(status)
    return request


def _words(value: str) -> Payload:
    return Payload(metadata={"encoding": PLAIN}, data=json.dumps(value, ensure_ascii=False).encode())
