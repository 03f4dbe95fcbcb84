"""Cases asked for their own word, many at once; a queue that nobody serves is found out once and not for each of its cases."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from temporalio.client import Client

from handrail.domain.case.cases import CaseView
from handrail.ports import Standings
from handrail.temporal.backlog import backlog
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.cases.executions import PREFIX, busy
from handrail.temporal.connect import Unreachable

AT_ONCE = 16
PATIENCE_SECONDS, LOOK_SECONDS = 10.0, 0.1
Item = TypeVar("Item")
Answer = TypeVar("Answer")


class QueueUnserved(Unreachable):
    """No worker asks for what waits in the case's task queue."""


class ServedCases:
    """Cases' own words, for one comparison; `unserved` are those that were not asked, by the task queue that nobody serves."""

    def __init__(self, client: Client, cases: CaseClient) -> None:
        self._client, self._cases = client, cases
        self.unserved: dict[str, list[str]] = {}

    async def status(self, case_id: str, queue: str) -> CaseView:
        """Return the case as it says itself, by a worker of its `queue`.

        Raises:
            QueueUnserved: no worker asks for work there; from the second case on without waiting.
            HandrailError: this case does not answer.
            RPCError: the server does not answer.
        """
        if queue not in self.unserved:
            try:
                return await self._cases.status(case_id)
            except Unreachable:
                if (await backlog(self._client, queue))["workflow"].pollers:
                    raise
        self.unserved.setdefault(queue, []).append(case_id)
        raise QueueUnserved(f"Nobody serves the task queue {queue}. Start a worker.")


async def arrives(client: Client, record: Standings, view: CaseView) -> bool:
    """Return whether what the case says of itself is only on its way into the record, and gets there.

    A step of it is at work meanwhile; longer than `PATIENCE_SECONDS` is not waited for it. Raises: RPCError.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while await busy(client, f"{PREFIX}{view.case_id}") and time.monotonic() < until:
        await asyncio.sleep(LOOK_SECONDS)
        row = (await record.those_of([view.case_id])).get(view.case_id)
        if row is not None and row.version >= view.version:
            return True
    return False


async def in_order(items: Iterable[Item], ask: Callable[[Item], Awaitable[Answer]], at_once: int = AT_ONCE) -> list[Answer]:
    """Return the answers in the order of the items, of which so many are asked at once; the first error ends it all."""
    places = asyncio.Semaphore(at_once)

    async def one(item: Item) -> Answer:
        async with places:
            return await ask(item)

    asking = [asyncio.create_task(one(item)) for item in items]
    try:
        return await asyncio.gather(*asking)
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
