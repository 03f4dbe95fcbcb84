"""Ports to the record of cases: rows, a turn's journal, failed starts, what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from handrail.domain.actions.approvals import Approval
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.earlier import EarlierEffect
from handrail.domain.actions.effects import EffectResult
from handrail.domain.case.cases import AuditEntry, CaseOpen, CaseRow, CaseView, Commit
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Message
from handrail.domain.case.openings import Incoming
from handrail.domain.case.patience import Contact
from handrail.domain.case.ratings import RatedCase, RatingReceipt
from handrail.domain.case.reconciling import Rebuilt, RecordedCase, Remains
from handrail.domain.case.turns import JournalEntry, TurnKey


class Contacts(Protocol):
    """Earlier cases of a customer."""

    async def answered(self, row: CaseRow, topic: str, since: datetime) -> list[Contact]:
        """The customer's other cases on `topic` that were answered after `since` and before this case was opened.

        The last answered comes first. Cases of rehearsed channels are none.
        """
        ...


class Journal(Protocol):
    """The progress of a turn, for the attempt that goes on with it. Its end is kept by `Cases.commit`."""

    async def left(self, case_id: str, token: str) -> JournalEntry | None:
        """Return what earlier attempts at the turn left, None where they left nothing."""
        ...

    async def claim(self, case_id: str, key: TurnKey, lost: str) -> tuple[str, JournalEntry]:
        """Shut out the `lost` turn and everything before, and tell what it or earlier attempts at this one left, and which.

        What the lost one left has no node: it is taken over, not gone on with. Without a `lost` one it is empty. An effect
        that has begun is waited for.

        Raises:
            TurnSuperseded: a later attempt writes, or a later turn does.
        """
        ...

    async def note(self, case_id: str, key: TurnKey, entry: JournalEntry) -> None:
        """Keep the state behind an answered node.

        Raises:
            TurnSuperseded: the turn has ended, a later attempt writes, or a later turn does.
        """
        ...


class Cases(Protocol):
    """Cases as people and reports read them. Every write is idempotent on the ids within."""

    async def known_customer(self, customer_id: str) -> bool: ...

    async def open(self, case: CaseOpen, at: datetime, content_digest: str = "") -> bool:
        """Record the case and its first message; true where the case stood there before the moment `at`.

        The digest is of its whole content, where the message was cut.

        Raises:
            CaseConflict: the case id stands with other content.
        """
        ...

    async def commit(self, commit: Commit) -> None: ...

    async def transcript(self, case_id: str) -> list[Message]: ...

    async def transcript_ends(self, case_id: str, first: int, newest: int) -> list[Message]:
        """The first and the newest messages, in order: a case may hold very many."""
        ...

    async def spoken(self, case_id: str) -> list[Message]:
        """Read the last words of the customer and of people, newest first and bounded.

        These are messages, notes with which people handed the case back, and replies that people approved.
        """
        ...

    async def effects(self, case_id: str) -> list[EffectResult]: ...

    async def earlier(self, case_id: str) -> list[EarlierEffect]:
        """Read every effect that the case proposed and what became of it, the one known last at the end."""
        ...

    async def asked(self, case_id: str) -> list[AskedEffect]:
        """Read what the customer was asked before effects, with their answers, oldest first."""
        ...

    async def take_back(self, case_id: str, effect_ids: Sequence[str], at: datetime, entry: AuditEntry) -> list[str]:
        """The customer undid their yes: none of these effects is begun any more. Return those that are made by now.

        An effect whose transaction has begun is waited for. One that another system was sent and did not answer stays of
        unknown outcome, and is not sent again. The audit's `entry` tells which were stopped, which were done, and of which
        nobody knows; a correction of what is all done is no such entry.
        """
        ...

    async def halt(self, case_id: str, token: str) -> None:
        """The customer edited or withdrew words that this turn goes by: it begins no effect any more.

        An effect that has begun is made, and not waited for.
        """
        ...

    async def show(self, case_id: str) -> CaseView:
        """Raises: UnknownCase."""
        ...

    async def handoff(self, case_id: str) -> Handoff | None: ...

    async def search(self, *, status: str | None, topic: str | None, reason: str | None, limit: int) -> list[CaseView]: ...

    async def open_approvals(self) -> list[tuple[CaseView, Approval]]: ...


class Ratings(Protocol):
    """Ratings that customers gave."""

    async def rate(self, rated: RatedCase) -> RatingReceipt:
        """Keep the rating; the same one again changes nothing.

        Raises:
            UnknownCase: the record holds no such case.
        """
        ...


class Openings(Protocol):
    """Starts that were not plain, as they came."""

    async def keep(self, incoming: Incoming) -> None: ...


class Remainders(Protocol):
    """Runs that Temporal ended before their case was over."""

    async def of(self, case_id: str) -> Remains:
        """Read what the history of the case's lost runs still tells."""
        ...


class Standings(Protocol):
    """The record as a whole, to be held against Temporal."""

    async def recorded(self) -> list[RecordedCase]:
        """Every case that is not closed."""
        ...

    async def those_of(self, case_ids: Sequence[str]) -> dict[str, RecordedCase]:
        """Return those of the cases that the record holds, closed ones too."""
        ...

    async def effects(self, case_id: str) -> list[EffectResult]:
        """Read the effects that the ledger holds as applied or refused."""
        ...

    async def promised(self, older: timedelta) -> dict[str, bool]:
        """Return cases that were answered for and that are not recorded, and whether they were seen to begin.

        They have been due for so long, or begun so long ago.
        """
        ...

    async def begin_again(self, case_id: str) -> None:
        """Have the case that was answered for begin now, whether it had begun or not."""
        ...

    async def restore(self, case: Rebuilt) -> None:
        """Write what the record lacks of the case; what stands there in a newer version stays."""
        ...

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """True for at most one holder among all processes that use this record."""
        ...
