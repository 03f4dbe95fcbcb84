"""Routes of people: what somebody does to a case that is with them, and the customer's rating."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from handrail.api.access import vouched
from handrail.api.access.callers import Concerned, Handler, Staff, Writer, named
from handrail.api.access.links import link_to
from handrail.api.answering.bodies import answered
from handrail.api.answering.once import CountsOnce, Once
from handrail.api.problems.documented import refusals
from handrail.api.routes.cases import CaseId
from handrail.api.routes.looking import seen, whole
from handrail.api.services import ApiServices, Services
from handrail.domain.access.principals import Principal
from handrail.domain.base import Model
from handrail.domain.case.ratings import RateCase, RatedCase, RatingLink, RatingReceipt
from handrail.domain.http.bodies import HttpBody
from handrail.domain.http.people import ClaimBody, HandBackBody, RecuseBody, ReleaseBody, ReplyBody, ResolveBody
from handrail.domain.team.commands import ClaimCase, HandBack, PersonReply, Receipt, Recuse, Release, ResolveCase
from handrail.temporal.cases.client import made

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["people"])
ANSWERS: dict[str, Any] = {"response_model": Receipt, "responses": refusals(404, 409, 413)}
COMMANDS: dict[str, type[Model]] = {
    "claim": ClaimCase,
    "release": Release,
    "recuse": Recuse,
    "reply": PersonReply,
    "hand_back": HandBack,
    "resolve": ResolveCase,
}


class RatingBody(RateCase, HttpBody):
    """A customer's rating, at least one of `csat`, `nps` and `solved`."""


@router.post("/claim", **ANSWERS)
async def claim(
    case_id: CaseId, caller: Handler, services: Services, once: CountsOnce, body: ClaimBody | None = None
) -> Response:
    """Take a case that waits for a person."""
    return await _sent("claim", case_id, caller, services, once, body or ClaimBody())


@router.post("/release", **ANSWERS)
async def release(
    case_id: CaseId, caller: Handler, services: Services, once: CountsOnce, body: ReleaseBody | None = None
) -> Response:
    """Put one's case back into its queue."""
    return await _sent("release", case_id, caller, services, once, body or ReleaseBody())


@router.post("/recuse", **ANSWERS)
async def recuse(case_id: CaseId, body: RecuseBody, caller: Concerned, services: Services, once: CountsOnce) -> Response:
    """Leave a case to others that one should not decide; from then on one neither decides nor reads it."""
    return await _sent("recuse", case_id, caller, services, once, body)


@router.post("/reply", **ANSWERS)
async def reply(case_id: CaseId, body: ReplyBody, caller: Handler, services: Services, once: CountsOnce) -> Response:
    """Answer the customer as a person."""
    message_id = body.message_id or once.key or once.update_id("reply")
    return await _sent("reply", case_id, caller, services, once, body.model_copy(update={"message_id": message_id}))


@router.post("/hand_back", **ANSWERS)
async def hand_back(case_id: CaseId, body: HandBackBody, caller: Handler, services: Services, once: CountsOnce) -> Response:
    """Give the case back to the agent with what was found out."""
    return await _sent("hand_back", case_id, caller, services, once, body)


@router.post("/resolve", **ANSWERS)
async def resolve(case_id: CaseId, body: ResolveBody, caller: Handler, services: Services, once: CountsOnce) -> Response:
    """End the case as a person."""
    return await _sent("resolve", case_id, caller, services, once, body)


@router.post("/rate", responses=refusals(404, 409, 413), response_model=RatingReceipt)
async def rate(case_id: CaseId, body: RatingBody, caller: Writer, services: Services, once: CountsOnce) -> Response:
    """Pass on the customer's rating, of a closed case too; the same `survey_id` counts once."""
    await seen(services, caller, case_id)

    async def work() -> Response:
        given = RateCase.model_validate(body.model_dump())
        return answered(await services.ratings.rate(RatedCase(case_id=case_id, rating=given, at=datetime.now(UTC))))

    return await once.run(body, work)


@router.post("/rating_link", status_code=201, responses=refusals(404, 413), response_model=RatingLink)
async def link(case_id: CaseId, caller: Staff, _writes: Writer, services: Services) -> Response:
    """Make a link for a mail or a message of yours: its page asks for the rating, and opening it rates nothing."""
    await whole(services, caller, case_id)
    made_link = await link_to(services.rating_links, services.root, case_id)
    return answered(made_link, 201, {"cache-control": "no-store"})


async def _sent(name: str, case_id: str, caller: Principal, services: ApiServices, once: Once, body: HttpBody) -> Response:
    person = named(caller)

    async def work() -> Response:
        if name != "recuse":
            await whole(services, caller, case_id)
        wanted, update = made(COMMANDS[name], reviewer=person, **body.model_dump(exclude_none=True)), once.update_id(name)
        if isinstance(wanted, HandBack):
            return answered(await vouched.hand_back(services, caller, case_id, wanted, update))
        if isinstance(wanted, Recuse):
            return answered(await vouched.recuse(services, caller, case_id, wanted, update))
        return answered(await services.cases(caller).send(case_id, name, wanted, Receipt, update))

    return await once.run(body, work, seconds=20.0)
