"""Deeds of agents, by whatever protocol: open a case, say something in it, look at it, see what waits, decide.

The rules are those of the HTTP API, and one of their own: an agent speaks in cases alone that agents opened, so that its words
never meet a question that a human was asked in a conversation of theirs.
"""

from __future__ import annotations

from datetime import UTC, datetime

from handrail.api.access import vouched
from handrail.api.access.callers import check_scope, named
from handrail.api.answering import intake
from handrail.api.answering.matching import checked
from handrail.api.answering.turns import next_turn, turn_ended
from handrail.api.routes.looking import seen, unknown, whole
from handrail.api.services import ApiServices
from handrail.domain.access.principals import ApiScope, Principal
from handrail.domain.access.vouching import update_id
from handrail.domain.actions.approvals import Approval, DecisionInput
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.messages import IncomingMessage, check_identifier, check_message
from handrail.domain.errors import ApprovalRefused, InvalidInput, Refused, UnknownCase
from handrail.domain.http.agents import AgentCase, AgentCases, AgentTask, open_approvals
from handrail.domain.http.cases import CaseSummary, HumanQuestion, WaitsFor
from handrail.domain.http.paging import CasesWanted
from handrail.domain.http.people import DecisionBody
from handrail.temporal.cases.client import made

MOST_WAITING = 20
"""Cases of one list."""


def case_of(caller: Principal, message_id: str) -> str:
    """Return the id of the case that the caller opens with this message: the same over HTTP, MCP and A2A."""
    return intake.case_of(caller, check_identifier("message_id", message_id))


def customer_of(caller: Principal, customer_id: str | None) -> str | None:
    """Return whom the caller speaks for, None where neither the token nor they say it.

    Raises:
        InvalidInput: a customer's token names a customer, or the name is no id.
    """
    if caller.customer_id is None:
        return check_identifier("customer_id", customer_id) if customer_id is not None else None
    if customer_id is not None:
        raise InvalidInput("customer_id: does not go with a customer's token. Leave it out; the token says who calls.")
    return caller.customer_id


async def note(
    services: ApiServices, caller: Principal, case_id: str, context_id: str | None = None, customer_id: str | None = None
) -> AgentTask:
    """Note that the caller speaks for the case, ahead of what they say; the conversation is their first one.

    Raises:
        Refused: no human could confirm anything, since no key signs links.
    """
    if services.links is None:
        raise Refused("agents: HANDRAIL_AGENTS_KEY is not set, so no human could confirm what they ask for. Have it set.")
    task = AgentTask(
        case_id=case_id,
        caller=caller.caller,
        person=caller.person,
        context_id=context_id or f"x-{case_id}",
        customer_id=customer_id,
        noted_at=datetime.now(UTC),
    )
    return await services.tasks.note(task)


async def open_case(
    services: ApiServices,
    caller: Principal,
    text: str,
    message_id: str,
    customer_id: str,
    channel: str,
    seconds: float,
    *,
    context_id: str | None = None,
) -> AgentCase:
    """Open a case, and wait so long for the reply; the same message again finds the same case.

    Raises:
        ScopeMissing, RateLimited, Refused, Unreachable.
        InvalidInput: an id or the text cannot be taken.
        CaseConflict: the message id stands for other words.
    """
    check_scope(caller, ApiScope.CASES_WRITE)
    message = check_message(IncomingMessage(message_id=message_id, text=text))
    case_id, way = case_of(caller, message_id), intake.Way(channel)
    await note(services, caller, case_id, context_id, customer_id)
    receipt = await intake.opened(services, caller, case_id, customer_id, message, way)
    return await _replied(services, caller, case_id, receipt.turn, customer_id, seconds)


async def say(
    services: ApiServices, caller: Principal, case_id: str, text: str, message_id: str, channel: str, seconds: float
) -> AgentCase:
    """Say something in a case that an agent opened; the same message again counts once.

    Raises:
        ScopeMissing, RateLimited, Unreachable, CaseConflict, IllegalTransition.
        UnknownCase: there is none that the caller may see.
        Refused: a human began it.
    """
    check_scope(caller, ApiScope.CASES_WRITE)
    message = check_message(IncomingMessage(message_id=message_id, text=text))
    view, way = await seen(services, caller, case_id), intake.Way(channel)
    await check_agents(services, caller, view)
    await note(services, caller, case_id)
    receipt = await intake.said(services, caller, case_id, view.customer_id, message, way, max(seconds, 1.0))
    turn = next_turn(receipt.turn, receipt.status, duplicate=receipt.duplicate)
    return await _replied(services, caller, case_id, turn, view.customer_id, seconds)


