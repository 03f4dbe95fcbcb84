"""Looking: the board of what waits, and the page of a case. Nothing is changed here but who reads it."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handrail.desk.drafting import suggested, written
from handrail.desk.forms import fields
from handrail.desk.pages import page, status_of
from handrail.desk.reasons import reasons_of
from handrail.desk.refusing import Why, why
from handrail.desk.refusing import why_not as said_why_not
from handrail.desk.services import DeskServices
from handrail.desk.sessions import LACKS, PATH, Seat, seat
from handrail.desk.words import language_of, languages, words_of
from handrail.domain.access.principals import ApiScope
from handrail.domain.actions.approvals import Approval, ApprovalStatus, Identity, RequestKind
from handrail.domain.actions.proposals import ROLES
from handrail.domain.case.cases import CaseView
from handrail.domain.case.messages import IDENTIFIER
from handrail.domain.errors import HandrailError, UnknownCase
from handrail.domain.team.commands import holds, is_recused, same_name
from handrail.domain.team.desk import BoardKey, BoardRow, BoardScope, BoardWanted, FormField
from handrail.domain.team.reviewers import Reviewers
from handrail.temporal.cases.client import TimedOut
from handrail.temporal.connect import Unreachable

ROWS = 50


@dataclass(frozen=True, slots=True)
class Decidable:
    """An open approval as the page shows it: the form to edit it, and why this person may not decide it."""

    approval: Approval
    fields: list[FormField]
    why_not: Why | None


@dataclass(frozen=True, slots=True)
class Said:
    """Words that the last action has for the person, and what they typed, where nothing came of it."""

    did: str = ""
    problem: str = ""
    detail: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


class Looking:
    """The pages that are looked at."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services

    async def board(self, request: Request) -> Response:
        """Show what waits, the first due first."""
        who = await seat(self._services, request)
        if who is None:
            return to_sign_in(request)
        wanted = await self._wanted(request, who)
        record = self._services.record
        rows, counts = await asyncio.gather(record.board(wanted.model_copy(update={"limit": ROWS + 1})), record.counts())
        return page(
            request,
            "board.html",
            who,
            rows=rows[:ROWS],
            counts=counts,
            wanted=wanted,
            scopes=list(BoardScope),
            batched=self._services.batched(),
            more=self._more(request, rows) if len(rows) > ROWS else "",
            did=did(request, who),
            case_id=case_of(request),
        )

    async def case(self, request: Request) -> Response:
        """Show a case: what is asked first, then what it is about, then the conversation."""
        who = await seat(self._services, request)
        if who is None:
            return to_sign_in(request)
        return await self.show(request, who, Said(did=did(request, who)))

    async def show(self, request: Request, who: Seat, said: Said) -> Response:
        """Show the case as the record holds it. Raises: UnknownCase."""
        case_id = request.path_params["case_id"]
        if not IDENTIFIER.fullmatch(case_id):
            raise UnknownCase("There is no such case.")
        view = await self._services.stored.show(case_id)
        if is_recused(who.person, view.recused):
            about = {"problem": said.problem, "detail": said.detail}
            return page(request, "recused.html", who, status=said.status, case_id=case_id, **about)
        return await self._whole(request, who, said, view)

    async def _whole(self, request: Request, who: Seat, said: Said, view: CaseView) -> Response:
        stored, record, case_id = self._services.stored, self._services.record, view.case_id
        (handoff, transcript, mail, kin, unsettled), (drafts, readers, held) = await asyncio.gather(
            asyncio.gather(
                stored.handoff(case_id),
                stored.transcript(case_id),
                self._services.mail(case_id),
                self._services.kin.of(view.customer_id),
                self._services.effects.of(case_id),
            ),
            asyncio.gather(record.drafts(case_id), record.read(case_id, who.person), self._services.replies.of(case_id)),
        )
        mine = view.assignee is not None and same_name(view.assignee, who.person)
        still_open, language = (one for one in view.approvals if one.status is ApprovalStatus.OPEN), language_of(request)
        return page(
            request,
            "case.html",
            who,
            status=said.status,
            view=view,
            mine=mine,
            held=held,
            kin=kin,
            unsettled=unsettled,
            may_not_settle=may_not_settle(who, language),
            held_why=said_why_not(held.words, held.code, language) if held and held.words else None,
            decidable=[self._decidable(one, who, language) for one in still_open],
            handoff=handoff,
            transcript=transcript,
            mail=mail,
            readers=[one.person for one in readers],
            **written(said.typed, drafts, who, suggested(view.assignee, handoff)),
            topics=self._services.topics(),
            ui=self._services.ui(case_id),
            did=said.did,
            problem=said.problem,
            detail=said.detail,
            question=RequestKind.QUESTION,
            reasons_of=partial(reasons_of, language, self._services.rules()),
        )

    def _decidable(self, approval: Approval, who: Seat, language: str) -> Decidable:
        schema = self._services.schema(approval.request.action)
        shown = fields(schema, approval.request.arguments) if schema else []
        reviewers = self._services.reviewers.now()
        why_not = reviewers.why_not(approval, who.person, Identity.VERIFIED)
        if not who.principal.may(ApiScope.APPROVALS_DECIDE):
            why_not = LACKS.format(ApiScope.APPROVALS_DECIDE)
        return Decidable(approval, shown, said_why_not(why_not, "NotAdmitted", language) if why_not else None)

    async def _wanted(self, request: Request, who: Seat) -> BoardWanted:
        asked = request.query_params
        scope = asked.get("scope", "")
        member = (await self._services.roster()).by_name.get(who.person)
        return BoardWanted(
            scope=BoardScope(scope) if scope in list(BoardScope) else BoardScope.ALL,
            person=who.person,
            roles=roles(self._services.reviewers.now(), who.person),
            queues=member.skills if member else [],
            languages=member.languages if member else [],
            tier=member.tier if member else 0,
            topic=asked.get("topic", "")[:120].strip() or None,
            queue=asked.get("queue", "")[:120].strip() or None,
            after=place(asked),
        )

    def _more(self, request: Request, rows: list[BoardRow]) -> str:
        last = rows[ROWS - 1].key
        kept = {name: value for name, value in request.query_params.items() if name in ("scope", "topic", "queue")}
        return "?" + urlencode({**kept, "due": last.due_at.isoformat(), "case": last.case_id, "approval": last.approval_id})


