"""Coming and going: signing in and out, and the language of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handrail.desk import sessions
from handrail.desk.pages import page, status_of
from handrail.desk.refusing import Why, why
from handrail.desk.services import DeskServices
from handrail.desk.words import COOKIE as LANGUAGE
from handrail.desk.words import language_of, languages, words_of
from handrail.domain.case.messages import MAX_CHARACTERS
from handrail.domain.errors import HandrailError
from handrail.domain.team.desk import DraftKind
from handrail.pages.forms import texts

YEAR = 365 * 24 * 3600
DRAFTS = {"text": DraftKind.REPLY, "note": DraftKind.NOTE, "answer": DraftKind.ANSWER}
"""What is typed on the page of a case, and the draft that it is."""
KEPT = ("case_id", *DRAFTS)


class Entrance:
    """Lets people in who bring a key of their own, or whose words waited while they signed in elsewhere."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services

    async def page(self, request: Request) -> Response:
        """Ask for the key."""
        return ask(self._services, request, within(request.query_params.get("to", "")))

    async def sign_in(self, request: Request) -> Response:
        """Take the key, and go on to where the person wanted to go."""
        form = await texts(request)
        to, key = within(form.get("to", "")), form.get("key", "")
        host = request.client.host if request.client else ""
        kept = {name: form[name] for name in KEPT if form.get(name)}
        there = await sessions.seat(self._services, request) if kept and not key else None
        if there is not None:
            await self._keep(kept, there.person)
            return RedirectResponse(to, status_code=303)
        try:
            token, person = await sessions.sign_in(self._services, key, host)
        except HandrailError as error:
            problem = why(error, language_of(request))
            return ask(self._services, request, to, status=status_of(error), problem=problem, kept=kept)
        await self._keep(kept, person)
        response = RedirectResponse(to, status_code=303)
        sessions.remember(response, token, secure=request.url.scheme == "https")
        return response

    async def _keep(self, kept: Mapping[str, str], person: str) -> None:
        for name, kind in DRAFTS.items():
            if kept.get(name):
                await self._services.record.keep(kept.get("case_id", ""), person, kind, kept[name][:MAX_CHARACTERS])

    async def sign_out(self, request: Request) -> Response:
        """End the session; a form of another session ends none."""
        seat = await sessions.seat(self._services, request)
        if seat is not None and seat.owns((await texts(request)).get("form_token", "")):
            await sessions.sign_out(self._services, request)
        response = RedirectResponse(request.url_for("sign_in").path, status_code=303)
        response.delete_cookie(sessions.COOKIE, path=sessions.PATH)
        return response

    async def language(self, request: Request) -> Response:
        """Keep the language that the reader chose, and go back to the page."""
        form = await texts(request)
        response = RedirectResponse(within(form.get("to", "")), status_code=303)
        if (chosen := form.get("language", "")) in languages():
            response.set_cookie(LANGUAGE, chosen, max_age=YEAR, path=sessions.PATH, httponly=True, samesite="lax")
        return response


def ask(
    services: DeskServices,
    request: Request,
    to: str,
    *,
    status: int = 200,
    problem: Why | None = None,
    kept: Mapping[str, str] | None = None,
) -> Response:
    """Ask who is there; `kept` is what somebody typed before."""
    words, detail = problem or Why("")
    shown = {"problem": words, "detail": detail, "to": to, "kept": kept or {}, "federated": services.federated is not None}
    return page(request, "sign_in.html", None, status=status, **shown)


def ask_again(services: DeskServices, request: Request, form: Mapping[str, str]) -> Response:
    """Ask who is there where a session ended meanwhile; what was typed comes along, and is a draft afterwards."""
    case_id = request.path_params["case_id"]
    kept = {"case_id": case_id, **{name: form[name] for name in DRAFTS if form.get(name, "").strip()}}
    to = within(f"{sessions.PATH}/cases/{case_id}")
    problem = Why(words_of(language_of(request))("signed_out"))
    return ask(services, request, to, status=401, problem=problem, kept=kept)


def within(to: str) -> str:
    """Return the address if it is one of the desk's, else the board's: nobody is sent elsewhere from here."""
    path = to.partition("?")[0]
    plain = "\\" not in to and "/.." not in unquote(path) and not any(ord(one) < 33 for one in to)
    safe = to.startswith(f"{sessions.PATH}/") and plain
    return to if safe else f"{sessions.PATH}/"
