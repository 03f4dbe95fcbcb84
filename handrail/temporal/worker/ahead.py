"""A runner that keeps no run in its worker's cache which a question brought ahead of its tasks.

A question that waited for a worker is answered out of the history as it stands by then. Where that goes on past the end of
the last task, the run takes a step that no task asked of it. Left in the cache it would give the next task the commands of
two steps, in an order that no replay gives again, and the workflow could never go on from its history.
"""

from __future__ import annotations

from collections.abc import Callable

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import Worker, WorkflowInstance, WorkflowInstanceDetails

from handrail.temporal.worker.wrapping import WrappingInstance, WrappingRunner

CACHED_RUNS = 250
"""Runs that a worker keeps in its cache, of 0.12 MB each. A case that left it is loaded from its history when it goes on."""
QUESTION = "legacy_query"
"""The id of a question that came by itself; others are answered by the task that they came with."""


class RewindingRunner(WrappingRunner):
    """Runs workflows in another runner; those that are ahead are loaded anew, once `evict_from` named their worker."""

    _worker: Worker | None = None

    def evict_from(self, worker: Worker) -> None:
        """Take runs out of this worker's cache. It does not exist yet when its runner is made."""
        self._worker = worker

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """See base class."""
        return RewindingInstance(super().create_instance(det), self._evict)

    def _evict(self, run_id: str) -> None:
        if self._worker:
            # The SDK offers no other way than to fail a task, which the history and every client would see.
            self._worker._bridge_worker.request_workflow_eviction(run_id)


class RewindingInstance(WrappingInstance):
    """An instance that is evicted where its history grew without the start of a task."""

    def __init__(self, inner: WorkflowInstance, evict: Callable[[str], None]) -> None:
        super().__init__(inner)
        self._evict = evict
        self._task: tuple[int, int] | None = None
        self._length = 0
        self._ahead = False

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """See base class."""
        asked = [job.query_workflow.query_id for job in act.jobs if job.HasField("query_workflow")]
        if not asked:
            self._look(act)
        elif self._ahead and QUESTION in asked:
            self._evict(act.run_id)  # once this question is answered
        return super().activate(act)

    def _look(self, act: WorkflowActivation) -> None:
        # A task brings its own time, and the size of the history as it began.
        task = (act.timestamp.ToNanoseconds(), act.history_size_bytes)
        if task != self._task:
            self._ahead = False
        elif act.history_length > self._length:
            self._ahead = True
        self._task, self._length = task, act.history_length
