"""The audit's hash chain, checked from nothing but its own lines: no database, no trigger, no trust in either.

Every link's hash covers its entry, the link before it and the link before it of the same case. A changed, removed, inserted
or moved entry breaks a hash or a link; a cut-off end is missed by the head, and by any anchor that was kept elsewhere.
Of an entry's details it covers a salted digest: they can be taken out when a customer is forgotten, which `Erased` checks.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable

from handrail.domain.audit_links import FAULTS as FAULTS
from handrail.domain.audit_links import Link as Link
from handrail.domain.audit_links import canonical as canonical
from handrail.domain.audit_links import hashed, unreadable
from handrail.domain.audit_links import parsed as parsed
from handrail.domain.base import Stored
from handrail.domain.errors import InvalidInput

FORGOTTEN = "forgotten"
"""The action of the entry that says that the details of those before it were taken out."""
ROOT = "0" * 64
"""What stands before the first link."""
NAMED = 20
"""So many unreadable entries a report names."""


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
        self._erased = Erased(whole=from_start)
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
        elif unvouched := self._erased.unvouched():
            self.broken = unvouched
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
        if link.unread is None and (changed := self._erased.problem(link)):
            return changed
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


class Erased:
    """Entries whose details were taken out: each needs a later entry of its case that says so and holds a hash of what stays.

    `whole`: nothing before the first link is left out.
    """

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._left: dict[str, list[str]] = {}
        self._bare: dict[str, Link] = {}

    def problem(self, link: Link) -> str | None:
        """Return what is wrong with an entry's hash or details; None where nothing is, so far."""
        if link.action == FORGOTTEN and link.intact:
            return self._vouched(link)
        bare = link.details == {} and link.salt is None
        if bare:
            self._left.setdefault(link.case_id, []).append(link.remains())
        if link.intact:
            return None
        if not bare or (link.digest is not None and link.hash != link.expected()):
            return "the entry or its link was changed; its hash is another"
        self._bare.setdefault(link.case_id, link)
        return None

    def _vouched(self, link: Link) -> str | None:
        self._bare.pop(link.case_id, None)
        remains = hashed("\n".join(self._left.pop(link.case_id, [])))
        if self._whole and (link.details or {}).get("remains") != remains:
            return "what stays of the entries before it is not what was left when the customer was forgotten"
        return None

    def unvouched(self) -> Broken | None:
        """Return the first entry without details that no entry vouches for."""
        for link in self._bare.values():
            words = "its details were taken out, and no later entry says that the customer was forgotten"
            return Broken(sequence=link.sequence, case_id=link.case_id, entry_id=link.entry_id, problem=words)
        return None


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
