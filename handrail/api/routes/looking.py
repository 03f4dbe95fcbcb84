"""Looking at a case on somebody's behalf: another customer's case is as unknown as one that there never was."""

from __future__ import annotations

from datetime import datetime

from handrail.api.services import ApiServices
from handrail.domain.access.principals import Principal
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.errors import UnknownCase
from handrail.domain.http.cases import WAITS, CaseSummary, WaitsFor
from handrail.domain.team.commands import is_recused
from handrail.domain.team.reviewers import NotAdmitted


def unknown(case_id: str) -> UnknownCase:
    """Return the refusal for a case that is not there, or is none of the caller's business."""
    return UnknownCase(f"case_id: there is no case {case_id!r}.")


async def seen(services: ApiServices, caller: Principal, case_id: str) -> CaseView | CaseSummary:
    """Return the case as it is recorded, or in short where it is promised or begun and no worker has recorded it yet.

    Raises:
        UnknownCase: there is none that the caller may see.
        NotAdmitted: they said that they should not decide it.
    """
    # Another's case takes the way of one that never was, so that not even the time tells them apart.
    if caller.customer_id is not None and await services.record.customer(case_id) != caller.customer_id:
        return await _started(services, caller, case_id)
    try:
        return admitted(await services.record.show(case_id), caller)
    except UnknownCase:
        return await _started(services, caller, case_id)


async def _started(services: ApiServices, caller: Principal, case_id: str) -> CaseSummary:
    kept = await services.starts.find(case_id)
    if kept is not None and caller.sees(kept.case.customer_id):
        return under_way(case_id, kept.case.customer_id, opened_at=kept.kept_at)
    try:
        found = await services.cases(caller).listed(case_id)
    except UnknownCase:
        raise unknown(case_id) from None
    if not found.open or not caller.sees(found.customer or ""):
        raise unknown(case_id)
    status = CaseStatus(found.status or CaseStatus.WORKING)
    return CaseSummary(
        case_id=case_id, customer_id=found.customer, status=status, waits_for=WAITS[status], opened_at=found.started
    )


def under_way(case_id: str, customer_id: str | None, turn: int = 1, opened_at: datetime | None = None) -> CaseSummary:
    """Return a case that the record does not have yet, in short: the agent is about to answer."""
    return CaseSummary(
        case_id=case_id,
        customer_id=customer_id,
        status=CaseStatus.WORKING,
        waits_for=WaitsFor.AGENT,
        turn=turn,
        opened_at=opened_at,
    )


async def whole(services: ApiServices, caller: Principal, case_id: str) -> CaseView:
    """Return the case as it is recorded.

    Raises:
        UnknownCase: there is none that the caller may see, or not yet.
        NotAdmitted: they said that they should not decide it.
    """
    view = await services.record.show(case_id)
    if not caller.sees(view.customer_id):
        raise unknown(case_id)
    return admitted(view, caller)


def admitted(view: CaseView, caller: Principal) -> CaseView:
    """Return the case for the caller. Raises: NotAdmitted: they said that they should not decide it."""
    if caller.person is not None and is_recused(caller.person, view.recused):
        raise NotAdmitted(f"case: {caller.person} has said that they should not decide it, and does not read it any more.")
    return view
