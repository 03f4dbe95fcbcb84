"""Requests that the framework cannot read: what it leaves unsaid about them, in words that say what would be right."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

SHOWN = 80
"""Characters of a header that are told back."""


def media_missing(request: Request, error: RequestValidationError) -> bool:
    """Return true where the body was never read as JSON, since no header says that it is."""
    return isinstance(error.body, bytes) and any(tuple(one["loc"]) == ("body",) for one in error.errors())


def media_words(given: str | None) -> str:
    """Return the words for a body whose kind is not said, or is none of ours."""
    wanted = "Send `Content-Type: application/json` with a JSON body"
    return f"is missing. {wanted}" if not given else f"is {given[:SHOWN]!r}. {wanted}"


def unread_words(error: HTTPException) -> str:
    """Return the words for a body that is no text or too deep, else the framework's own."""
    if isinstance(error.__cause__, UnicodeDecodeError):
        return f"body: is no UTF-8: the byte at {error.__cause__.start} belongs to no character. Send JSON as UTF-8."
    if isinstance(error.__cause__, RecursionError):
        return "body: is nested too deeply to be read. Send flatter JSON."
    return str(error.detail)


def allowed(request: Request, error: HTTPException) -> Mapping[str, str] | None:
    """Return the refusal's headers; `Allow` names the methods of all routes of the path, not of the first one alone."""
    if error.status_code != 405:
        return error.headers
    found = {name.strip() for name in (error.headers or {}).get("allow", (error.headers or {}).get("Allow", "")).split(",")}
    for path, methods in request.app.openapi()["paths"].items():
        if compile_path(path)[0].fullmatch(request.url.path):
            found |= {method.upper() for method in methods}
    return {"Allow": ", ".join(sorted(found - {""}))}
