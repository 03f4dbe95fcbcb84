"""The time by which people can be expected to answer: in their working time, as the record of people says."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import FailureError

from handrail.domain.team.staff import Expectation, Need, round_the_clock
from workflows.memory.case import CaseMemory
from workflows.options import STEP
from workflows.steps.locally import locally

RESPOND_WITHIN_MINUTES = 240


async def expect(memory: CaseMemory) -> Expectation:
    """Return when an answer is expected, from now, within the time that the case's route gives."""
    row = memory.row
    need = Need(queue=row.queue or "", tier=int(row.tier), language=row.language, without=row.recused)
    minutes = memory.handoff.route.respond_within_minutes if memory.handoff else RESPOND_WITHIN_MINUTES
    try:
        return await locally(memory.cancel, "staff.expect", [need, workflow.now(), minutes], Expectation, STEP)
    except FailureError:
        return round_the_clock(workflow.now(), minutes)
