"""The beginning of a case's run: new, gone on with from an earlier run, or cut off and begun again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue

from handrail.domain.base import digest
from handrail.domain.case.messages import check_identifier, without_controls
from handrail.domain.case.openings import Incoming, Opening, read_opening
from handrail.domain.case.reconciling import Recover
from handrail.domain.errors import InvalidInput
from workflows.handlers.payloads import check_plain, parse
from workflows.memory.case import CaseMemory

TAKES_ODD = "odd-openings"
"""Since then a start in a form of its own is a case for a person, and one that cannot be a case is kept in the record."""
MESSAGE_KEPT = 400_000
"""Characters of a message that its case could not take: so many fit into a payload."""
UNCUT = 3
"""Events before the first task of a run that was not cut off there: started, scheduled, begun."""


def begun_again() -> bool:
    """Return whether this run goes on with the cut-off history of another one (a reset)."""
    return workflow.info().run_id != workflow.info().original_execution_run_id


def from_its_beginning() -> bool:
    """Return whether the cut-off history has nothing to go through again: its very first task was cut off.

    The first task has to give a command before it waits. One that was answered without any (a query came while the case was
    being opened) is replayed together with the next, and the history looks as long as behind a cut.
    """
    return workflow.info().get_current_history_length() > UNCUT


def remember(raw: Any, surplus: Sequence[Any] = ()) -> tuple[CaseMemory, Opening]:
    """The memory of a case that goes on, or of a new one, and how the new one was asked for.

    Raises:
        InvalidInput: the input cannot become a case.
    """
    if not surplus and isinstance(raw, dict) and "parked" in raw:
        memory = parked(raw["parked"])
        return memory, Opening(case=memory.opened, digest=memory.row.content_digest)
    if not surplus and isinstance(raw, dict) and "recover" in raw:
        memory = lost(raw["recover"])
        return memory, Opening(case=memory.opened, digest="")
    opening = read_opening([unboxed(one) for one in (raw, *surplus)], workflow.info().workflow_id)
    if opening.odd and not workflow.patched(TAKES_ODD):
        raise InvalidInput(opening.odd[0])
    return CaseMemory.of(opening.case, workflow.now(), digest=opening.digest, odd=opening.why), opening


def unboxed(value: Any) -> Any:
    """Read what the SDK could not decode as JSON, or as the text that it is."""
    if not isinstance(value, RawValue):
        return value
    text = value.payload.data.decode(errors="replace")
    if value.payload.metadata.get("encoding", b"") not in (b"json/plain", b"binary/plain", b""):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def incoming(given: Sequence[Any], words: str, opening: Opening | None = None) -> Incoming:
    """Describe the input for the record; `opening` where it became a case."""
    info = workflow.info()
    return Incoming(
        workflow_id=info.workflow_id,
        run_id=info.run_id,
        at=workflow.now(),
        words=words,
        input="\n".join(kept(one) for one in given) or "nothing",
        taken=opening is not None,
        case_id=opening.case.case_id if opening else None,
        rest=opening.rest if opening else [],
        message_id=opening.case.message.message_id if opening else None,
    )


def untaken(raw: RawValue, why: str, case_id: str) -> Incoming:
    """Describe a message that its case could not take, for the record; the same again is the same."""
    found = incoming([raw], f"A message came that the case could not take: {why}")
    words = found.input[:MESSAGE_KEPT]
    about = {"run_id": f"{found.run_id}/{digest(words)[:16]}", "case_id": case_id, "input": words}
    return found.model_copy(update=about)


def kept(value: Any) -> str:
    """A value as it came, as text that PostgreSQL takes."""
    if isinstance(value, RawValue):
        return without_controls(value.payload.data.decode(errors="replace"))
    try:
        return without_controls(json.dumps(value, ensure_ascii=False, default=str))
    except (ValueError, RecursionError):
        return without_controls(str(value))


def parked(raw: Any) -> CaseMemory:
    """Return the memory that an earlier run left. It says what was approved, so nobody may start a case with one.

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


def lost(raw: Any) -> CaseMemory:
    """A case that Temporal lost: the run reads its record first, so whoever starts one says nothing but which.

    Raises:
        InvalidInput: it is no case's name, or not the name under which it runs.
    """
    check_plain(raw)
    wanted = parse(Recover, raw)
    check_identifier("case_id", wanted.case_id)
    check_workflow_id(wanted.case_id)
    return CaseMemory.named(wanted.case_id, workflow.now())


def check_workflow_id(case_id: str) -> None:
    """Raises: InvalidInput."""
    if workflow.info().workflow_id != f"case-{case_id}":
        raise InvalidInput(f"case_id: {case_id!r} must run under the workflow id 'case-{case_id}'.")
