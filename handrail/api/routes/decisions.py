"""Routes of decisions: look at an approval with its ETag, and decide exactly what was seen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from handrail.api.access.callers import Decider, Staff, named
from handrail.api.agents.talking import settle
from handrail.api.answering.batches import approve_together
from handrail.api.answering.bodies import answered
from handrail.api.answering.matching import IfMatch, UnknownApproval, etag, revision_of
from handrail.api.answering.once import CountsOnce
from handrail.api.problems.documented import refusals
from handrail.api.routes.cases import CaseId
from handrail.api.routes.looking import whole
from handrail.api.services import Services
from handrail.domain.actions.approvals import Approval
from handrail.domain.http.batches import BatchBody, BatchResult
from handrail.domain.http.people import DecisionBody

router = APIRouter(prefix="/v1", tags=["approvals"])
BATCH_SECONDS = 60.0
"""How long the decisions of a batch may take, one after another."""
BATCHED: dict[int | str, dict[str, Any]] = {
    **refusals(404, 409, 412, 413, 428),
    207: {"model": BatchResult, "description": "Some were taken, and some were refused: `items` says which, and why"},
}
ApprovalId = Annotated[str, Path(min_length=1, max_length=120)]


@router.get("/cases/{case_id}/approvals/{approval_id}", responses=refusals(404), response_model=Approval)
async def show_approval(case_id: CaseId, approval_id: ApprovalId, caller: Staff, services: Services) -> Response:
    """Look at an approval in its newest revision; its `ETag` is what a decision sends as `If-Match`."""
    view = await whole(services, caller, case_id)
    kin = [one for one in view.approvals if one.approval_id == approval_id]
    if not kin:
        raise UnknownApproval(f"approval: case {case_id} has no approval {approval_id[:60]!r}.")
    newest = max(kin, key=lambda one: one.revision)
    return answered(newest, headers={"etag": etag(newest)})


@router.post(
    "/cases/{case_id}/approvals/{approval_id}/decide", responses=refusals(404, 409, 412, 413, 428), response_model=Approval
)
async def decide(
    case_id: CaseId,
    approval_id: ApprovalId,
    body: DecisionBody,
    caller: Decider,
    services: Services,
    once: CountsOnce,
    if_match: IfMatch = None,
) -> Response:
    """Approve, reject, edit or answer as whom the key stands for; their identity counts as verified."""
    named(caller)
    revision = revision_of(if_match, approval_id)

    async def work() -> Response:
        settled = await settle(services, caller, case_id, approval_id, revision, body, once.update_id("decide"))
        return answered(settled, headers={"etag": etag(settled)})

    return await once.run(body, work, seconds=20.0)


@router.post("/approvals/batch", responses=BATCHED, response_model=BatchResult)
async def approve_several(body: BatchBody, caller: Decider, services: Services, once: CountsOnce) -> Response:
    """Approve several of one tool, under the ceilings of the policies that hold them: 207 where some were refused."""

    async def work() -> Response:
        result = await approve_together(services, caller, body, once.update_id("batch"))
        return answered(result, 207 if result.refused else 200)

    return await once.run(body, work, seconds=BATCH_SECONDS)
