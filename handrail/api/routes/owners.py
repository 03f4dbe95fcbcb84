"""Routes of the house's owners: the queue, the kill switch and the ladder, limits, tokens for single customers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from handrail.api.access.callers import Anybody, ControlsReader, ControlsSetter, Minter, QueueReader, named
from handrail.api.access.customers import mint_token
from handrail.api.answering.bodies import answered
from handrail.api.problems.answers import MAX_BODY
from handrail.api.problems.documented import refusals
from handrail.api.services import Services
from handrail.domain.autonomy.controls import Control, ControlRequest, Scope
from handrail.domain.case.messages import check_text
from handrail.domain.http.cases import CustomerToken, TokenRequest
from handrail.domain.http.people import ClearBody, ControlBody, ControlList, LimitList, QueuePage

router = APIRouter(prefix="/v1", tags=["house"])


@router.get("/queue", responses=refusals(), response_model=QueuePage)
async def show_queue(
    caller: QueueReader,
    services: Services,
    queue: Annotated[str | None, Query(max_length=120)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List cases that wait for people, in the order in which they are handed out."""
    return answered(await services.queue.waiting(queue, limit, caller.person))


@router.get("/controls", responses=refusals(), response_model=ControlList)
async def list_controls(caller: ControlsReader, services: Services) -> Response:
    """List the controls in force."""
    return answered(ControlList(controls=list(await services.controls.in_force())))


@router.post("/controls", status_code=201, responses=refusals(413), response_model=Control)
async def set_control(body: ControlBody, caller: ControlsSetter, services: Services) -> Response:
    """Set a level; when this answers, it holds, and what was under way has ended (`waited`)."""
    wanted = ControlRequest(
        scope=Scope.parse(body.scope),
        level=body.level,
        reason=check_text("reason", body.reason, 500),
        actor=named(caller),
        lasting=timedelta(minutes=body.minutes) if body.minutes else None,
    )
    return answered(await services.controls.put(wanted), 201)


@router.post("/controls/clear", responses=refusals(413), response_model=ControlList)
async def clear_controls(body: ClearBody, caller: ControlsSetter, services: Services) -> Response:
    """Lift everything that is set on a scope, by whomever."""
    reason = check_text("reason", body.reason, 500)
    lifted = await services.controls.clear(Scope.parse(body.scope), reason, named(caller))
    return answered(ControlList(controls=list(lifted)))


@router.get("/limits", responses=refusals(), response_model=LimitList)
async def show_limits(caller: Anybody, services: Services) -> Response:
    """Tell how often one may call, and how large a body may be."""
    return answered(LimitList(limits=list(services.limits.all()), body_bytes=MAX_BODY))


@router.post("/tokens", status_code=201, responses=refusals(413), response_model=CustomerToken)
async def mint_customer_token(body: TokenRequest, caller: Minter, services: Services) -> Response:
    """Mint a short-lived token for one customer, for that customer's own browser."""
    now = datetime.now(UTC)
    token, token_hash = mint_token()
    until = now + timedelta(minutes=body.minutes)
    await services.tokens.add(token_hash, body.customer_id, caller.caller, now, until)
    minted = CustomerToken(token=token, customer_id=body.customer_id, expires_at=until)
    return answered(minted, 201, {"cache-control": "no-store"})
