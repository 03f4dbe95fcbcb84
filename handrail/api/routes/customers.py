"""Routes of customers who are one person: merge an id into another, undo that, see which belong together."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from handrail.api.access.callers import KinKeeper, Staff
from handrail.api.answering.bodies import answered
from handrail.api.problems.documented import refusals
from handrail.api.services import Services
from handrail.domain.case.messages import check_text
from handrail.domain.http.bodies import IDENTIFIER
from handrail.domain.http.customers import MergeBody, UndoMergeBody
from handrail.domain.personal.kin import CustomerKin, LinkChange
from handrail.domain.team.commands import MAX_REASON

router = APIRouter(prefix="/v1/customers", tags=["customers"])
CustomerId = Annotated[str, Path(pattern=IDENTIFIER)]


@router.get("/{customer_id}/kin", responses=refusals(), response_model=CustomerKin)
async def show_kin(customer_id: CustomerId, caller: Staff, services: Services) -> Response:
    """Read which ids are one person, and who joined them."""
    return answered(await services.kin.of(customer_id))


@router.post("/{customer_id}/merge", responses=refusals(404, 409, 413), response_model=CustomerKin)
async def merge_customer(customer_id: CustomerId, body: MergeBody, caller: KinKeeper, services: Services) -> Response:
    """Merge the customer into another: when this answers, both count as one person. The same again changes nothing."""
    wanted = LinkChange(merged=customer_id, kept=body.into, reason=_reason(body), by=caller.identity)
    return answered(await services.kin.change(wanted))


@router.post("/{customer_id}/merge/undo", responses=refusals(409, 413), response_model=CustomerKin)
async def undo_merge(customer_id: CustomerId, body: UndoMergeBody, caller: KinKeeper, services: Services) -> Response:
    """Undo the merge of this customer: when this answers, each counts for itself. The same again changes nothing."""
    return answered(await services.kin.change(LinkChange(merged=customer_id, reason=_reason(body), by=caller.identity)))


def _reason(body: MergeBody | UndoMergeBody) -> str:
    return check_text("reason", body.reason, MAX_REASON)
