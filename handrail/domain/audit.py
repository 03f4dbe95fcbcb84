"""The audit's hash chain, checked from nothing but its own lines: no database, no trigger, no trust in either.

Every link's hash covers its entry, the link before it and the link before it of the same case. A changed, removed, inserted
or moved entry breaks a hash or a link; a cut-off end is missed by the head, and by any anchor that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.errors import InvalidInput

ROOT = "0" * 64
"""What stands before the first link."""
FAULTS = (ValueError, TypeError, ArithmeticError, RecursionError)
"""What reading foreign JSON and computing over it raises: too deep, too long, no such moment, no such text."""
Bigint = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
NAMED = 20
"""So many unreadable entries a report names."""
_DIGITS, _BEFORE, _BEHIND = 4_000, 131_072, 16_383
"""Python's integers are read from 4,300 digits at most; PostgreSQL's numbers have so many before and behind the point."""


class Anchor(Stored):
    """The end of a chain: enough to tell later whether anything up to there was changed or cut off."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Raises: InvalidInput: it is no `SEQUENCE:HASH`."""
        number, _, found = text.strip().partition(":")
        if not re.fullmatch(r"[0-9]{1,18}:[0-9a-f]{64}", text.strip()):
            raise InvalidInput(f"--anchor: {text[:40]!r} is none. Give SEQUENCE:HASH as `audit verify` prints it.")
        return cls(sequence=int(number), hash=found)


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
    unread: str | None = None

    def expected(self) -> str:
        """The hash that an entry of these words has at this place."""
        assert self.at is not None  # noqa: S101
        utc = self.at.astimezone(UTC)
        moment = f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S.%f}Z"
        place = [self.sequence, self.previous, self.case_sequence, self.case_previous]
        words = canonical([*place, self.case_id, self.entry_id, moment, self.actor, self.action, self.details])
        return hashlib.sha256(words.encode()).hexdigest()

    def without_entry(self, error: Exception) -> Link:
        """Return the link's place alone, because its entry cannot be read."""
        nothing = dict.fromkeys(("at", "actor", "action", "details"))
        return self.model_copy(update={**nothing, "unread": unreadable(error)})


class Broken(Stored):
    """The first thing that is not as it was written."""

    sequence: int | None
    case_id: str
    entry_id: str
    problem: str


class AuditReport(Stored):
    """The findings of a check. `head` is the last link that was read; keep it elsewhere.

    `unreadable` names the first entries that could not be read; the check went on behind them. `broken` is the first break of
    the chain, or else the first of those.
    """

    checked: int = 0
    cases: int = 0
    head: Anchor = Anchor(sequence=0, hash=ROOT)
    broken: Broken | None = None
    unreadable: tuple[Broken, ...] = ()


