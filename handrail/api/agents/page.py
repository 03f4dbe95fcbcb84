"""The page on which the human behind an agent answers: GET shows what would happen and changes nothing, POST answers, once."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from babel.core import negotiate_locale
from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from handrail.api.agents.links import ConfirmLinks, LinkedQuestion, LinkInvalid, about, waiting
from handrail.api.services import ApiServices, Services
from handrail.domain.access.principals import CallerKind, Principal
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.messages import PageAnswer
from handrail.domain.errors import CaseConflict, UnknownCase
from handrail.domain.text.packs import packs
from handrail.pages.rendering import environment
from handrail.temporal.connect import Unreachable

router = APIRouter(prefix="/confirm", include_in_schema=False)
HERE = Path(__file__).parent
HUMAN = Principal(kind=CallerKind.CUSTOMER, caller="confirmation-page", scopes=frozenset())
YES, NO = "yes", "no"
PLAIN = {YES: "Yes.", NO: "No."}
STATUS = {"invalid": 404, "expired": 410, "over": 410, "away": 503, "choose": 422}


class Shown(NamedTuple):
    """The page's content: the state of the question, and the effects as they were asked about."""

    state: str
    effects: list[AskedEffect]
    language: str = "en"


@router.get("/{token}")
async def show(token: str, request: Request, services: Services) -> Response:
    """Show what would happen, and how the question stands."""
    try:
        linked = _links(services).read(token)
    except LinkInvalid:
        return _page(request, services, Shown("invalid", []))
    return _page(request, services, await _standing(services, linked))


@router.post("/{token}")
async def answer(
    token: str, request: Request, services: Services, answer: Annotated[str, Form(max_length=8)] = ""
) -> Response:
    """Take the human's answer to exactly what the link is for; whatever comes later changes nothing."""
    try:
        linked = _links(services).read(token)
    except LinkInvalid:
        return _page(request, services, Shown("invalid", []))
    found = await _standing(services, linked)
    if found.state != "waiting":
        return _page(request, services, found)
    if answer not in PLAIN:
        return _page(request, services, found._replace(state="choose"))
    await services.limits.count(services.limits.customer, f"confirm {linked.case_id}")
    given = PageAnswer(asked=linked.asked, agreed=answer == YES)
    words = _words(answer, found.language)
    try:
        message_id = _links(services).message_id(linked)
        await services.cases(HUMAN).answer(linked.case_id, words, given, message_id=message_id)
    except CaseConflict:
        pass  # the page says below which answer counted
    except (Unreachable, TimeoutError):
        return _page(request, services, found._replace(state="away"))
    return RedirectResponse(request.url.path, 303, _headers(""))


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


def _page(request: Request, services: ApiServices, shown: Shown) -> Response:
    wanted = [part.split(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    language = negotiate_locale(wanted, list(languages()), sep="-") or "en"
    nonce = secrets.token_urlsafe(16)
    values: dict[str, Any] = {
        "language": language,
        "say": languages()[language],
        "house": services.house if shown.effects else "",
        "effects": [one.line for one in shown.effects],
        "spoken": shown.language,
        "state": shown.state,
        "due": shown.effects[0].due_at if shown.effects else None,
        "nonce": nonce,
    }
    text = environment(HERE / "templates").get_template("confirm.html").render(values)
    return HTMLResponse(text, STATUS.get(shown.state, 200), _headers(nonce))


def _headers(nonce: str) -> dict[str, str]:
    allowed = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    return {
        "content-security-policy": allowed,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex",
    }
