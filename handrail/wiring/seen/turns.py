"""Counts turns by what became of them, and makes each a span `invoke_agent`."""

from __future__ import annotations

import time
from typing import Any

from temporalio import activity, client, worker
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from graphs.turn import TurnResult
from handrail.domain.case.cases import CaseStatus
from handrail.seeing.figures import catalogue
from handrail.seeing.now import Seen
from handrail.seeing.traces import conventions as names
from handrail.seeing.traces.spans import SpanRole
from handrail.temporal.cases.executions import PREFIX

TURN = "case.turn"
AGENT = "handrail"
RETRIED = "retried"
"""The outcome of an attempt that failed and is tried again."""
STATUSES = {
    CaseStatus.RESOLVED: "resolved",
    CaseStatus.AWAITING_CUSTOMER: "awaiting_customer",
    CaseStatus.WITH_HUMAN: "with_human",
    CaseStatus.CLOSED: "closed",
}


class SeenTurns(client.Interceptor, worker.Interceptor):
    """The interceptor of a client whose workers' turns are seen."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """See base class."""
        return SeenTurn(next, self._seen)


class SeenTurn(ActivityInboundInterceptor):
    """An activity that is counted, if it is a turn."""

    def __init__(self, next: ActivityInboundInterceptor, seen: Seen) -> None:
        super().__init__(next)
        self._seen = seen

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """See base class."""
        info = activity.info()
        if info.activity_type != TURN:
            return await super().execute_activity(input)
        case = (info.workflow_id or "").removeprefix(PREFIX)
        about = {names.OPERATION: names.INVOKE_AGENT, names.PROVIDER: AGENT, names.AGENT: AGENT, names.CONVERSATION: case}
        began = time.monotonic()
        with self._seen.spans.span(f"{names.INVOKE_AGENT} {AGENT}", SpanRole.INTERNAL, {**about, names.CASE: case}) as span:
            try:
                result = await super().execute_activity(input)
            except Exception:
                self._count(RETRIED)
                raise
            outcome = outcome_of_turn(result)
            span.note({names.OUTCOME: outcome})
        self._count(outcome)
        if self._seen.figures:
            self._seen.figures.took(catalogue.TURN_SECONDS, time.monotonic() - began)
        return result

    def _count(self, outcome: str) -> None:
        if self._seen.figures:
            self._seen.figures.add(catalogue.TURNS, outcome=outcome)


def outcome_of_turn(result: TurnResult) -> str:
    """Return what became of a turn: how the case stands, that a person must approve, that it failed or was cut short."""
    if result.learned is not None and result.learned.outcome is not None:
        return STATUSES.get(result.learned.outcome.status, str(result.learned.outcome.status))
    if result.failure is not None:
        return "failed"
    return "awaiting_approval" if result.question is not None else "cut_short"