class Checker:
    """Takes links in the chain's order and stops at the first that is broken; one that cannot be read is noted and passed.

    `contiguous`: nothing between the first and the last is left out, as it is with the entries of one case alone.
    `from_start`: nothing before the first is left out. `anchors` were kept elsewhere.

    Raises:
        InvalidInput: two anchors contradict each other, or one cannot be compared with the links that were read.
    """

    def __init__(self, *, contiguous: bool = True, from_start: bool = True, anchors: Iterable[Anchor] = ()) -> None:
        self._contiguous = contiguous
        self._from_start = from_start
        self._last = Anchor(sequence=0, hash=ROOT) if from_start else None
        self._by_case: dict[str, Anchor] = {}
        self._anchors = by_sequence(anchors)
        self._unmet = set(self._anchors)
        self._unread: list[Broken] = []
        self._checked = 0
        self.broken: Broken | None = None

    def take(self, link: Link) -> bool:
        """Check one link and return whether to go on: False at a link that is broken."""
        fault, problem = link.unread, None
        try:
            problem = self._problem(link)
        except FAULTS as error:
            fault = unreadable(error)
            problem = self._problem(link.without_entry(error))
        place = {"sequence": link.sequence, "case_id": link.case_id, "entry_id": link.entry_id}
        if problem is not None:
            self.broken = Broken(problem=problem, **place)
            return False
        if fault is not None and len(self._unread) < NAMED:
            self._unread.append(Broken(problem=fault, **place))
        assert link.sequence is not None and link.hash is not None and link.case_sequence is not None  # noqa: S101, PT018
        self._last = Anchor(sequence=link.sequence, hash=link.hash)
        self._by_case[link.case_id] = Anchor(sequence=link.case_sequence, hash=link.hash)
        self._checked += fault is None
        return True

    def finish(self, head: Anchor | None = None) -> AuditReport:
        """The report. `head` is where the whole chain says that it ends."""
        last = self._last or Anchor(sequence=0, hash=ROOT)
        if self.broken is None:
            self._check_end(last, head)
        broken = self.broken or next(iter(self._unread), None)
        unread = tuple(self._unread)
        return AuditReport(checked=self._checked, cases=len(self._by_case), head=last, broken=broken, unreadable=unread)

    def _check_end(self, last: Anchor, head: Anchor | None) -> None:
        end = last if self._contiguous else head
        farthest = max([*self._unmet, head.sequence if head else 0])
        if end is not None and (farthest > end.sequence or (head is not None and head != end)):
            words = f"the chain ends here, and its head or an anchor stands at {farthest}: the end was cut off"
            self.broken = Broken(sequence=end.sequence, case_id="", entry_id="", problem=words)
        elif self._unmet:
            raise InvalidInput(
                f"--anchor: {min(self._unmet)} is not among the entries that were read, so nothing was compared with it. "
                "Verify the whole audit: without --case, or an export without --case and --since."
            )

    def _problem(self, link: Link) -> str | None:
        if link.unread is None and (link.action is None or link.at is None):
            return "the entry was removed; its link still stands"
        if link.sequence is None or link.hash is None or link.case_sequence is None:
            return "the entry was inserted past the chain; it has no link"
        if link.unread is None and link.hash != link.expected():
            return "the entry or its link was changed; its hash is another"
        for sequence, found in ((link.sequence - 1, link.previous), (link.sequence, link.hash)):
            self._unmet.discard(sequence)
            if self._anchors.get(sequence, found) != found:
                return f"an anchor holds another hash for {sequence}: everything up to there was written anew"
        return self._out_of_line(link)

    def _out_of_line(self, link: Link) -> str | None:
        assert link.sequence is not None and link.case_sequence is not None  # noqa: S101, PT018
        before = self._last
        if self._contiguous and before is not None and link.sequence != before.sequence + 1:
            return f"the link before it is missing: {before.sequence} is followed by {link.sequence}"
        follows = before is not None and link.sequence == before.sequence + 1
        if before is not None and follows and link.previous != before.hash:
            return f"it does not follow link {before.sequence}: the order was changed"
        known = self._by_case.get(link.case_id)
        if known is None and not self._from_start:
            return None
        earlier = known or Anchor(sequence=0, hash=ROOT)
        if link.case_sequence != earlier.sequence + 1:
            return f"an entry of its case is missing: {earlier.sequence} is followed by {link.case_sequence}"
        return None if link.case_previous == earlier.hash else "it does not follow the entry of its case before it"


async def verify(links: AsyncIterator[Link], checker: Checker, head: Anchor | None = None) -> AuditReport:
    """The report over links in their order."""
    async for link in links:
        if not checker.take(link):
            break
    return checker.finish(head)


def by_sequence(anchors: Iterable[Anchor]) -> dict[int, str]:
    """The anchors' hashes, but for the root's. Raises: InvalidInput: two of them, or one and the root, differ."""
    found = {0: ROOT}
    for one in anchors:
        if found.setdefault(one.sequence, one.hash) != one.hash:
            other = "its hash is 64 zeros, always" if one.sequence == 0 else "two anchors of it hold different hashes"
            raise InvalidInput(f"--anchor: {one.sequence}: {other}. Give each as `audit verify` printed it.")
    del found[0]
    return found


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
