"""Routes of effects of unknown outcome: which a case has, and what a person found in the system that makes them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from handrail.api.access.callers import Settler, Staff, named
from handrail.api.answering.bodies import answered
from handrail.api.answering.once import CountsOnce
from handrail.api.problems.documented import refusals
from handrail.api.routes.cases import CaseId
from handrail.api.routes.looking import whole
from handrail.api.services import Services
from handrail.domain.actions.approvals import Identity
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.unsettled import EffectFound
from handrail.domain.case.messages import check_text
from handrail.domain.http.effects import SettleBody, UnsettledList
from handrail.domain.team.commands import MAX_REASON

router = APIRouter(prefix="/v1/cases/{case_id}/effects", tags=["effects"])
EffectId = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/unsettled", responses=refusals(404), response_model=UnsettledList)
async def list_unsettled(case_id: CaseId, caller: Staff, services: Services) -> Response:
    """List the effects of which nobody knows whether they were made; one shows 90 seconds after it was sent."""
    await whole(services, caller, case_id)
    return answered(UnsettledList(unsettled=list(await services.effects.of(case_id))))


@router.post("/{effect_id}/settle", responses=refusals(404, 409, 413), response_model=EffectResult)
async def settle_effect(
    case_id: CaseId, effect_id: EffectId, body: SettleBody, caller: Settler, services: Services, once: CountsOnce
) -> Response:
    """Say what you found in the system that makes the effect; it stands ever after. The same again is no error."""
    person = named(caller)

    async def work() -> Response:
        await whole(services, caller, case_id)
        found = EffectFound(
            case_id=case_id,
            effect_id=effect_id,
            made=body.made,
            actor=person,
            reason=check_text("note", body.note, MAX_REASON),
            identity=Identity.VERIFIED,
            via="api",
        )
        return answered(await services.effects.settle(found))

    return await once.run(body, work)
