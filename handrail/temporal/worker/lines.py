"""Says in every log line of an activity which case, run and attempt it is about."""

from __future__ import annotations

from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from handrail.seeing.logs.about import about
from handrail.temporal.cases.executions import PREFIX


class ActivityLines(ActivityInboundInterceptor):
    """Surrounds an activity with what its log lines are about."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """See base class."""
        info = activity.info()
        workflow = info.workflow_id or ""
        case = {"case": workflow.removeprefix(PREFIX)} if workflow.startswith(PREFIX) else {}
        run, attempt = info.workflow_run_id or "", str(info.attempt)
        with about(**case, workflow=workflow, run=run, activity=info.activity_type, attempt=attempt):
            return await super().execute_activity(input)
