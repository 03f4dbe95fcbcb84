"""Problems in the OpenAPI document: the refusals that a route may answer with."""

from __future__ import annotations

from typing import Any

from handrail.api.problems.answers import MEDIA, Problem

REFERENCE = {"schema": {"$ref": "#/components/schemas/Problem"}}
ALWAYS = (400, 401, 403, 422, 429, 500, 503)
WORDS = {
    400: "The request cannot be read",
    401: "Nobody knows who calls",
    403: "The caller lacks a scope, or may not",
    404: "There is no such thing for this caller",
    409: "The case does not allow it now, or the same request is being worked on",
    412: "It is not as it was seen",
    413: "The body is too large",
    422: "The request cannot be taken as it is",
    428: "An If-Match header is needed",
    429: "Too many requests",
    500: "A fault of the house",
    503: "Something that is needed does not answer",
}
__all__ = ["Problem", "refusals"]


def refusals(*more: int) -> dict[int | str, dict[str, Any]]:
    """Return the refusals that every route has, and `more` of this one, for its `responses`."""
    return {status: {"description": WORDS[status], "content": {MEDIA: REFERENCE}} for status in (*ALWAYS, *more)}
