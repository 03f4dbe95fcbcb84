"""A runner that tells a workflow who sent the update it handles: the server hands that over with the update, the SDK keeps it.

It is what the history holds of the update, so it is the same in every replay.
"""

from __future__ import annotations

from dataclasses import replace

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails

from handrail.domain.actions.approvals import SENDER_OF
from handrail.temporal.worker.wrapping import WrappingInstance, WrappingRunner


class AnnouncingRunner(WrappingRunner):
    """Runs workflows in another runner; there `workflow.extern_functions()[SENDER_OF](update_id)` gives an identity."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """See base class."""
        senders: dict[str, str] = {}

        def sender_of(update_id: str) -> str:
            return senders.get(update_id, "")

        announced = replace(det, extern_functions={**det.extern_functions, SENDER_OF: sender_of})
        return AnnouncingInstance(super().create_instance(announced), senders)


class AnnouncingInstance(WrappingInstance):
    """An instance that notes the senders of an activation's updates before their handlers begin."""

    def __init__(self, inner: WorkflowInstance, senders: dict[str, str]) -> None:
        super().__init__(inner)
        self._senders = senders

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """See base class."""
        self._senders.clear()
        for job in act.jobs:
            if job.HasField("do_update"):
                self._senders[job.do_update.id] = job.do_update.meta.identity
        return super().activate(act)
