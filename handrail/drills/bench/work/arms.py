"""The arms that Handrail is measured beside: a workflow that does nothing, and one with a single activity."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity, workflow

NOTHING = "bench-nothing"
ONE_ACTIVITY = "bench-one-activity"
OBVIOUS = "bench-obvious"


@activity.defn(name="bench-echo")
async def echo(number: int) -> int:
    """Give back what was given."""
    return number


@workflow.defn(name=NOTHING)
class DoNothing:
    """Ends at once: the most that the server and one worker can start and finish."""

    @workflow.run
    async def run(self, number: int) -> int:
        """Give back what was given."""
        return number


@workflow.defn(name=ONE_ACTIVITY)
class OneActivity:
    """Runs one activity that does nothing."""

    @workflow.run
    async def run(self, number: int) -> int:
        """Give back what the activity gives."""
        return await workflow.execute_activity(echo, number, start_to_close_timeout=timedelta(seconds=60))
