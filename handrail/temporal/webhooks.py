"""Starting deliveries of webhooks: a run for each case and endpoint, which is told of more or to go on now."""

from __future__ import annotations

from collections.abc import Iterable

from temporalio.client import Client

from handrail.domain.webhooks import DeliveryRequest

WORKFLOW = "webhooks.deliver"


def webhook_queue(task_queue: str) -> str:
    """Return the task queue of deliveries: slow receivers take no worker away from cases."""
    return f"{task_queue}-webhooks"


async def deliver(client: Client, task_queue: str, wanted: Iterable[DeliveryRequest], *, now: bool = False) -> None:
    """Begin each delivery, or tell the one that runs; with `now` its pause ends. Raises: RPCError."""
    for one in wanted:
        await client.start_workflow(
            WORKFLOW,
            one,
            id=f"webhook-{one.endpoint_id}-{one.case_id}",
            task_queue=webhook_queue(task_queue),
            start_signal="now" if now else "more",
            static_summary=f"Events of {one.case_id} to {one.endpoint_id}",
        )
