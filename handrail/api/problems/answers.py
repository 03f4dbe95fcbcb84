"""Problems as answers: `application/problem+json` after RFC 9457, in the words of the command line."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from handrail.api.problems.reading import allowed, media_missing, media_words, unread_words
from handrail.api.problems.table import PLAIN, PROBLEMS, code_of, words_of
from handrail.domain.access.answers import RequestInFlight
from handrail.domain.access.keys import without_keys
from handrail.domain.access.limits import RateLimited
from handrail.domain.errors import HandrailError

MEDIA = "application/problem+json"
RETRY_SECONDS = 2
LONGEST = 400
"""Characters of a caller's own value that are told back."""
_log = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """A field that is wrong: a JSON pointer into the body, or the parameter's name, and what is wrong there."""

    pointer: str | None = Field(default=None, description="JSON pointer into the body (RFC 6901)")
    parameter: str | None = Field(default=None, description="a parameter of the path, the query or the header")
    detail: str


class Problem(BaseModel):
    """A refusal. `code` is the contract's error type; `detail` is the sentence that the command line would print."""

    type: str = Field(description="a page about this kind of problem, relative to the API's address")
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblem] | None = None


def problem(
    scope: Scope,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer for a problem of the table."""
    kind = PROBLEMS[code]
    found = Problem(
        type=f"/problems/{code}",
        title=kind.title,
        status=kind.status,
        detail=without_keys(detail),
        code=code,
        request_id=request_id(scope),
        errors=list(errors) if errors else None,
    )
    wanted = dict(headers or {})
    if kind.later:
        wanted.setdefault("retry-after", str(RETRY_SECONDS))
    if kind.status == 401:
        wanted["www-authenticate"] = 'Bearer realm="handrail"'
    return JSONResponse(found.model_dump(exclude_none=True), kind.status, wanted, MEDIA)


def request_id(scope: Scope) -> str:
    """The id under which the request is logged."""
    return str(scope.get("state", {}).get("request_id", ""))


def refusal(scope: Scope, error: BaseException) -> Response:
    """Return the answer for an error of the house, or for a bug."""
    code = code_of(error)
    if PROBLEMS[code].status >= 500:
        _log.warning("answered with %d", PROBLEMS[code].status, exc_info=error)
    return problem(scope, code, words_of(error, code), headers=retry_after(error))


def retry_after(error: BaseException) -> dict[str, str]:
    """Return the header that says when to try again; none where that would end the same way."""
    if not PROBLEMS[code_of(error)].later:
        return {}
    seconds = error.seconds if isinstance(error, RequestInFlight | RateLimited) else RETRY_SECONDS
    return {"retry-after": str(max(1, math.ceil(seconds)))}


def handle(app: FastAPI) -> None:
    """Have the application answer whatever is raised with a problem."""

    async def refused(request: Request, error: Exception) -> Response:
        return refusal(request.scope, error)

    async def unreadable(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
        if media_missing(request, error):
            found = [FieldProblem(parameter="Content-Type", detail=media_words(request.headers.get("content-type")))]
        else:
            found = [_field(one) for one in error.errors()]
        said = "; ".join(f"{one.pointer or one.parameter or 'body'}: {one.detail}" for one in found[:5])
        return problem(request.scope, "InvalidInput", f"{said}.", errors=found)

    async def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
        code = PLAIN.get(error.status_code, "BadRequest" if error.status_code < 500 else "Unexpected")
        words = {"NotFound": f"Nothing is served at {request.url.path[:LONGEST]}.", "BodyTooLarge": TOO_LARGE}
        return problem(request.scope, code, words.get(code, unread_words(error)), headers=allowed(request, error))

    app.add_exception_handler(HandrailError, refused)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(Exception, refused)
    app.add_api_route("/problems/{code}", page, include_in_schema=False, response_class=PlainTextResponse)


MAX_BODY = 256 * 1024
TOO_LARGE = f"body: is larger than {MAX_BODY // 1024} KB. Attachments do not belong here."


def _field(error: dict[str, Any]) -> FieldProblem:
    where, *path = [str(part) for part in error["loc"]] or ["body"]
    detail = str(error["msg"]).removeprefix("Value error, ")
    if where != "body":
        return FieldProblem(parameter=".".join(path), detail=detail)
    if error["type"] == "json_invalid":
        return FieldProblem(pointer="", detail=f"no JSON: {error.get('ctx', {}).get('error', detail)}")
    return FieldProblem(pointer="".join(f"/{one.replace('~', '~0').replace('/', '~1')}" for one in path), detail=detail)


async def page(code: str) -> PlainTextResponse:
    """Say what a kind of problem means: the page that `type` names."""
    kind = PROBLEMS.get(code)
    if kind is None:
        raise HTTPException(404)
    again = "The same request may be sent again later." if kind.later else "The same request would end the same way."
    return PlainTextResponse(f"{code}: {kind.title} (HTTP {kind.status})\n\n{kind.remedy}\n{again}\n")
