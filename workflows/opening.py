"""How a run of a case begins: new, gone on with where it parked, or cut off and begun again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio import workflow

from handrail.domain.cases import CaseOpen
from handrail.domain.errors import InvalidInput
from handrail.domain.messages import check_identifier, check_message
from workflows.inputs import check_plain, parse
from workflows.memory import CaseMemory


def begun_again() -> bool:
    """Whether this run is another one's history, cut off and gone on with (a reset)."""
    return workflow.info().run_id != workflow.info().original_execution_run_id


def remember(raw: Any, surplus: Sequence[Any] = ()) -> CaseMemory:
    """The memory of a parked or of a new case.

    Raises:
        InvalidInput: the input cannot become a case.
    """
    if surplus:
        raise InvalidInput(f"input: are {1 + len(surplus)} values. Send one JSON object.")
    if isinstance(raw, dict) and "parked" in raw:
        return parked(raw["parked"])
    check_plain(raw)
    opened = parse(CaseOpen, raw)
    check_identifier("case_id", opened.case_id)
    check_identifier("customer_id", opened.customer_id)
    check_identifier("channel", opened.channel)
    check_workflow_id(opened.case_id)
    opened = opened.model_copy(update={"message": check_message(opened.message)})
    return CaseMemory.of(opened, workflow.now())


def parked(raw: Any) -> CaseMemory:
    """What an earlier run of this case left. A memory says what was approved, so nobody may start a case with one.

    Raises:
        InvalidInput: it came from somebody else. A cron schedule and a retry policy start their runs with what was sent to
            the first one.
    """
    info = workflow.info()
    if info.continued_run_id is None or info.cron_schedule or info.attempt > 1:
        raise InvalidInput("parked: only a case that goes on sends this. Start a case with case_id, customer_id and message.")
    memory = CaseMemory.model_validate(raw)
    check_workflow_id(memory.row.case_id)
    return memory


def check_workflow_id(case_id: str) -> None:
    """Raises: InvalidInput."""
    if workflow.info().workflow_id != f"case-{case_id}":
        raise InvalidInput(f"case_id: {case_id!r} must run under the workflow id 'case-{case_id}'.")
