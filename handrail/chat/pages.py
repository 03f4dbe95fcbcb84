"""Pages of the chat: a template with what it shows, in the customer's language. Everything that is filled in is escaped."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from handrail.api.problems.answers import refusal, retry_after
from handrail.api.problems.table import PROBLEMS, code_of
from handrail.interface import Interface
from handrail.pages.addresses import address_of
from handrail.pages.rendering import environment

_log = logging.getLogger(__name__)
ROOM = Path(__file__).parent
STATIC = ROOM / "static"
WORDS = Interface(ROOM / "words")
RATINGS = (1, 2, 3, 4, 5)


@cache
def templates() -> Environment:
    """Return the templates of the chat."""
    return environment(ROOM / "templates")


def language_of(request: Request) -> str:
    """Return the language that the page around asks for, else the first of the browser's that there is."""
    return WORDS.chosen(request.query_params.get("lang", "")[:35], request.headers.get("accept-language", ""))


def page(request: Request, template: str, *, status: int = 200, language: str | None = None, **shown: Any) -> HTMLResponse:
    """Return the page. Templates know `say`, `language`, `url` and `ratings` besides what they are given."""
    spoken = language or language_of(request)
    html = (
        templates()
        .get_template(template)
        .render(
            say=WORDS.words_of(spoken),
            language=spoken,
            url=partial(address_of, request),
            ratings=RATINGS,
            **shown,
        )
    )
    return HTMLResponse(html, status_code=status)


def disclosed(disclosure: Mapping[str, str], language: str) -> tuple[str, str]:
    """Return the sentence that a machine answers, and the language that it is in."""
    spoken = language if disclosure.get(language) else "en"
    return disclosure[spoken], spoken


@cache
def answers() -> Mapping[str, Mapping[str, str]]:
    """Return the words of the buttons that answer a question, by its language: a no in one is a yes in another."""
    return {code: {one: words[f"script_{one}_words"] for one in ("yes", "no")} for code, words in WORDS.languages.items()}


def foreign(request: Request) -> bool:
    """Return whether a form comes from another site's page: browsers say so, and scripts of theirs cannot help it."""
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host", "")


KINDS: Mapping[int, str] = {
    401: "signed_out",
    403: "signed_out",
    404: "no_page",
    405: "no_page",
    409: "closed",
    413: "script_too_long",
    429: "too_many",
}
"""Keys of the words that a page has for a status."""


def status_of(error: Exception) -> int:
    """Return the HTTP status that tells of the error."""
    return getattr(error, "status_code", None) or PROBLEMS[code_of(error)].status


def kind_of(status: int) -> str:
    """Return the key of the words that tell of a status."""
    return KINDS.get(status, "away" if status >= 500 else "unread")


async def trouble(request: Request, error: Exception) -> Response:
    """Return the page that says what did not work; for a script the problem that the API would answer with."""
    given = getattr(error, "headers", None) or retry_after(error)
    status = status_of(error)
    if wants_json(request):
        plain = isinstance(error, HTTPException)
        return JSONResponse({"status": status}, status, given) if plain else refusal(request.scope, error)
    if status >= 500:
        _log.error("a page of the chat failed", exc_info=error)
    # What is wrong with an address is wrong with a link; what is wrong with a form, with what stands in it.
    kind = "link_gone" if status == 400 and request.method == "GET" else kind_of(status)
    answer = page(request, "trouble.html", status=status, words=WORDS.words_of(language_of(request))(kind))
    answer.headers.update(given)
    return answer


def wants_json(request: Request) -> bool:
    """Return whether a script asks."""
    return "authorization" in request.headers or "application/json" in request.headers.get("accept", "")
