"""Routes of cases: open one and get the first reply in the same call, list them, look at one, read what was said."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from handrail.api.access.callers import Reader, Writer
from handrail.api.agents import talking
from handrail.api.answering import intake
from handrail.api.answering.bodies import answered
from handrail.api.answering.cursors import behind, next_cursor
from handrail.api.answering.once import CasePromise, CountsOnce
from handrail.api.answering.prefer import Wait
from handrail.api.answering.turns import next_turn, turn_ended
from handrail.api.problems.documented import refusals
from handrail.api.routes.looking import seen, under_way, unknown
from handrail.api.services import Services
from handrail.domain.access.principals import Principal
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.messages import IncomingMessage
from handrail.domain.errors import InvalidInput, UnknownCase
from handrail.domain.http.bodies import IDENTIFIER
from handrail.domain.http.cases import (
    CaseDetails,
    CaseList,
    CaseSummary,
    CaseTranscript,
    CustomersMessage,
    NewCase,
    NewMessage,
)
from handrail.domain.http.paging import DEFAULT_LIMIT, MAX_LIMIT, CasesWanted

router = APIRouter(prefix="/v1", tags=["cases"])
RETRY = "2"
AGENT = "agent"
"""The channel of cases that agents open over HTTP, whatever they call it."""
CaseId = Annotated[str, Path(pattern=IDENTIFIER)]
ACCEPTED: dict[int | str, dict[str, Any]] = {
    201: {"model": CaseSummary, "description": "The reply came in time, or somebody else has the word"},
    202: {"model": CaseSummary, "description": "It is under way; `Location` says where to look again"},
}


@router.post("/cases", status_code=201, responses={**refusals(409, 413), **ACCEPTED}, response_model=CaseSummary)
async def open_case(body: NewCase, caller: Writer, services: Services, once: CountsOnce, seconds: Wait) -> Response:
    """Open a case with the customer's first message, and wait for the reply as long as `Prefer: wait=N` says."""
    customer_id = customer_of(body, caller)
    key = once.needed(body.message_id)
    case_id = body.case_id or intake.case_of(caller, key)
    way = way_of(body, caller)
    given = (case_id, customer_id, IncomingMessage(message_id=body.message_id or key, text=body.text), way)

    async def promise() -> CasePromise:
        if caller.is_agent:
            await talking.note(services, caller, case_id, customer_id=customer_id)
        start = await intake.wanted(services, caller, *given)
        return CasePromise(_under_way(case_id, 1, customer_id, seconds), start, way.address)

    async def work() -> Response:
        if caller.is_agent:
            await talking.note(services, caller, case_id, customer_id=customer_id)
        receipt = await intake.opened(services, caller, *given)
        if not (seconds or receipt.duplicate):  # just begun: no record would know more
            return _under_way(case_id, receipt.turn, customer_id, seconds)
        return await _replied(services, caller, receipt.case_id, receipt.turn, customer_id, seconds, created=201)

    if seconds or body.case_id is not None:
        return await once.run(body, work, seconds=seconds)
    return await once.accept(body, promise)  # the key is the case's id, and the answer waits for nothing


@router.post(
    "/cases/{case_id}/messages",
    responses={
        **refusals(404, 409, 413),
        200: {"model": CaseSummary, "description": "The reply came in time, or somebody else has the word"},
        202: ACCEPTED[202],
    },
    response_model=CaseSummary,
)
async def say(
    case_id: CaseId, body: NewMessage, caller: Writer, services: Services, once: CountsOnce, seconds: Wait
) -> Response:
    """Pass on another message of the customer's; kept for later where no worker runs."""
    message_id = body.message_id or once.needed(None)
    once.needed(message_id)
    way = way_of(body, caller)
    view = await seen(services, caller, case_id)
    if caller.is_agent:
        await talking.check_agents(services, caller, view)

    async def work() -> Response:
        if caller.is_agent:
            await talking.note(services, caller, case_id)
        message = IncomingMessage(message_id=message_id, text=body.text, answers=body.answers)
        receipt = await intake.said(services, caller, case_id, view.customer_id, message, way, max(seconds, 1.0))
        turn = next_turn(receipt.turn, receipt.status, duplicate=receipt.duplicate)
        return await _replied(services, caller, case_id, turn, view.customer_id, seconds, created=200)

    return await once.run(body, work, seconds=2 * seconds)


