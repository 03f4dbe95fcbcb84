"""Activities about a case's record: one side effect each, every one idempotent on the ids it is given."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from temporalio import activity

from graphs.engine.limits import SECONDS, within
from graphs.handover.destination import last_resort
from graphs.handover.handoff import bounded
from graphs.hearing import hear, unread, with_heard
from handrail.domain.case.cases import CaseOpen, Commit, Opened, Terms
from handrail.domain.case.handoffs import Handoff, MessageExtract
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.openings import Incoming
from handrail.ports import Cases, Clock, Matrix, Openings, Reader

_log = logging.getLogger(__name__)

SHORT = 2_000
"""Characters that are read at once, in a thread. Longer texts are read aside, one after the other."""
WAIT_SECONDS = 5.0
"""How long a text waits for its turn, and how long it is read aside at most."""


class CaseActivities:
    """Reaches PostgreSQL through a port; reads customers' messages as they come in, so that nobody else has to."""

    def __init__(self, cases: Cases, clock: Clock, matrix: Matrix, terms: Terms, reader: Reader) -> None:
        self._cases = cases
        self._matrix = matrix
        self._clock = clock
        self._terms = terms
        self._reader = reader
        self._order = ReadingOrder()

    @activity.defn(name="record.open")
    async def open(self, case: CaseOpen, content_digest: str = "", began: datetime | None = None) -> Opened:
        """Record the case; the digest is of its whole content, where the first message had to be cut.

        `began` is when the run was started, by Temporal's clock: an earlier run's case was opened before that.

        Raises:
            CaseConflict: the id stands with other content.
        """
        at = began or self._clock.now()
        stood = await self._cases.open(case, at, content_digest)
        first = Message(**case.message.model_dump(), author=Author.CUSTOMER, at=at, turn=1)
        terms = self._terms.model_copy(update={"route": last_resort(self._matrix)})
        return Opened(**terms.model_dump(), heard=await self._heard(case.customer_id, [first], None), stood=stood)

    @activity.defn(name="record.commit")
    async def commit(self, commit: Commit) -> MessageExtract | None:
        """Write what changed, in one transaction; return what the customer's messages within say.

        Where the commit holds a packet, the packet is written with it.
        """
        heard = await self._heard(commit.row.customer_id, commit.messages, commit.handoff)
        if heard and commit.handoff:
            commit = commit.model_copy(update={"handoff": bounded(with_heard(commit.handoff, heard))})
        await self._cases.commit(commit)
        return heard

    @activity.defn(name="record.halt")
    async def halt(self, case_id: str, token: str) -> None:
        """Have a turn begin no effect any more: words that it goes by were edited or withdrawn."""
        await self._cases.halt(case_id, token)

    async def _heard(self, customer_id: str, messages: Sequence[Message], packet: Handoff | None) -> MessageExtract | None:
        spoken = [one for one in messages if one.author is Author.CUSTOMER and one.stands]
        if not spoken:
            return None
        known = [one.value for one in packet.facts] if packet else []
        if sum(len(one.text) for one in spoken) <= SHORT:
            return await within(SECONDS, hear, spoken, known) or unread(spoken)
        try:
            async with self._order.of(customer_id, WAIT_SECONDS):
                return await self._aside(spoken, known) or await within(SECONDS, hear, spoken, known) or unread(spoken)
        except TimeoutError:
            _log.error("messages of %d characters were not read in time", sum(len(one.text) for one in spoken))
            return unread(spoken)

    async def _aside(self, spoken: Sequence[Message], known: Sequence[Any]) -> MessageExtract | None:
        """None: nothing can read them aside. Raises: TimeoutError."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await self._reader.hear(spoken, known)
        except RuntimeError:
            _log.exception("a long text could not be read")
            return unread(spoken)


class ReadingOrder:
    """The order of readers: one at a time, and of each customer no more than one waits in the row of all."""

    def __init__(self) -> None:
        self._all = asyncio.Lock()
        self._each: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, customer_id: str, seconds: float) -> AsyncIterator[None]:
        """This customer's turn. Raises: TimeoutError: it did not come in so many seconds."""
        own = self._each.setdefault(customer_id, asyncio.Lock())
        async with AsyncExitStack() as held:
            async with asyncio.timeout(seconds):
                await held.enter_async_context(own)
                await held.enter_async_context(self._all)
            yield


class OpeningActivities:
    """Reaches the record of odd starts through a port."""

    def __init__(self, openings: Openings) -> None:
        self._openings = openings

    @activity.defn(name="record.opening")
    async def keep(self, incoming: Incoming) -> None:
        """Record a start that was not plain, as it came."""
        await self._openings.keep(incoming)
