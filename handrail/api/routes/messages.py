"""Routes of a customer's message: edited, or deleted, where they wrote it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from handrail.api.access.callers import Writer
from handrail.api.agents import talking
from handrail.api.answering.bodies import answered
from handrail.api.answering.once import CountsOnce
from handrail.api.problems.documented import refusals
from handrail.api.routes.cases import CaseId
from handrail.api.routes.looking import seen
from handrail.api.services import ApiServices, Services
from handrail.domain.access.principals import Principal
from handrail.domain.http.bodies import IDENTIFIER
from handrail.domain.http.cases import MessageEdit
from handrail.domain.team.commands import Receipt

router = APIRouter(prefix="/v1/cases/{case_id}/messages/{message_id}", tags=["cases"])
MessageId = Annotated[str, Path(pattern=IDENTIFIER, description="the id under which the message was sent")]


@router.patch("", responses=refusals(404, 409, 413), response_model=Receipt)
async def edit(
    case_id: CaseId, message_id: MessageId, body: MessageEdit, caller: Writer, services: Services, once: CountsOnce
) -> Response:
    """The customer edited a message: what nobody has read is read as it is now, else the edit comes in as a correction."""
    await _admit(services, caller, case_id)

    async def work() -> Response:
        cases, update_id = services.cases(caller), once.update_id("edit_message")
        given = (case_id, message_id, body.text)
        return answered(await cases.edit_message(*given, edited_at=body.edited_at, update_id=update_id))

    return await once.run(body, work)


@router.delete("", responses=refusals(404, 409), response_model=Receipt)
async def withdraw(case_id: CaseId, message_id: MessageId, caller: Writer, services: Services, once: CountsOnce) -> Response:
    """The customer deleted a message: nothing is made of it any more, and its text is told to nobody but reviewers."""
    await _admit(services, caller, case_id)

    async def work() -> Response:
        update_id = once.update_id("withdraw_message")
        return answered(await services.cases(caller).withdraw_message(case_id, message_id, update_id=update_id))

    return await once.run(None, work)


async def _admit(services: ApiServices, caller: Principal, case_id: str) -> None:
    """Raises: UnknownCase, NotAdmitted, Refused, RateLimited."""
    view = await seen(services, caller, case_id)
    if caller.is_agent:
        await talking.check_agents(services, caller, view)
        await talking.note(services, caller, case_id)
    await services.limits.count(services.limits.customer, f"customer {caller.counted_as or view.customer_id}")
