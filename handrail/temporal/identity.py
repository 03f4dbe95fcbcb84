"""Who sent an update or a signal: workflow code never learns it, the case's own history does."""

from __future__ import annotations

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from handrail.domain.approvals import Identity


class HistoryIdentities:
    """Reads the identity from history.

    It is `verified` only where `trusted` says that nothing reaches the server but through a proxy that stamps it.
    """

    def __init__(self, client: Client, trusted: bool) -> None:
        self._client = client
        self._trusted = trusted

    async def of_event(
        self, workflow_id: str, run_id: str, *, update_id: str | None, signal: str | None
    ) -> tuple[str, Identity]:
        """See `ports.Identities.of_event`; for a signal, the newest of that name."""
        found = ""
        handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
        async for event in handle.fetch_history_events():
            found = _identity(event, update_id, signal) or found
        return found, Identity.VERIFIED if found and self._trusted else Identity.SELF_DECLARED


def _identity(event: HistoryEvent, update_id: str | None, signal: str | None) -> str:
    if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
        meta = event.workflow_execution_update_accepted_event_attributes.accepted_request.meta
        return meta.identity if update_id and meta.update_id == update_id else ""
    if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
        attributes = event.workflow_execution_signaled_event_attributes
        return attributes.identity if signal and attributes.signal_name == signal else ""
    return ""
