"""The chat for browsers without script: a form, the conversation above it, and a cookie that stands for the customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handrail.api.answering import intake
from handrail.api.answering.turns import next_turn, turn_ended
from handrail.api.problems.answers import retry_after
from handrail.api.routes.looking import seen
from handrail.chat.pages import WORDS, answers, disclosed, foreign, kind_of, language_of, page, status_of
from handrail.chat.rating import given, lacking, typed
from handrail.chat.services import ChatServices
from handrail.chat.transcripts import mailed, taken_along
from handrail.chat.visiting import Visiting, remember
from handrail.domain.access.principals import NotAuthenticated, Principal
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.messages import IDENTIFIER, MAX_CHARACTERS, IncomingMessage, check_identifier
from handrail.domain.case.ratings import RatedCase
from handrail.domain.errors import HandrailError, InvalidInput
from handrail.domain.http.cases import CustomersQuestion
from handrail.domain.http.paging import CasesWanted
from handrail.domain.team.commands import Receipt
from handrail.interface import author_of
from handrail.pages.addresses import address_of
from handrail.pages.forms import texts
from handrail.temporal.connect import Unreachable

PATIENCE_SECONDS = 12.0
"""A page that was sent waits so long for the reply; later it is there when the page is loaded again."""
WAY = intake.Way("widget")


class NotTaken(NamedTuple):
    """A form that was not taken: the key of the words that say why, and what was typed, to be sent again under its id."""

    words: str
    status: int
    text: str
    once: str
    fresh: bool = False
    """It was to begin a case."""


class Plain:
    """The plain page and its forms."""

    def __init__(self, services: ChatServices, visiting: Visiting) -> None:
        self._services, self._visiting = services, visiting

    async def page(self, request: Request) -> Response:
        """Show the customer's newest case, and a form to write."""
        return await self._shown(request, await self._visiting.seated(request))

    async def _shown(
        self,
        request: Request,
        caller: Principal | None,
        refused: NotTaken | None = None,
        rating: Mapping[str, str] | None = None,
        told: str = "",
    ) -> Response:
        asked = request.query_params
        view = await self._newest(caller)
        if asked.get("fresh") or (refused and refused.fresh):
            view = None
        said = await self._services.api.record.transcript(view.case_id) if view else []
        language = language_of(request)
        disclosure, spoken = disclosed(self._services.disclosure, language)
        return page(
            request,
            "plain.html",
            status=refused.status if refused else 200,
            view=view,
            asks=CustomersQuestion.open_in(view) if view else None,
            said=[(author_of(one), one) for one in said],
            received=caller is not None and await self._received(request, caller, view, {one.message_id for one in said}),
            again=self._address(request, **{name: asked[name] for name in ("lang", "sent") if name in asked}),
            may_write=caller is not None or self._services.visitors,
            once=refused.once if refused else uuid4().hex,
            problem=WORDS.words_of(language)(refused.words) if refused else "",
            typed=refused.text if refused else "",
            rating=typed(rating or {}),
            rated=bool(asked.get("rated")) and refused is None,
            disclosure=disclosure,
            spoken=spoken,
            hours=await self._services.hours(language),
            mails=self._services.letters is not None,
            told_mail=told,
        )

    async def _received(self, request: Request, caller: Principal, view: CaseView | None, recorded: Collection[str]) -> bool:
        """Return whether the message that was just sent has arrived, and no worker has recorded it yet."""
        sent = request.query_params.get("sent", "")
        if not IDENTIFIER.fullmatch(sent) or sent in recorded:
            return False
        api = self._services.api
        if view is not None and await api.channels.came(view.case_id, sent):
            return True
        with suppress(Unreachable):
            return await intake.taken(api, caller, intake.case_of(caller, sent), caller.customer_id or "")
        return False

    async def enter(self, request: Request) -> Response:
        """Take the customer's token from a form on the company's own page, never from an address."""
        origin = request.headers.get("origin", "")
        if foreign(request) and origin not in self._services.origins:
            raise HTTPException(403)
        token = (await texts(request)).get("token", "")
        await self._visiting.customer(token)
        response = self._back(request)
        remember(request, response, token)
        return response

    async def say(self, request: Request) -> Response:
        """Take what was written, or what a button says, and wait for the reply for a while."""
        caller, form, token = await self._sent(request)
        view = await self._case(caller, form)
        once = check_identifier("message_id", form.get("once", ""))
        button = form.get("press") in ("yes", "no")
        # A button without its question is a page of before there were any: it answers none.
        asked = form.get("question", "") or "none" if button else None
        message = IncomingMessage(message_id=once, text=spoken_by(form, language_of(request), view), answers=asked)
        try:
            if view is not None or not button:
                await self._passed_on(caller, view, message)
            response = self._back(request, sent=once)
        except HandrailError as error:
            # Under the same id, so that it counts once should it have been taken after all.
            refused = NotTaken(
                unsaid(error, message.text), status_of(error), form.get("text", ""), once, not form.get("case_id")
            )
            response = await self._shown(request, caller, refused)
            response.headers.update(retry_after(error))
        if token is not None:
            remember(request, response, token)
        return response

    async def rate(self, request: Request) -> Response:
        """Take the customer's rating of their case; what cannot be taken stays in the form, with what is wrong."""
        caller, form, _ = await self._sent(request)
        case_id = form.get("case_id", "")
        await seen(self._services.api, caller, case_id)
        if wrong := lacking(form):
            return await self._shown(request, caller, NotTaken(wrong, 422, "", uuid4().hex), form)
        rated = RatedCase(case_id=case_id, rating=given(form), at=datetime.now(UTC))
        await self._services.api.ratings.rate(rated)
        return self._back(request, rated="1")

    async def mail(self, request: Request) -> Response:
        """Have the transcript sent by mail, and say what comes of it. Raises: UnknownCase, InvalidInput."""
        caller, form, _ = await self._sent(request)
        case_id, once = form.get("case_id", ""), check_identifier("once", form.get("once", ""))
        await seen(self._services.api, caller, case_id)
        told = await mailed(request, self._services, caller, case_id, once)
        return await self._shown(request, caller, told=told)

    async def transcript(self, request: Request) -> Response:
        """Send what was said, as a file. Raises: NotAuthenticated, UnknownCase."""
        caller, case_id = await self._visiting.seated(request), request.path_params["case_id"]
        if caller is None:
            raise NotAuthenticated("Nobody is signed in.")
        await seen(self._services.api, caller, case_id)
        return await taken_along(request, self._services, case_id)

    async def _sent(self, request: Request) -> tuple[Principal, Mapping[str, str], str | None]:
        """Return who sent the form, and the token of a visitor who just came."""
        if foreign(request):
            raise HTTPException(403)
        form = await texts(request)
        caller = await self._visiting.seated(request)
        if caller is not None:
            return caller, form, None
        token = await self._visiting.token(request)
        return await self._visiting.customer(token), form, token

    async def _case(self, caller: Principal, form: Mapping[str, str]) -> CaseView | None:
        """Return the case that the form is about, as far as it goes on; None where a new one begins."""
        case_id = form.get("case_id", "")
        if not case_id:
            return None
        view = await seen(self._services.api, caller, case_id)
        return view if isinstance(view, CaseView) and view.status is not CaseStatus.CLOSED else None

    async def _passed_on(self, caller: Principal, view: CaseView | None, message: IncomingMessage) -> None:
        api, customer = self._services.api, caller.customer_id or ""
        receipt: Receipt
        if view is None:
            case_id = intake.case_of(caller, message.message_id)
            receipt = await intake.opened(api, caller, case_id, customer, message, WAY)
            turn = receipt.turn
        else:
            receipt = await intake.said(api, caller, view.case_id, customer, message, WAY, PATIENCE_SECONDS)
            turn = next_turn(receipt.turn, receipt.status, duplicate=receipt.duplicate)
        if turn:
            await turn_ended(api.record, receipt.case_id, turn, PATIENCE_SECONDS)

    async def _newest(self, caller: Principal | None) -> CaseView | None:
        if caller is None:
            return None
        record = self._services.api.record
        found = (await record.page(CasesWanted(customer_id=caller.customer_id, limit=1))).cases
        return await record.show(found[0].case_id) if found else None

    def _back(self, request: Request, **query: str) -> Response:
        kept = {"lang": language_of(request)} if request.query_params.get("lang") else {}
        return RedirectResponse(self._address(request, **kept, **query), status_code=303)

    def _address(self, request: Request, **query: str) -> str:
        where = address_of(request, "plain")
        return f"{where}?{urlencode(query)}" if query else where


def spoken_by(form: Mapping[str, str], language: str, view: CaseView | None) -> str:
    """Return what the customer says: the words of the button that they pressed, else what they wrote."""
    button = form.get("press", "")
    if button in ("yes", "no"):
        return answers().get(view.language if view and view.language else language, answers()["en"])[button]
    return WORDS.languages[language]["script_person_words"] if button == "person" else form.get("text", "")


def unsaid(error: HandrailError, text: str) -> str:
    """Return the key of the words that say why a message was not taken."""
    if not isinstance(error, InvalidInput):
        return kind_of(status_of(error))
    if len(text.strip()) > MAX_CHARACTERS:
        return "script_too_long"
    return "unread" if text.strip() else "empty"
