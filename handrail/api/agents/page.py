"""The page on which the human behind an agent answers: GET shows what would happen and changes nothing, POST answers, once."""

from __future__ import annotations

import logging
import secrets
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from babel.core import negotiate_locale
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from handrail.api.agents.links import ConfirmLinks, LinkedQuestion, LinkInvalid, about, waiting
from handrail.api.problems.answers import retry_after
from handrail.api.problems.table import PROBLEMS, code_of
from handrail.api.services import ApiServices
from handrail.domain.access.limits import RateLimited
from handrail.domain.access.principals import CallerKind, Principal
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.messages import PageAnswer
from handrail.domain.errors import CaseConflict, HandrailError, UnknownCase
from handrail.domain.text.packs import packs
from handrail.pages.forms import texts
from handrail.pages.guarded import RETRY_SECONDS, Guarded
from handrail.pages.rendering import environment
from handrail.temporal.connect import Unreachable

HERE = Path(__file__).parent
PATH = "/confirm"
HUMAN = Principal(kind=CallerKind.CUSTOMER, caller="confirmation-page", scopes=frozenset())
YES, NO = "yes", "no"
PLAIN = {YES: "Yes.", NO: "No."}
STATUS = {"invalid": 404, "expired": 410, "over": 410, "away": 503, "choose": 422, "busy": 429, "trouble": 503}
OPEN = ("waiting", "choose", "away", "busy")
"""States in which the question can be answered."""
PASSING = ("working", "away", "busy", "trouble")
"""States after which another is to be seen before long."""
_log = logging.getLogger(__name__)


class Shown(NamedTuple):
    """The page's content: the state of the question, and the effects as they were asked about."""

    state: str
    effects: list[AskedEffect]
    language: str = "en"


class ConfirmPage:
    """The page over the services of the API, which come once the process serves."""

    def __init__(self, services: Callable[[], ApiServices]) -> None:
        self._services = services

    async def show(self, request: Request) -> Response:
        """Show what would happen, and how the question stands. Raises: LinkInvalid."""
        services = self._services()
        linked = _links(services).read(request.path_params["token"])
        return _page(request, services.house, await _standing(services, linked))

    async def answer(self, request: Request) -> Response:
        """Take the human's answer to exactly what the link is for; whatever comes later changes nothing.

        Raises:
            LinkInvalid: it is for nothing.
        """
        services = self._services()
        linked = _links(services).read(request.path_params["token"])
        found = await _standing(services, linked)
        if found.state != "waiting":
            return _page(request, services.house, found)
        given = (await texts(request)).get("answer", "")
        if given not in PLAIN:
            return _page(request, services.house, found._replace(state="choose"))
        try:
            await services.limits.count(services.limits.customer, f"confirm {linked.case_id}")
            await _sent(services, linked, given, found.language)
        except RateLimited as error:
            return _page(request, services.house, found._replace(state="busy"), error)
        except (Unreachable, TimeoutError) as error:
            return _page(request, services.house, found._replace(state="away"), error)
        return RedirectResponse(request.url.path, 303)


def create_confirm(services: Callable[[], ApiServices]) -> ASGIApp:
    """Return the page, to be mounted under `/confirm`."""
    shown = ConfirmPage(services)

    async def away() -> Mapping[str, str]:
        return await services().away()

    room = Starlette(
        routes=[
            Route("/{token}", shown.show),
            Route("/{token}", shown.answer, methods=["POST"]),
        ],
        middleware=[Middleware(Guarded, headers=HEADERS, trouble=trouble, away=away)],
        exception_handlers={HTTPException: trouble, HandrailError: trouble},
    )
    room.router.redirect_slashes = False
    return room


async def trouble(request: Request, error: Exception) -> Response:
    """Return the page that says why there is nothing to answer."""
    status = getattr(error, "status_code", None) or PROBLEMS[code_of(error)].status
    if isinstance(error, LinkInvalid) or status in (400, 404, 405):
        return _page(request, "", Shown("invalid", []))
    if status == 413:
        return _page(request, "", Shown("choose", []))
    _log.error("the page of a question failed", exc_info=error)
    return _page(request, "", Shown("trouble", []), error)


async def _sent(services: ApiServices, linked: LinkedQuestion, answer: str, language: str) -> None:
    """Raises: Unreachable: it may be taken yet."""
    given = PageAnswer(asked=linked.asked, agreed=answer == YES)
    message_id = _links(services).message_id(linked)
    with suppress(CaseConflict):  # the page says below which answer counted
        await services.cases(HUMAN).answer(linked.case_id, _words(answer, language), given, message_id=message_id)


async def _standing(services: ApiServices, linked: LinkedQuestion) -> Shown:
    """Return how the question stands. Raises: RecordAway: PostgreSQL does not answer."""
    try:
        view = await services.record.show(linked.case_id)
    except UnknownCase:
        return Shown("over", [])
    language = view.language or "en"
    times: dict[str, list[AskedEffect]] = {}
    for one in view.asked:
        times.setdefault(one.question_id, []).append(one)
    same = [effects for effects in times.values() if about(effects) == linked.asked]
    if not same:
        return Shown("over", [])
    return Shown(_state(view, same[-1], linked), same[-1], language)


def _state(view: CaseView, effects: list[AskedEffect], linked: LinkedQuestion) -> str:
    kinds = [one.kind for one in effects[0].answers]
    if set(kinds) & {"confirmed", "refused"}:
        return kinds[-1] if kinds[-1] in ("confirmed", "refused") else "over"
    if about(waiting(view)) == linked.asked:
        return "waiting"
    if datetime.now(UTC).timestamp() > linked.due:
        return "expired"
    return "working" if not kinds and view.status is CaseStatus.WORKING else "over"


def _links(services: ApiServices) -> ConfirmLinks:
    if services.links is None:
        raise LinkInvalid("No link was ever given here.")
    return services.links


def _words(answer: str, language: str) -> str:
    """The answer as the transcript holds it, in the customer's language."""
    pack = packs().by_code.get(language)
    own = getattr(pack.answers, answer) if pack else []
    return own[0] if own else PLAIN[answer]


@cache
def languages() -> Mapping[str, Mapping[str, str]]:
    """Return the words of the page in every language, by its code."""
    return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((HERE / "words").glob("*.toml"))}


def _page(request: Request, house: str, shown: Shown, error: Exception | None = None) -> Response:
    wanted = [part.split(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    language = negotiate_locale(wanted, list(languages()), sep="-") or "en"
    nonce = secrets.token_urlsafe(16)
    values: dict[str, Any] = {
        "language": language,
        "say": languages()[language],
        "house": house if shown.effects else "",
        "effects": [one.line for one in shown.effects],
        "spoken": shown.language,
        "state": shown.state,
        "answers": bool(shown.effects) and shown.state in OPEN,
        "here": request.url.path if shown.state in PASSING else "",
        "due": shown.effects[0].due_at if shown.effects else None,
        "nonce": nonce,
    }
    text = environment(HERE / "templates").get_template("confirm.html").render(values)
    answer = HTMLResponse(text, STATUS.get(shown.state, 200))
    answer.headers["content-security-policy"] = _policy(nonce)
    if error is not None:
        answer.headers.update(getattr(error, "headers", None) or retry_after(error) or {"retry-after": str(RETRY_SECONDS)})
    return answer


def _policy(nonce: str) -> str:
    style = f"'nonce-{nonce}'" if nonce else "'none'"
    return f"default-src 'none'; style-src {style}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


HEADERS = {
    "content-security-policy": _policy(""),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
