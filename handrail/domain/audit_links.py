"""Links of the audit's chain: an entry with its place, its hash, and JSON spelled as PostgreSQL spells it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from handrail.domain.base import Stored

FAULTS = (ValueError, TypeError, ArithmeticError, RecursionError)
"""What reading foreign JSON and computing over it raises: too deep, too long, no such moment, no such text."""
Bigint = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
_DIGITS, _BEFORE, _BEHIND = 4_000, 131_072, 16_383
"""Python's integers are read from 4,300 digits at most; PostgreSQL's numbers have so many before and behind the point."""


class Link(Stored):
    """An audit entry with its place in the chain. Its fields are None where one of the two is missing.

    `unread` says why the entry's own fields could not be read; they are None then, its place stands.
    """

    sequence: Bigint | None = None
    previous: str | None = None
    case_sequence: Bigint | None = None
    case_previous: str | None = None
    hash: str | None = None
    case_id: str
    entry_id: str
    at: datetime | None = None
    actor: str | None = None
    action: str | None = None
    details: dict[str, Any] | None = None
    digest: str | None = None
    salt: str | None = None
    unread: str | None = None

    def expected(self) -> str:
        """The hash that an entry of these words has at this place; without a digest, as earlier, of the details themselves."""
        return hashed(self._with(self.details if self.digest is None else self.digest))

    def salted(self) -> str:
        """The digest of the details, with their salt."""
        return hashed(f"{self.salt or ''}{canonical(self.details)}")

    def remains(self) -> str:
        """All that stays of an entry whose details were taken out, as one text."""
        return self._with(self.hash)

    @property
    def intact(self) -> bool:
        """True if entry and hash go together, details and all."""
        return self.hash == self.expected() and (self.digest is None or self.digest == self.salted())

    def _with(self, last: Any) -> str:
        assert self.at is not None  # noqa: S101
        utc = self.at.astimezone(UTC)
        moment = f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S.%f}Z"
        place = [self.sequence, self.previous, self.case_sequence, self.case_previous]
        return canonical([*place, self.case_id, self.entry_id, moment, self.actor, self.action, last])

    def without_entry(self, error: Exception) -> Link:
        """Return the link's place alone, because its entry cannot be read."""
        nothing = dict.fromkeys(("at", "actor", "action", "details", "salt"))
        return self.model_copy(update={**nothing, "unread": unreadable(error)})


def hashed(text: str) -> str:
    """SHA-256 of the text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def unreadable(error: Exception) -> str:
    """The problem of an entry that cannot be read; never the words of the entry."""
    return f"the entry cannot be read ({type(error).__name__}), so its hash cannot be computed: look at it with SQL"


def parsed(text: str) -> Any:
    """JSON with its digits as they are written. Raises: one of FAULTS."""
    return json.loads(text, parse_float=Decimal, parse_int=_integer)


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < _DIGITS else Decimal(digits)


def _plain(value: Decimal) -> str:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or value.adjusted() > _BEFORE or exponent < -_BEHIND:
        raise ValueError("no number of PostgreSQL's")
    return format(value, "f")


def canonical(value: Any) -> str:
    """JSON as PostgreSQL writes jsonb: keys by length and then bytes, a space after `,` and `:`, numbers in plain digits."""
    match value:
        case dict():
            keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
            return "{" + ", ".join(f"{canonical(key)}: {canonical(value[key])}" for key in keys) + "}"
        case list() | tuple():
            return "[" + ", ".join(canonical(one) for one in value) + "]"
        case bool() | None:
            return json.dumps(value)
        case Decimal():
            return _plain(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
