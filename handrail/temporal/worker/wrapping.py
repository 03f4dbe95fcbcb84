"""Runners and instances around others: a subclass changes the calls that it is about, all others go inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.workflow import Info


class WrappingRunner(WorkflowRunner):
    """Runs workflows in another runner, `inner`."""

    def __init__(self, inner: WorkflowRunner) -> None:
        self.inner = inner

    def prepare_workflow(self, defn: Any) -> None:
        """See base class."""
        self.inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """See base class."""
        return self.inner.create_instance(det)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """See base class."""
        self.inner.set_worker_level_failure_exception_types(types)


class WrappingInstance(WorkflowInstance):
    """An instance that hands everything to another, `inner`."""

    def __init__(self, inner: WorkflowInstance) -> None:
        self.inner = inner

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """See base class."""
        return self.inner.activate(act)

    def get_serialization_context(self, command_info: Any) -> Any:
        """See base class."""
        return self.inner.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        """See base class."""
        return self.inner.get_external_store_context(command_info)

    def get_info(self) -> Info:
        """See base class."""
        return self.inner.get_info()

    def get_thread_id(self) -> int | None:
        """See base class."""
        return self.inner.get_thread_id()