def may_not_settle(who: Seat, language: str) -> Why | None:
    """Return why the person may not say what became of an effect; None where they may."""
    scope = ApiScope.EFFECTS_SETTLE
    return None if who.principal.may(scope) else said_why_not(LACKS.format(scope), "ScopeMissing", language)


def refused(request: Request, error: HandrailError, typed: Mapping[str, str]) -> Said:
    """Return the words for what was not done; what may still come of it is not called undone."""
    language = language_of(request)
    say, status = words_of(language), status_of(error)
    if isinstance(error, Unreachable | TimedOut):
        return Said(problem=say("may_be_done"), typed=typed, status=status)
    words, detail = why(error, language)
    return Said(problem=say("not_done", why=words), detail=detail, typed=typed, status=status)


def roles(reviewers: Reviewers, person: str) -> list[str]:
    """Return every role whose approvals the person's own roles reach."""
    entry = reviewers.roster.find(person) if reviewers.roster else None
    held = entry.roles if entry else []
    known = {*ROLES, *(reviewers.roster.roles if reviewers.roster else ())}
    return sorted(wanted for wanted in known if any(holds(role, wanted) for role in held))


def place(asked: Mapping[str, str]) -> BoardKey | None:
    """Return the row behind which the page goes on; None at the beginning, or where the address was made up."""
    try:
        due = datetime.fromisoformat(asked.get("due", ""))
    except ValueError:
        return None
    if due.tzinfo is None or not IDENTIFIER.fullmatch(asked.get("case", "")):
        return None
    return BoardKey(due_at=due, case_id=asked["case"], approval_id=asked.get("approval", "")[:120])


def told(here: str, who: Seat, done: str, of: str = "") -> Response:
    """Send the reader on, with the word of what was done; sealed, so that no made-up address tells of a deed."""
    return RedirectResponse(f"{here}?{urlencode({'did': done, 'of': of, 'seal': who.seal(done, of)})}", status_code=303)


def did(request: Request, who: Seat) -> str:
    """Return the key of what the last action did; nothing where it did nothing, or the address was made up."""
    done, of = request.query_params.get("did", ""), request.query_params.get("of", "")
    sealed = hmac.compare_digest(request.query_params.get("seal", "").encode(), who.seal(done, of).encode())
    return f"did_{done}" if sealed and f"did_{done}" in languages()["en"] else ""


def case_of(request: Request) -> str:
    """Return the case that the last action was about; nothing where the address was made up."""
    named = request.query_params.get("of", "")
    return named if IDENTIFIER.fullmatch(named) else ""


def to_sign_in(request: Request) -> Response:
    """Send the reader to the sign-in, and back afterwards."""
    to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{PATH}/sign-in?to={quote(to, safe='')}", status_code=303)
