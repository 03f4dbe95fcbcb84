"""Refusals of the house as errors of A2A: the same words, with the contract's code beside them."""

from __future__ import annotations

import logging

from a2a.utils.errors import A2AError, InternalError, InvalidParamsError, TaskNotFoundError, UnsupportedOperationError

from handrail.api.problems.table import PROBLEMS, code_of, words_of
from handrail.domain.access.keys import without_keys

NOT_FOUND = "There is no such task."
KINDS: dict[int, type[A2AError]] = {404: TaskNotFoundError, 422: InvalidParamsError, 400: InvalidParamsError}
_log = logging.getLogger(__name__)


def refused(error: Exception) -> A2AError:
    """Return the error for the caller; a driver's own words, and those of a bug, stay inside."""
    if isinstance(error, A2AError):
        return error
    code = code_of(error)
    status = PROBLEMS[code].status
    if status >= 500:
        _log.warning("an agent's call failed: %s", type(error).__name__, exc_info=error if code == "Unexpected" else None)
    kind = KINDS.get(status, InternalError if status >= 500 or PROBLEMS[code].later else UnsupportedOperationError)
    words = NOT_FOUND if kind is TaskNotFoundError else without_keys(words_of(error, code))
    return kind(words, {"code": code})
