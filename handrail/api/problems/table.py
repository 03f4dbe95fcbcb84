"""The table of problems: each error of the house with its HTTP status, and the words that stand on its page.

The code is the error's type, as in histories and in `--json` of the command line, and so is the sentence in `detail`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ProblemKind(NamedTuple):
    """A kind of problem: the status, a title, what a caller does about it, and whether the same may be sent again later."""

    status: int
    title: str
    remedy: str
    later: bool = False


_LATER = "Send the same again later, under the same Idempotency-Key."
_BUG = "Tell who runs Handrail, with the request_id; the same request may fail again."

PROBLEMS: Mapping[str, ProblemKind] = {
    "InvalidInput": ProblemKind(422, "The request cannot be taken as it is", "Change what `detail` and `errors` name."),
    "ApprovalRefused": ProblemKind(409, "The decision does not count", "Read the approval again, then decide."),
    "NotAdmitted": ProblemKind(403, "This person may not decide this", "Have it decided by somebody whom `detail` names."),
    "CaseConflict": ProblemKind(409, "The id stands with other content", "Use another id, or send the same content."),
    "UnknownCase": ProblemKind(404, "There is no such case", "Check the id; another customer's cases are unknown, too."),
    "UnknownMessage": ProblemKind(
        404, "The case has no such message", "Check the id; where the message is on its way, send it later."
    ),
    "UnknownCustomer": ProblemKind(404, "There is no such customer", "Check the id."),
    "MergeRefused": ProblemKind(409, "These customers cannot be merged or parted now", "Do what `detail` says."),
    "IllegalTransition": ProblemKind(409, "The case does not allow this now", "Read the case again."),
    "Paused": ProblemKind(409, "The case is paused", "Have it unpaused in the Temporal Web UI."),
    "Refused": ProblemKind(409, "Refused", "Change what `detail` names."),
    "BusinessRefused": ProblemKind(422, "The business's rules say no", "Do what `detail` says."),
    "BusinessFailed": ProblemKind(503, "The business's package failed", _LATER, later=True),
    "NotReached": ProblemKind(503, "A system behind a tool was not reached", _LATER, later=True),
    "OutcomeUnknown": ProblemKind(503, "An effect may have been made", "Look at what it changes; do not have it made again."),
    "ToolChanged": ProblemKind(409, "A tool is not what a person pinned", "Have it looked at: `handrail tools check`."),
    "DefinitionInvalid": ProblemKind(500, "A definition cannot be used", _BUG),
    "EffectConflict": ProblemKind(409, "The ledger refuses", "Nothing was done; read the case again."),
    "SwitchedOff": ProblemKind(409, "The agent is switched off for this", "Wait until it is lifted, or have a person do it."),
    "ModelFailed": ProblemKind(503, "The language model gave no answer", _LATER, later=True),
    "ModelUnavailable": ProblemKind(503, "The language model is away", _LATER, later=True),
    "ModelRejected": ProblemKind(502, "The language model refuses", _BUG),
    "TimedOut": ProblemKind(504, "It did not happen in time", "It goes on; read the case later.", later=True),
    "Unreachable": ProblemKind(503, "Something that is needed does not answer", _LATER, later=True),
    "RecordAway": ProblemKind(503, "The record does not answer", _LATER, later=True),
    "NotAuthenticated": ProblemKind(401, "Nobody knows who you are", "Send `Authorization: Bearer` with a key that lives."),
    "ScopeMissing": ProblemKind(403, "The key lacks a scope", "Use a key that has the scope which `detail` names."),
    "RateLimited": ProblemKind(
        429, "Too many requests", "Wait as long as `Retry-After` says, then send it again.", later=True
    ),
    "BodyTooLarge": ProblemKind(413, "The body is too large", "Send less; attachments go by reference."),
    "KeyMissing": ProblemKind(400, "An Idempotency-Key is needed", "Send one; the same for the same request."),
    "KeyReused": ProblemKind(422, "The Idempotency-Key stands for another request", "Use a key of its own for each request."),
    "RequestInFlight": ProblemKind(
        409, "The same request is being worked on", "Wait as long as `Retry-After` says, then send it again.", later=True
    ),
    "UnknownApproval": ProblemKind(404, "There is no such approval", "Read the case: it shows those that it has."),
    "UnknownEffect": ProblemKind(404, "No such effect waits to be settled", "List those of the case that do."),
    "EffectSettled": ProblemKind(409, "Somebody has settled it otherwise", "It stands; talk to whom `detail` names."),
    "UnknownWebhook": ProblemKind(404, "There is no such webhook", "List them; a removed one is gone for good."),
    "WebhooksNotSetUp": ProblemKind(409, "Webhooks are not set up here", "Have who runs Handrail do what `detail` says."),
    "KeyTrouble": ProblemKind(503, "A key of encrypted histories is not to be had", _LATER, later=True),
    "KeyUnknown": ProblemKind(
        500, "A key of encrypted histories is not there", "Have who runs Handrail do what `detail` says."
    ),
    "KeyShredded": ProblemKind(410, "It was encrypted with a key that was destroyed", "It cannot be read again."),
    "KeysAway": ProblemKind(503, "The keys of encrypted histories do not answer", _LATER, later=True),
    "NotOurPage": ProblemKind(403, "Payloads are decrypted for the Temporal Web UI alone", "Do what `detail` says."),
    "MatchMissing": ProblemKind(428, "An If-Match header is needed", "Read the case, and send the approval's ETag."),
    "MatchFailed": ProblemKind(412, "It is not as you saw it any more", "Read the approval again, then decide."),
    "NotFound": ProblemKind(404, "There is nothing here", "Look at /openapi.json."),
    "MethodNotAllowed": ProblemKind(405, "Not with this method", "The `Allow` header names those that there are."),
    "BadRequest": ProblemKind(400, "The request cannot be read", "Do what `detail` says."),
    "HandrailError": ProblemKind(500, "It did not work", _BUG),
    "Unexpected": ProblemKind(500, "Something unexpected happened", _BUG),
}

LASTING = frozenset({"InvalidInput", "CaseConflict"})
"""Codes of refusals that the same request gets however often it is sent: no other is kept under an Idempotency-Key."""
PLAIN: Mapping[int, str] = {
    400: "BadRequest",
    401: "NotAuthenticated",
    404: "NotFound",
    405: "MethodNotAllowed",
    413: "BodyTooLarge",
    422: "InvalidInput",
}
"""Codes of what the framework itself refuses, by its status."""
RECORD_AWAY = "PostgreSQL does not answer just now, or takes no writes. Nothing was changed that you were not told of."
UNEXPECTED = "This is a fault of the house, which has been written down under the request_id."


def code_of(error: BaseException) -> str:
    """Return the code of an error: the first class of its own order that the table knows."""
    if any(kind.__name__ in ("OperationalError", "InterfaceError") for kind in type(error).__mro__):
        return "RecordAway"
    return next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in PROBLEMS), "Unexpected")


def words_of(error: BaseException, code: str) -> str:
    """Return the sentence for the caller. A driver's own words, and those of a bug, stay inside."""
    if code == "RecordAway":
        return RECORD_AWAY
    return UNEXPECTED if code == "Unexpected" else str(error)
