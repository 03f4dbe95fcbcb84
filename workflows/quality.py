"""The `quality.daily` workflow: every step of every ended day that is not done yet, oldest day first.

The steps are what the activity `quality.due` returns, so a new one changes nothing here.
"""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from handrail.domain.quality.days import DailyRun, DueRequest, DueStep, DueSteps, FailedStep, StepResult
from workflows.options import QUALITY_DUE, QUALITY_STEP

FAILED = "QualityStepFailed"


@workflow.defn(name="quality.daily")
class QualityWorkflow:
    """Input: the JSON of `DueRequest`, or nothing for everything that is due. Gives `DailyRun`."""

    @workflow.run
    async def run(self, asked: DueRequest | None = None) -> DailyRun:
        """Run the steps that are due.

        A step that fails holds back those behind it, and itself on later days: what a step finds may rest on the day before.

        Raises:
            ApplicationError: a step failed; its details are the `DailyRun`.
        """
        found: DueSteps = await workflow.execute_activity(
            "quality.due", asked or DueRequest(), result_type=DueSteps, **QUALITY_DUE
        )
        done: list[DueStep] = []
        failed: list[FailedStep] = []
        held: list[DueStep] = []
        stopped = len(found.order)
        for due in found.due:
            place = found.order.index(due.step)
            if place >= stopped:
                held.append(due)
                continue
            try:
                await workflow.execute_activity(
                    f"quality.{due.step}", due.day, result_type=StepResult, summary=str(due.day.day), **QUALITY_STEP
                )
            except ActivityError as error:
                stopped = place
                failed.append(FailedStep(day=due.day.day, step=due.step, words=words_of(error)))
            else:
                done.append(due)
        result = DailyRun(done=done, failed=failed, held=held)
        if failed:
            words = "; ".join(f"{each.step} of {each.day}: {each.words}" for each in failed)
            raise ApplicationError(words, result.model_dump(mode="json"), type=FAILED, non_retryable=True)
        return result


def words_of(error: ActivityError) -> str:
    """Return why an activity failed, in words."""
    cause: Any = error.cause
    return str(getattr(cause, "message", "") or cause or error)
