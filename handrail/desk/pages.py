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

from handrail.desk.forms import as_text
from handrail.desk.sessions import Seat
from handrail.desk.words import Say, language_of, languages, words_of
from handrail.domain.access.limits import RateLimited
from handrail.domain.access.principals import ApiScope, NotAuthenticated, ScopeMissing
from handrail.domain.errors import InvalidInput, Refused, UnknownCase
from handrail.pages.addresses import address_of
from handrail.pages.rendering import environment
from handrail.temporal.client import TimedOut
from handrail.temporal.connect import Unreachable

_log = logging.getLogger(__name__)
ROOM = Path(__file__).parent
STATIC = ROOM / "static"
OWNER_READS = frozenset({ApiScope.CONTROLS_READ, ApiScope.CONTROLS_SET})
STATUS: Mapping[type[Exception], int] = {
    UnknownCase: 404,
    InvalidInput: 422,
    NotAuthenticated: 401,
    RateLimited: 429,
    ScopeMissing: 403,
    Refused: 409,
    Unreachable: 503,
    TimedOut: 503,
}


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
    return path.rsplit("/", 1)[0] if path.endswith(("/decide", "/act")) else path


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
    say = words_of(language_of(request))
    if status == 500:
        _log.error("a page of the desk failed", exc_info=error)
        return page(request, "trouble.html", None, status=503, words=say("away"))
    if isinstance(error, Unreachable):
        words = say("away")
    elif isinstance(error, UnknownCase):
        words = say("no_case")
    elif status in (404, 405):
        words = say("no_page")
    else:
        words = str(error)
    return page(request, "trouble.html", None, status=status, words=words)