@router.get("/cases/{case_id}", responses=refusals(404), response_model=CaseDetails | CaseSummary)
async def show(case_id: CaseId, caller: Reader, services: Services) -> Response:
    """Look at a case: whole for the backend, in short for its customer and while it is not recorded yet."""
    found = await seen(services, caller, case_id)
    if isinstance(found, CaseSummary):
        return answered(found)
    return answered(CaseDetails.of(found) if caller.customer_id is None else _short(services, found, caller))


@router.get("/cases/{case_id}/messages", responses=refusals(404), response_model=CaseTranscript)
async def transcript(case_id: CaseId, caller: Reader, services: Services) -> Response:
    """Read what was said, oldest first."""
    await seen(services, caller, case_id)
    messages = [CustomersMessage.of(one) for one in await services.record.transcript(case_id)]
    return answered(CaseTranscript(case_id=case_id, messages=messages))


@router.get("/cases", responses=refusals(), response_model=CaseList)
async def list_cases(
    caller: Reader,
    services: Services,
    status: CaseStatus | None = None,
    topic: Annotated[str | None, Query(max_length=120)] = None,
    customer_id: Annotated[str | None, Query(pattern=IDENTIFIER)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """List cases, the last opened first; a customer's token lists that customer's own.

    Of a customer who was merged with others, the backend gets the cases of all ids; a token never does.
    """
    if caller.customer_id is not None and customer_id not in (None, caller.customer_id):
        return answered(CaseList(cases=[]))
    page = await services.record.page(
        CasesWanted(
            status=status,
            topic=topic,
            customer_id=caller.customer_id or customer_id,
            reader=caller.person,
            kin=caller.customer_id is None,
            before=behind(cursor) if cursor else None,
            limit=limit,
        )
    )
    return answered(CaseList(cases=[_short(services, one, caller) for one in page.cases], next_cursor=next_cursor(page)))


def customer_of(body: NewCase, caller: Principal) -> str:
    """Return whom the case is for: of a customer's own token, never what the body says.

    Raises:
        InvalidInput: nobody says it, or a customer's token names something that is not its to name.
    """
    if caller.customer_id is None:
        if body.customer_id is None:
            raise InvalidInput("customer_id: is missing. Say whose case it is.")
        return body.customer_id
    for name in ("customer_id", "case_id"):
        if getattr(body, name) is not None:
            raise InvalidInput(f"{name}: does not go with a customer's token. Leave it out; the token says who calls.")
    return caller.customer_id


def way_of(body: NewCase | NewMessage, caller: Principal) -> intake.Way:
    """Return the way by which a message came. Raises: InvalidInput: the caller names one that is not theirs."""
    return intake.Way(AGENT) if caller.is_agent else intake.way_of(body.channel, body.address, caller)


def _short(services: Services, view: CaseView, caller: Principal) -> CaseSummary:
    summed = CaseSummary.of(view) if caller.customer_id is None else CaseSummary.for_customer(view)
    found = talking.question(services, view)
    return summed.model_copy(update={"question": found}) if found else summed


async def _replied(
    services: Services, caller: Principal, case_id: str, turn: int, customer_id: str | None, seconds: float, *, created: int
) -> Response:
    view = await turn_ended(services.record, case_id, turn, seconds) if turn else None
    if view is not None:
        if view.customer_id != customer_id:
            raise unknown(case_id)
        return answered(_short(services, view, caller), created, _headers(case_id, seconds))
    try:
        so_far = _short(services, await services.record.show(case_id), caller)
    except UnknownCase:
        return _under_way(case_id, turn, customer_id, seconds)
    return answered(so_far, 202, {**_headers(case_id, seconds), "retry-after": RETRY})


def _under_way(case_id: str, turn: int, customer_id: str | None, seconds: float) -> Response:
    """Return the answer about a case that the record does not have yet."""
    return answered(under_way(case_id, customer_id, max(turn, 1)), 202, {**_headers(case_id, seconds), "retry-after": RETRY})


def _headers(case_id: str, seconds: float) -> dict[str, str]:
    return {"location": f"/v1/cases/{case_id}", "preference-applied": f"wait={seconds:g}"}
