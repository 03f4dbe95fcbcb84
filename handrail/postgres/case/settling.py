"""Waiting for cases in the record: one ear for all of them, woken by commits, and one query for those that changed."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from psycopg import OperationalError

from handrail.background import supervised
from handrail.domain.case.cases import CaseRow
from handrail.postgres.case.events import announced
from handrail.postgres.pool import Pool, alone

LOOK_SECONDS = 2.0
"""What is announced may get lost; so often all who wait are looked for."""
GATHER_SECONDS = 0.03
PAUSE_SECONDS = 1.0
EVERY_CASE = ""
"""A commit of very many cases announces this."""
_log = logging.getLogger("handrail.settling")


class SettledCases:
    """Cases on which nobody works any more. A server that is away is asked again, for as long as anybody waits."""

    def __init__(self, pool: Pool, url: str) -> None:
        self._pool, self._url = pool, url
        self._waiting: defaultdict[str, set[asyncio.Future[CaseRow]]] = defaultdict(set)
        self._changed: set[str] = set()
        self._bell = asyncio.Event()

    async def settled(self, case_id: str) -> CaseRow:
        """Return the case's row once the case waits for somebody or is over; for ever, where there is no such case."""
        waiting: asyncio.Future[CaseRow] = asyncio.get_running_loop().create_future()
        self._waiting[case_id].add(waiting)
        self._ring([case_id])
        try:
            return await waiting
        finally:
            self._waiting[case_id].discard(waiting)
            if not self._waiting[case_id]:
                del self._waiting[case_id]

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[None]:
        """Hear of commits and look for those who wait, for as long as the block lasts."""
        async with supervised("the ear for settled cases", self._hear), supervised("the look for settled cases", self._look):
            yield

    def _ring(self, case_ids: Iterable[str]) -> None:
        wanted = set(case_ids)
        self._changed |= self._waiting.keys() if EVERY_CASE in wanted else wanted & self._waiting.keys()
        if self._changed:
            self._bell.set()

    async def _hear(self) -> None:
        while True:
            try:
                async for case_ids in announced(self._url):
                    self._ring(case_ids)
            except OperationalError as error:
                _log.warning("cannot listen for events: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _look(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._bell.wait()
                await asyncio.sleep(GATHER_SECONDS)
            except TimeoutError:
                self._ring([EVERY_CASE])
            changed, self._changed = self._changed, set()
            self._bell.clear()
            with suppress(OperationalError):
                await self._tell(changed)

    async def _tell(self, case_ids: set[str]) -> None:
        for row in await alone(self._pool, "settled_cases", case_ids=list(case_ids)) if case_ids else ():
            for waiting in self._waiting.get(row["case_id"], ()):
                if not waiting.done():
                    waiting.set_result(CaseRow.model_validate(row))
