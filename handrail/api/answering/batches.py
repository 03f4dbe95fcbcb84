"""Several approvals at once over HTTP: all or none up to the ceiling, then each a decision of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from handrail.api.access.callers import named
from handrail.api.agents.talking import settle
from handrail.api.answering.matching import UnknownApproval, revision_of
from handrail.api.problems.table import code_of, words_of
from handrail.api.services import ApiServices
from handrail.domain.access.principals import Principal
from handrail.domain.access.vouching import update_id
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.base import digest
from handrail.domain.errors import HandrailError, InvalidInput
from handrail.domain.http.batches import BatchBody, BatchItemResult, BatchResult
from handrail.domain.http.people import DecisionBody
from handrail.domain.policy.batching import total_of
from handrail.domain.team.desk import BatchCandidate, BatchKept, BatchOutcome
from handrail.ports.front.desk import DeskBatches


async def approve_together(services: ApiServices, caller: Principal, body: BatchBody, once: str) -> BatchResult:
    """Approve each as it was seen; `once` names the request. What is refused then is refused alone, and told.

    Raises: before anything is decided
        ScopeMissing: the caller stands for nobody by name.
        InvalidInput: one is there twice.
        MatchMissing, MatchFailed: an ETag is none, or another approval's.
        UnknownApproval: there is none of this case, approval and revision.
        ApprovalRefused: they are not of one tool, or the policies do not let them be given together.
    """
    person = named(caller)
    rows = await _rows(services, body)
    total = total_of([one.approval.request for one in rows], services.ceilings())
    decision = DecisionBody(decision=DecisionKind.APPROVE, note=body.note)
    outcomes = [await _one(services, caller, row, decision) for row in rows]
    batch_id = digest([caller.caller, once, *(one.name for one in rows)])[:32]
    came_to = {"action": total.action, "amount": total.amount, "unit": total.unit}
    kept = BatchKept(batch_id=batch_id, person=person, rows=outcomes, **came_to)
    await services.batches.keep(kept)
    return told(kept)


async def _rows(services: ApiServices, body: BatchBody) -> list[BatchCandidate]:
    """The approvals as they were seen, in the order in which they were sent. Raises: see `approve_together`."""
    names = [f"{one.case_id}/{one.approval_id}/{revision_of(one.etag, one.approval_id)}" for one in body.items]
    return await seen(services.batches, names)


async def seen(batches: DeskBatches, names: Sequence[str]) -> list[BatchCandidate]:
    """Return the approvals that were seen, each by its name CASE/APPROVAL/REVISION, in this order.

    Raises:
        InvalidInput: one is there twice.
        UnknownApproval: there is none of a name.
    """
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise InvalidInput(f"items: {twice} is there twice. Nothing was decided; send each once.")
    found = {one.name: one for one in await batches.named(names)}
    unknown = next((name for name in names if name not in found), None)
    if unknown is not None:
        raise UnknownApproval(f"items: there is no approval {unknown}. Nothing was decided; read the case again.")
    return [found[name] for name in names]


async def _one(services: ApiServices, caller: Principal, row: BatchCandidate, decision: DecisionBody) -> BatchOutcome:
    """Approve one exactly as it was seen; the same again is the same update, so it counts once."""
    approval = row.approval
    about = {"approval_id": approval.approval_id, "revision": approval.revision}
    kept = {"case_id": row.case_id, "title": approval.request.title, **about}
    update = update_id(caller.caller, row.case_id, *about.values(), decision.model_dump_json())
    try:
        settled = await settle(services, caller, row.case_id, approval.approval_id, approval.revision, decision, update)
    except HandrailError as error:
        code = code_of(error)
        return BatchOutcome.model_validate({**kept, "refused": words_of(error, code), "code": code})
    return BatchOutcome.model_validate({**kept, "status": settled.status})


def told(kept: BatchKept) -> BatchResult:
    """Return a batch as its caller is told of it."""
    refused = sum(1 for one in kept.rows if one.refused)
    came_to = kept.model_dump(include={"batch_id", "action", "amount", "unit"})
    return BatchResult(**came_to, taken=len(kept.rows) - refused, refused=refused, items=[_result(one) for one in kept.rows])


def _result(one: BatchOutcome) -> BatchItemResult:
    about = one.model_dump(include={"case_id", "approval_id", "revision", "status"})
    return BatchItemResult(**about, code=one.code or None, detail=one.refused or None)
