"""A runner that tells a workflow who sent the update it handles: the server hands that over with the update, the SDK keeps it.

It is what the history holds of the update, so it is the same in every replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.workflow import Info

from handrail.domain.actions.approvals import SENDER_OF


class AnnouncingRunner(WorkflowRunner):
    """Runs workflows in another runner; there `workflow.extern_functions()[SENDER_OF](update_id)` gives an identity."""

    def __init__(self, inner: WorkflowRunner) -> None:
        self._inner = inner

    def prepare_workflow(self, defn: Any) -> None:
        """See base class."""
        self._inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """See base class."""
        senders: dict[str, str] = {}

        def sender_of(update_id: str) -> str:
            return senders.get(update_id, "")

        told = replace(det, extern_functions={**det.extern_functions, SENDER_OF: sender_of})
        return AnnouncingInstance(self._inner.create_instance(told), senders)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """See base class."""
        self._inner.set_worker_level_failure_exception_types(types)


class AnnouncingInstance(WorkflowInstance):
    """An instance that notes the senders of an activation's updates before their handlers begin."""

    def __init__(self, inner: WorkflowInstance, senders: dict[str, str]) -> None:
        self._inner = inner
        self._senders = senders

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """See base class."""
        self._senders.clear()
        for job in act.jobs:
            if job.HasField("do_update"):
                self._senders[job.do_update.id] = job.do_update.meta.identity
        return self._inner.activate(act)

    def get_serialization_context(self, command_info: Any) -> Any:
        """See base class."""
        return self._inner.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        """See base class."""
        return self._inner.get_external_store_context(command_info)

    def get_info(self) -> Info:
        """See base class."""
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        """See base class."""
        return self._inner.get_thread_id()
