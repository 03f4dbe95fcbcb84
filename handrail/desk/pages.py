"""Pages: a template with what it shows, in the reader's language. Everything that is filled in is escaped."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from handrail.api.problems.answers import retry_after
from handrail.desk.forms import as_text
from handrail.desk.packet import line_of
from handrail.desk.refusing import Why, why
from handrail.desk.sessions import Seat
from handrail.desk.words import Say, language_of, languages, words_of
from handrail.domain.access.limits import RateLimited
from handrail.domain.access.principals import ApiScope, NotAuthenticated, ScopeMissing
from handrail.domain.actions.unsettled import EffectSettled
from handrail.domain.errors import HandrailError, InvalidInput, KeysAway, Refused, UnknownCase
from handrail.pages.addresses import address_of
from handrail.pages.guarded import RETRY_SECONDS
from handrail.pages.rendering import environment
from handrail.temporal.cases.client import TimedOut
from handrail.temporal.connect import Unreachable

_log = logging.getLogger(__name__)
ROOM = Path(__file__).parent
STATIC = ROOM / "static"
OWNER_READS = frozenset({ApiScope.CONTROLS_READ, ApiScope.CONTROLS_SET})
STATUS: Mapping[type[Exception], int] = {
    UnknownCase: 404,
    EffectSettled: 409,
    InvalidInput: 422,
    NotAuthenticated: 401,
    RateLimited: 429,
    ScopeMissing: 403,
    Refused: 409,
    Unreachable: 503,
    KeysAway: 503,
    TimedOut: 503,
}


FRAMEWORK: Mapping[int, str] = {400: "unreadable", 404: "no_page", 405: "no_page", 413: "too_large"}
"""Keys of the words for what is refused before any page is asked."""


@cache
def templates() -> Environment:
    """Return the templates of the desk."""
    made = environment(ROOM / "templates")
    made.filters["field"] = as_text
    return made


def page(request: Request, template: str, seat: Seat | None, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """Return the page. Templates know `say`, `seat`, `url`, `once` and words for times besides what they are given."""
    language = language_of(request)
    say = words_of(language)
    html = (
        templates()
        .get_template(template)
        .render(
            say=say,
            seat=seat,
            language=language,
            languages=list(languages()),
            url=partial(address_of, request),
            moment=lambda at: f"{at:%Y-%m-%d %H:%M} UTC",
            span=partial(span, say),
            until=partial(until, say, datetime.now(UTC)),
            ago=lambda at: span(say, datetime.now(UTC) - at),
            here=here(request),
            reason=partial(reason, language),
            told=partial(line_of, language),
            owner_reads=seat is not None and bool(seat.principal.scopes & OWNER_READS),
            once=lambda: uuid4().hex,
            **shown,
        )
    )
    return HTMLResponse(html, status_code=status)


def here(request: Request) -> str:
    """Return the address to come back to: of what came by a form, the page that the form stands on."""
    path = request.url.path
    if request.method == "GET":
        return f"{path}?{request.url.query}" if request.url.query else path
    return path.rsplit("/", 1)[0] if path.endswith(("/decide", "/act", "/settle")) else path


def reason(language: str, code: str | None) -> str:
    """Return the words for the reason for which people have a case; a business's own reason as it is written."""
    return languages()[language].get(f"reason_{code}", code or "")


def span(say: Say, time: timedelta) -> str:
    """Return the time in the largest unit that says something, rounded down."""
    minutes = max(0, int(time.total_seconds() // 60))
    if minutes < 60:
        return say("minutes", n=minutes)
    if minutes < 48 * 60:
        return say("hours", n=minutes // 60)
    return say("days", n=minutes // (24 * 60))


def until(say: Say, now: datetime, at: datetime) -> str:
    """Return how long it is until the moment, or how long it is past."""
    return say("in", span=span(say, at - now)) if at >= now else say("late", span=span(say, now - at))


def status_of(error: Exception) -> int:
    """Return the HTTP status that tells of the error."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


async def trouble(request: Request, error: Exception) -> HTMLResponse:
    """Return the page that says what did not work, and where to go on."""
    status = getattr(error, "status_code", None) or status_of(error)
    words, detail = _words_of(request, error, status)
    if status >= 500:
        _log.error("a page of the desk failed", exc_info=error)
    answer = page(request, "trouble.html", None, status=503 if status == 500 else status, words=words, detail=detail)
    later = {"retry-after": str(RETRY_SECONDS)} if status >= 500 else {}
    answer.headers.update(getattr(error, "headers", None) or retry_after(error) or later)
    return answer


def _words_of(request: Request, error: Exception, status: int) -> Why:
    say = words_of(language_of(request))
    if status >= 500:
        # What came by a form may have been taken, whoever went away behind it.
        return Why(say("away" if request.method == "GET" else "may_be_done"))
    if isinstance(error, UnknownCase):
        return Why(say("no_case"))
    if status in FRAMEWORK and not isinstance(error, HandrailError):
        return Why(say(FRAMEWORK[status]))
    return why(error, language_of(request))
