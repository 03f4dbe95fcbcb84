"""Errors of the Temporal server, and those that cross the wire from a case, as errors of the domain."""

from __future__ import annotations

from temporalio.client import RPCError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCStatusCode

from handrail.domain.errors import BusinessFailed, HandrailError, NotReached, OutcomeUnknown, Refused, UnknownCase
from handrail.temporal.connect import REMEDY, Unreachable
from handrail.temporal.converter import REFUSALS
from handrail.temporal.patience import UNWELL

SILENT = {RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED, RPCStatusCode.FAILED_PRECONDITION}
"""The server, or a worker behind it, gave no answer."""
PASSING: dict[str, type[HandrailError]] = {kind.__name__: kind for kind in (BusinessFailed, NotReached, OutcomeUnknown)}
"""What a case could not take because of a system behind it: no refusal, and worth another try."""


def refusal(error: BaseException) -> HandrailError:
    """The domain's error that crossed the wire, with its message."""
    if isinstance(error, ApplicationError):
        kind = REFUSALS.get(error.type or "") or PASSING.get(error.type or "", HandrailError)
        return kind(error.message)
    return HandrailError(f"The case could not take this: {error}")


def translated(error: RPCError, case_id: str) -> HandrailError:
    """Translate the server's error into what it means for a case."""
    if any("NamespaceNotFound" in detail.type_url for detail in error.grpc_status.details):
        return Unreachable(f"{error.message} Set HANDRAIL_TEMPORAL_NAMESPACE to a namespace of this server.")
    if error.status is RPCStatusCode.NOT_FOUND:
        return UnknownCase(f"There is no case {case_id!r}. `handrail case list` shows the cases.")
    if error.status in SILENT:
        return Unreachable(f"Case {case_id}: no worker answers. {REMEDY}")
    if error.status in UNWELL:
        return Unreachable(f"The Temporal server cannot do it just now ({error.message}). {REMEDY}")
    if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED):
        return Refused(f"Temporal refuses: {error.message}. Check HANDRAIL_TEMPORAL_API_KEY and the TLS settings.")
    return HandrailError(f"Temporal: {error.message}")
