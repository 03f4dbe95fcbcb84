"""What the Temporal Web UI's menus send, as it sends them: the requests of its case page and of its list's batch menu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from temporalio.api.batch.v1 import (
    BatchOperationCancellation,
    BatchOperationReset,
    BatchOperationTermination,
)
from temporalio.api.common.v1 import ResetOptions, WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import (
    DeleteWorkflowExecutionRequest,
    PauseWorkflowExecutionRequest,
    RequestCancelWorkflowExecutionRequest,
    ResetWorkflowExecutionRequest,
    StartBatchOperationRequest,
    TerminateWorkflowExecutionRequest,
    UnpauseWorkflowExecutionRequest,
)
from temporalio.client import Client


@dataclass(frozen=True, slots=True)
class Page:
    """Somebody at the page of a case."""

    client: Client

    def _of(self, case_id: str) -> WorkflowExecution:
        return WorkflowExecution(workflow_id=f"case-{case_id}")

    @property
    def _asked(self) -> dict[str, Any]:
        return {"namespace": self.client.namespace, "identity": "ann"}

    async def pause(self, case_id: str, reason: str = "look") -> None:
        """Pause."""
        await self.client.workflow_service.pause_workflow_execution(
            PauseWorkflowExecutionRequest(**self._asked, workflow_id=f"case-{case_id}", reason=reason, request_id=uuid4().hex)
        )

    async def unpause(self, case_id: str) -> None:
        """Unpause."""
        await self.client.workflow_service.unpause_workflow_execution(
            UnpauseWorkflowExecutionRequest(
                **self._asked, workflow_id=f"case-{case_id}", reason="go on", request_id=uuid4().hex
            )
        )

    async def cancel(self, case_id: str) -> None:
        """Request Cancellation."""
        await self.client.workflow_service.request_cancel_workflow_execution(
            RequestCancelWorkflowExecutionRequest(**self._asked, workflow_execution=self._of(case_id), request_id=uuid4().hex)
        )

    async def terminate(self, case_id: str, reason: str = "Terminated from the Web UI") -> None:
        """Terminate."""
        await self.client.workflow_service.terminate_workflow_execution(
            TerminateWorkflowExecutionRequest(**self._asked, workflow_execution=self._of(case_id), reason=reason)
        )

    async def delete(self, case_id: str) -> None:
        """What `temporal workflow delete` does; the Web UI has no such entry."""
        await self.client.workflow_service.delete_workflow_execution(
            DeleteWorkflowExecutionRequest(namespace=self.client.namespace, workflow_execution=self._of(case_id))
        )

    async def reset(self, case_id: str, event_id: int) -> str:
        """Reset to the workflow task that ends, or began, with this event; the new run's id."""
        done = await self.client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                **self._asked,
                workflow_execution=self._of(case_id),
                reason="Reset from the Web UI",
                workflow_task_finish_event_id=event_id,
                request_id=uuid4().hex,
            )
        )
        return done.run_id

    async def tasks(self, case_id: str) -> list[int]:
        """The events that the dialog offers to reset to: the ends of workflow tasks, oldest first."""
        ended = {EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT}
        return [one.event_id for one in await self.events(case_id) if one.event_type in ended]

    async def events(self, case_id: str) -> list[HistoryEvent]:
        """The newest run's history."""
        handle = self.client.get_workflow_handle(f"case-{case_id}")
        return [event async for event in handle.fetch_history_events()]

    async def batch(self, case_ids: list[str], what: str, **options: Any) -> None:
        """The list's menu over a selection."""
        operations: dict[str, Any] = {
            "terminate": {"termination_operation": BatchOperationTermination(identity="ann")},
            "cancel": {"cancellation_operation": BatchOperationCancellation(identity="ann")},
            "reset": {"reset_operation": BatchOperationReset(identity="ann", options=ResetOptions(**options))},
        }
        chosen = " OR ".join(f"WorkflowId = 'case-{case_id}'" for case_id in case_ids)
        await self.client.workflow_service.start_batch_operation(
            StartBatchOperationRequest(
                namespace=self.client.namespace,
                job_id=uuid4().hex,
                reason="Batch from the Web UI",
                visibility_query=f"({chosen})",
                **operations[what],
            )
        )
