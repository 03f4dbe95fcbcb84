"""The record of a case: opened once, and every change after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from temporalio import workflow

from handrail.domain.case.cases import Commit, Opened, Terms
from handrail.domain.case.handoffs import MessageExtract
from handrail.domain.case.messages import Message, standing
from handrail.domain.case.openings import Incoming
from handrail.domain.case.ratings import RateCase, RatedCase, RatingReceipt
from handrail.domain.case.reconciling import Recover, Recovered
from workflows.handlers.start import begun_again
from workflows.memory.case import CaseMemory
from workflows.options import RECOVER, STORE
from workflows.steps.interrupting import regardless
from workflows.steps.locally import locally


async def enter(memory: CaseMemory) -> None:
    """The case itself, with its first message; the terms it is held under come back.

    Where the case stood before this run was started, an earlier run of the same start was lost: the case is recovered.
    """
    given = [memory.opened, memory.row.content_digest, workflow.info().workflow_start_time]
    opened = await locally(memory.cancel, "record.open", given, Opened, STORE)
    if opened.stood and not begun_again():
        memory.recovering = True
        return
    memory.terms = Terms.model_validate(opened.model_dump(include=set(Terms.model_fields)))
    if opened.heard:
        memory.hear(opened.heard)
    memory.fresh = False


async def keep(how: Incoming, cancelled: Callable[[], None]) -> None:
    """A start that was not plain, as it came; `cancelled` notes that somebody cancels the workflow meanwhile."""
    await locally(cancelled, "record.opening", [how], type(None), STORE)


async def recover(memory: CaseMemory) -> None:
    """The case out of its record, for a run that begins with its name alone. Raises: ActivityError: there is none."""
    wanted = Recover(case_id=memory.row.case_id)

    def reading() -> Awaitable[Recovered]:
        about = {"result_type": Recovered, "summary": "Read the record", **RECOVER}
        return workflow.execute_activity("record.recover", wanted, **about)

    memory.recover(await regardless(memory.cancel, reading), workflow.now())


async def flush(memory: CaseMemory) -> None:
    """Write all that is not written yet; very many messages in several parts."""
    parts = True
    while parts:
        commit = memory.commit()
        parts = len(commit.messages) < len(memory.unsaved_messages)
        memory.saved(commit, await _committed(memory, commit))


async def _committed(memory: CaseMemory, commit: Commit) -> MessageExtract | None:
    def writing() -> Awaitable[MessageExtract | None]:
        heard = cast(type[MessageExtract], MessageExtract | None)
        return workflow.execute_activity("record.commit", commit, result_type=heard, summary="Record what changed", **STORE)

    return await regardless(memory.cancel, writing)


async def rate(memory: CaseMemory, rating: RateCase) -> RatingReceipt:
    """Keep the customer's rating; it changes nothing in the case."""
    rated = RatedCase(case_id=memory.row.case_id, rating=rating, at=workflow.now())
    receipt: RatingReceipt = await workflow.execute_activity(
        "record.rate", rated, result_type=RatingReceipt, summary="Record the customer's rating", **STORE
    )
    return receipt


def take_inbox(memory: CaseMemory) -> list[Message]:
    """Move the inbox into the transcript and return what is to be read of it: what was neither edited nor withdrawn.

    The message that opened the case was recorded with it.
    """
    opening = memory.opened.message.message_id
    said = [one.model_copy(update={"turn": memory.row.turn}) for one in memory.inbox]
    memory.inbox = []
    for one in said:
        memory.say(one, save=one.message_id != opening or not one.stands)
    return standing(said)