async def check_agents(services: ApiServices, caller: Principal, case: CaseView | CaseSummary) -> None:
    """Check that an agent opened the case. Raises: Refused: a human began it."""
    own = case.by_agent if isinstance(case, CaseView) else await services.tasks.find(case.case_id, caller.caller)
    if not own:
        raise Refused("case: a human began this conversation, and an agent does not speak in it. Open a case of your own.")


async def look(services: ApiServices, caller: Principal, case_id: str) -> AgentCase:
    """Return the case as it is. Raises: ScopeMissing; UnknownCase: there is none that the caller may see."""
    check_scope(caller, ApiScope.CASES_READ)
    return short(services, caller, await seen(services, caller, check_identifier("case_id", case_id)))


async def waiting(services: ApiServices, caller: Principal, queue: str | None, limit: int) -> AgentCases:
    """Return cases that wait for people: for an approval, then for somebody to take them, unless a queue is named.

    Raises:
        ScopeMissing, InvalidInput.
    """
    check_scope(caller, ApiScope.QUEUE_READ)
    if not 1 <= limit <= MOST_WAITING:
        raise InvalidInput(f"limit: is {limit}. Ask for 1 to {MOST_WAITING} cases.")
    asked = CasesWanted(status=CaseStatus.AWAITING_APPROVAL, reader=caller.person, limit=limit)
    approvals = [] if queue else [one.case_id for one in (await services.record.page(asked)).cases]
    found = await services.queue.waiting(queue, limit, caller.person)
    ids = [*approvals, *(one.case_id for one in found.items)][:limit]
    views = [await services.record.show(one) for one in dict.fromkeys(ids)]
    return AgentCases(with_people=found.waiting, cases=[short(services, caller, view) for view in views])


async def decide(
    services: ApiServices, caller: Principal, case_id: str, approval_id: str, revision: int, body: DecisionBody
) -> Approval:
    """Decide exactly what was seen, as whom the key stands for. Raises: see `settle`; ScopeMissing."""
    check_scope(caller, ApiScope.APPROVALS_DECIDE)
    seen_now = [approval_id, revision, body.model_dump_json()]
    return await settle(services, caller, case_id, approval_id, revision, body, update_id(caller.caller, case_id, *seen_now))


async def settle(
    services: ApiServices,
    caller: Principal,
    case_id: str,
    approval_id: str,
    revision: int,
    body: DecisionBody,
    update: str,
) -> Approval:
    """Send a decision under the update's id, vouched for.

    Raises:
        ScopeMissing: the caller stands for nobody by name.
        NotAdmitted: they spoke for this case as an agent.
        UnknownCase, UnknownApproval, MatchFailed, ApprovalRefused, InvalidInput, Unreachable.
    """
    person = named(caller)
    view = await whole(services, caller, case_id)
    checked(view.approvals, approval_id, revision)
    given = body.model_dump(exclude_none=True)
    wanted = made(DecisionInput, **given, approval_id=approval_id, revision=revision, reviewer=person)
    try:
        return await vouched.decide(services, caller, case_id, wanted, update)
    except ApprovalRefused:
        # The record may be behind the case, which then has refused what is not open any more.
        checked((await services.cases(caller).status(case_id)).approvals, approval_id, revision)
        raise


def short(services: ApiServices, caller: Principal, case: CaseView | CaseSummary) -> AgentCase:
    """Return the case for the caller: customers see nothing of who works on it, and whoever may not decide no approvals."""
    mine = caller.customer_id is not None
    extra = {"acts_for": services.house}
    if not isinstance(case, CaseView):
        return AgentCase.model_validate({**dict(case), **extra})
    summed = CaseSummary.for_customer(case) if mine else CaseSummary.of(case)
    shown = open_approvals(case) if caller.may(ApiScope.APPROVALS_DECIDE) else []
    return AgentCase.model_validate({**dict(summed), **extra, "approvals": shown, "question": question(services, case)})


def question(services: ApiServices, view: CaseView) -> HumanQuestion | None:
    """Return the question for the human behind the case's agent, None where none waits."""
    return services.links.question(view) if services.links else None


async def _replied(
    services: ApiServices, caller: Principal, case_id: str, turn: int, customer_id: str | None, seconds: float
) -> AgentCase:
    view = await turn_ended(services.record, case_id, turn, seconds) if turn else None
    if view is None:
        try:
            view = await services.record.show(case_id)
        except UnknownCase:
            working = CaseStatus.WORKING
            return AgentCase(
                case_id=case_id,
                customer_id=customer_id,
                status=working,
                waits_for=WaitsFor.AGENT,
                turn=max(turn, 1),
                acts_for=services.house,
            )
    if view.customer_id != customer_id:
        raise unknown(case_id)
    return short(services, caller, view)
