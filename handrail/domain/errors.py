"""Everything Handrail refuses, as one tree.

    HandrailError
    ├── Refused                 the sender must change something; never retried
    │   ├── InvalidInput        a message, case or request that cannot be taken as it is
    │   ├── ApprovalRefused     a decision that does not fit an open approval
    │   ├── CaseConflict        the same id with other content
    │   ├── UnknownCase
    │   ├── UnknownMessage      the case has no such message of its customer's
    │   └── IllegalTransition
    ├── BusinessRefused         the business's own rules say no (already refunded, not yours)
    ├── BusinessFailed          a function of the business raised, or did not answer
    │   ├── NotReached          nothing was sent to the system, so nothing was done there
    │   └── OutcomeUnknown      it may have been done, and may not be tried again to find out
    ├── DefinitionInvalid       a topic, policy, rule or matrix file that cannot be used
    ├── EffectConflict          the ledger holds the same effect id with other arguments or no allowing verdict
    ├── SwitchedOff             a live control keeps the agent from this now
    │   └── ToolChanged         a tool from outside is not what a person pinned
    ├── KeyTrouble              what is encrypted cannot be read, or written, for want of a key
    │   ├── KeyUnknown          no master key, or no key at all, fits; somebody must name it, or bring it back
    │   ├── KeyShredded         the key was destroyed on purpose, and what it encrypted is gone with it
    │   └── KeysAway            PostgreSQL, which has the key, does not answer; worth another try
    └── ModelFailed
        ├── ModelUnavailable    transient: time-out, 429, 5xx, connection; worth another try
        └── ModelRejected       permanent: 400, 401, 403, 404, 422, or an answer that cannot be used

The class names of `PERMANENT` are wire contracts: they stand in retry policies and in histories.
"""

from __future__ import annotations


class HandrailError(Exception):
    """Base of every error this project raises on purpose; the message names what was wrong and the remedy."""


class Refused(HandrailError):
    """The sender must change something."""


class InvalidInput(Refused):
    """The input cannot be taken as it is."""


class ApprovalRefused(Refused):
    """The decision does not fit an open approval."""


class CaseConflict(Refused):
    """The same id arrived with other content."""


class UnknownCase(Refused):
    """There is no case with this id."""


class UnknownMessage(Refused):
    """The case has no such message, or no longer at hand."""


class IllegalTransition(Refused):
    """The case is in a status that does not allow this."""


class BusinessRefused(HandrailError):
    """The business's own rules refuse the action.

    `code` is a short stable word such as `already_refunded`; `str(error)` is a sentence for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BusinessFailed(HandrailError):
    """A function of the business's package raised or did not answer in time; our own PostgreSQL is there."""


class NotReached(BusinessFailed):
    """A system was not reached: nothing was sent that it could have acted on."""


class OutcomeUnknown(BusinessFailed):
    """An effect may have been made: its answer was lost, and trying again could make it twice."""


class DefinitionInvalid(HandrailError):
    """A definition file cannot be used; the message starts with `file:line:` where known."""


class EffectConflict(HandrailError):
    """The ledger refuses: same id with other arguments, or no allowing verdict."""


class SwitchedOff(HandrailError):
    """A live control keeps the agent from this now; `level` is the ladder's: `review`, `draft` or `off`."""

    def __init__(self, level: str, message: str = "") -> None:
        super().__init__(message)
        self.level = level


class ToolChanged(SwitchedOff):
    """A tool from outside is not what a person pinned; `found` is the start of its hash now, empty where it is gone."""

    def __init__(self, tool: str, found: str, message: str) -> None:
        super().__init__("off", message)
        self.tool = tool
        self.found = found


class KeyTrouble(HandrailError):
    """A key is not to be had; the message names it and holds nothing of what is encrypted."""


class KeyUnknown(KeyTrouble):
    """The key, or the master key around it, is not there."""


class KeyShredded(KeyTrouble):
    """The key was destroyed on purpose."""


class KeysAway(KeyTrouble):
    """The server that has the key does not answer, and the key was not used here of late."""


class ModelFailed(HandrailError):
    """The language model gave no usable answer."""


class ModelUnavailable(ModelFailed):
    """Transient; another try may work.

    `wait` is for how many seconds the model's server asks to be left alone; `sent` is false where nothing was sent because it
    had asked before.
    """

    def __init__(self, message: str = "", wait: float | None = None, *, sent: bool = True) -> None:
        super().__init__(message)
        self.wait = wait
        self.sent = sent


class ModelRejected(ModelFailed):
    """Permanent; another try will not help."""


PERMANENT: tuple[str, ...] = tuple(
    kind.__name__
    for kind in (
        InvalidInput,
        ApprovalRefused,
        CaseConflict,
        UnknownCase,
        IllegalTransition,
        BusinessRefused,
        BusinessFailed,
        DefinitionInvalid,
        EffectConflict,
        SwitchedOff,
        ModelRejected,
    )
)


DEFECTS: tuple[type[Exception], ...] = (TypeError, ValueError, KeyError, AttributeError, IndexError, AssertionError)
"""Faults of the code itself: another try will not help either. What pydantic raises is among them."""


def record_is_away(error: BaseException) -> bool:
    """Tell whether our own PostgreSQL did not answer: that is worth another try. Drivers are known by name only."""
    return any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
