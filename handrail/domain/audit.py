"""The audit's hash chain, checked from nothing but its own lines: no database, no trigger, no trust in either.

Every link's hash covers its entry, the link before it and the link before it of the same case. A changed, removed, inserted
or moved entry breaks a hash or a link; a cut-off end is missed by the head, and by any anchor that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from handrail.domain.errors import InvalidInput
from handrail.domain.model import Stored

ROOT = "0" * 64
"""What stands before the first link."""


class Anchor(Stored):
    """Where a chain ended: enough to tell later whether anything up to there was changed or cut off."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Raises: InvalidInput: it is no `SEQUENCE:HASH`."""
        number, _, found = text.strip().partition(":")
        if not number.isdigit() or len(found) != len(ROOT) or set(found) - set("0123456789abcdef"):
            raise InvalidInput(f"--anchor: {text[:40]!r} is none. Give SEQUENCE:HASH as `audit verify` prints it.")
        return cls(sequence=int(number), hash=found)


class Link(Stored):
    """An audit entry with its place in the chain. Its fields are None where one of the two is missing."""

    sequence: int | None = None
    previous: str | None = None
    case_sequence: int | None = None
    case_previous: str | None = None
    hash: str | None = None
    case_id: str
    entry_id: str
    at: datetime | None = None
    actor: str | None = None
    action: str | None = None
    details: dict[str, Any] | None = None

    def expected(self) -> str:
        """The hash that an entry of these words has at this place."""
        assert self.at is not None  # noqa: S101
        moment = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        place = [self.sequence, self.previous, self.case_sequence, self.case_previous]
        words = canonical([*place, self.case_id, self.entry_id, moment, self.actor, self.action, self.details])
        return hashlib.sha256(words.encode()).hexdigest()


class Broken(Stored):
    """The first thing that is not as it was written."""

    sequence: int | None
    case_id: str
    entry_id: str
    problem: str


class Report(Stored):
    """What a check found. `head` is the last link that was read; keep it elsewhere."""

    checked: int = 0
    cases: int = 0
    head: Anchor = Anchor(sequence=0, hash=ROOT)
    broken: Broken | None = None


class Checker:
    """Takes links in the chain's order and stops at the first that is broken.

    `contiguous`: nothing between the first and the last is left out, as it is with the entries of one case alone.
    `from_start`: nothing before the first is left out. `anchors` were kept elsewhere.
    """

    def __init__(self, *, contiguous: bool = True, from_start: bool = True, anchors: Iterable[Anchor] = ()) -> None:
        self._contiguous = contiguous
        self._from_start = from_start
        self._last = Anchor(sequence=0, hash=ROOT) if from_start else None
        self._by_case: dict[str, Anchor] = {}
        self._anchors = {one.sequence: one.hash for one in anchors}
        self._checked = 0
        self.broken: Broken | None = None

    def take(self, link: Link) -> bool:
        """Whether the link is sound."""
        problem = self._problem(link)
        if problem is not None:
            self.broken = Broken(sequence=link.sequence, case_id=link.case_id, entry_id=link.entry_id, problem=problem)
            return False
        assert link.sequence is not None and link.hash is not None and link.case_sequence is not None  # noqa: S101, PT018
        self._last = Anchor(sequence=link.sequence, hash=link.hash)
        self._by_case[link.case_id] = Anchor(sequence=link.case_sequence, hash=link.hash)
        self._checked += 1
        return True

    def finish(self, head: Anchor | None = None) -> Report:
        """The report. `head` is where the chain says that it ends."""
        last = self._last or Anchor(sequence=0, hash=ROOT)
        if self._contiguous and self.broken is None:
            ends = [*([head] if head else []), *(Anchor(sequence=at, hash=one) for at, one in self._anchors.items())]
            farthest = max(ends, key=lambda one: one.sequence, default=last)
            if farthest.sequence > last.sequence or (head is not None and head != last):
                words = f"the chain ends here, and its head or an anchor stands at {farthest.sequence}: the end was cut off"
                self.broken = Broken(sequence=last.sequence, case_id="", entry_id="", problem=words)
        return Report(checked=self._checked, cases=len(self._by_case), head=last, broken=self.broken)

    def _problem(self, link: Link) -> str | None:
        if link.action is None or link.at is None:
            return "the entry was removed; its link still stands"
        if link.sequence is None or link.hash is None:
            return "the entry was inserted past the chain; it has no link"
        if link.hash != link.expected():
            return "the entry or its link was changed; its hash is another"
        wanted = self._anchors.get(link.sequence)
        if wanted is not None and wanted != link.hash:
            return "an anchor holds another hash for this place: everything up to here was written anew"
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


async def verify(links: AsyncIterator[Link], checker: Checker, head: Anchor | None = None) -> Report:
    """The report over links in their order."""
    async for link in links:
        if not checker.take(link):
            break
    return checker.finish(head)


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
            return format(value, "f")
        case _:
            return json.dumps(value, ensure_ascii=False)
