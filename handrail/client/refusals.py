"""Refusals as the contract's own errors: whoever knows `CaseClient` meets the same ones over HTTP."""

from __future__ import annotations

import httpx

from handrail.domain import errors
from handrail.domain.access import answers, limits, principals
from handrail.domain.actions import unsettled
from handrail.domain.errors import BusinessRefused, HandrailError, SwitchedOff
from handrail.domain.personal import kin

SECONDS = 1.0
KINDS: dict[str, type[HandrailError]] = {
    name: kind
    for module in (errors, principals, answers, kin, unsettled)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, HandrailError)
}


class HttpRefused(HandrailError):
    """A refusal that has no error of its own here; `code` is the problem's, `status` HTTP's."""

    def __init__(self, message: str, code: str, status: int) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def refused(answer: httpx.Response) -> HandrailError:
    """Return the error of a problem, with its sentence."""
    try:
        problem = answer.json()
        code, detail = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        code, detail = "Unexpected", f"HTTP {answer.status_code}, and what came with it is no problem of Handrail's."
    told = answer.headers.get("retry-after", "")
    seconds = float(told) if told.isdecimal() else SECONDS
    if code == limits.RateLimited.__name__:
        return limits.RateLimited(detail, seconds)
    if code == answers.RequestInFlight.__name__:
        return answers.RequestInFlight(detail, seconds)
    if code == SwitchedOff.__name__:
        return SwitchedOff("off", detail)
    if code == BusinessRefused.__name__:
        return BusinessRefused(code, detail)
    kind = KINDS.get(code)
    return kind(detail) if kind else HttpRefused(detail, code, answer.status_code)
