"""The `webhooks.deliver` workflow: the messages of one case for one endpoint, one after the other."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from handrail.domain.webhooks import DeliveryRequest, DeliveryResult
from workflows.options import WEBHOOK_ATTEMPT

LONGEST_HISTORY = 800


@workflow.defn(name="webhooks.deliver")
class WebhookWorkflow:
    """Input: `DeliveryRequest`. Ends when nothing is left; `more` tells of another message, `now` cuts a pause short."""

    def __init__(self) -> None:
        self._more = False
        self._now = False

    @workflow.signal(name="more")
    def more(self) -> None:
        """Hear of another message."""
        self._more = True

    @workflow.signal(name="now")
    def now(self) -> None:
        """Try again without waiting any longer."""
        self._more = self._now = True

    @workflow.run
    async def run(self, asked: DeliveryRequest) -> None:
        """Attempt, and wait as long as the attempt says, until nothing is left."""
        while True:
            self._more = self._now = False
            found: DeliveryResult = await workflow.execute_activity(
                "webhooks.attempt", asked, result_type=DeliveryResult, **WEBHOOK_ATTEMPT
            )
            if found.again_in is None and not self._more:
                return
            if found.again_in:
                await self._wait(found.again_in)
            if workflow.info().get_current_history_length() > LONGEST_HISTORY:
                workflow.continue_as_new(asked)

    async def _wait(self, seconds: float) -> None:
        try:
            await workflow.wait_condition(lambda: self._now, timeout=timedelta(seconds=seconds))
        except TimeoutError:
            return
