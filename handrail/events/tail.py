"""The tail of the events: one ear in a process wakes all its readers, and each reads from the record what it lacks.

What is announced only wakes. Whatever gets lost there, a look at the record every few seconds finds. Where nobody reads,
nothing listens: each commit would wake the process, and PostgreSQL would have to tell it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager

from handrail.background import Say, silent
from handrail.domain.case.events import CaseEvent
from handrail.ports.front.events import Announced, CaseEvents

BATCH = 200
LOOK_SECONDS = 2.0
PAUSE_SECONDS = 1.0
LINGER_SECONDS = 30.0
"""The ear listens so long behind its last reader: those that come and go do not each make it connect."""
ANY = ""
"""Stands for every case: what a reader of all follows, and what a commit of very many announces."""
_log = logging.getLogger("handrail.events")


class EventTail:
    """Follows the events for any number of readers. `away` are the errors that say the server is not there."""

    def __init__(
        self,
        events: CaseEvents,
        announced: Announced,
        away: type[Exception],
        look_seconds: float = LOOK_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
        linger_seconds: float = LINGER_SECONDS,
    ) -> None:
        self._events, self._announced, self.away = events, announced, away
        self._every, self._pause, self._linger = look_seconds, pause_seconds, linger_seconds
        self._bells: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._followed, self._left = asyncio.Event(), 0.0
        self._closed = False

    @property
    def readers(self) -> int:
        """Return how many follow now."""
        return sum(map(len, self._bells.values()))

    async def newest(self) -> int:
        """Return the newest position of all events. Raises: OperationalError: the server is away."""
        return await self._events.newest()

    def close(self) -> None:
        """End every reader's stream, now and for those that come later; a process that stops calls this first."""
        self._closed = True
        self._ring([ANY])

    async def forever(self, say: Say = silent) -> None:
        """Wake readers until cancelled, and `say` how it goes; a server that is away is asked again."""
        await asyncio.gather(
            self._again("listen for events", self._hear, say), self._again("look for events", self._look, say)
        )

    async def of_case(self, case_id: str, after: int, beat: float) -> AsyncGenerator[list[CaseEvent], None]:
        """Yield the case's events behind the sequence `after`, in order, each once; nothing after each silence of a `beat`.

        Raises:
            OperationalError: the server is away; go on behind the last sequence later.
        """
        with self._bell(case_id) as bell:
            while not self._closed:
                bell.clear()
                found = await self._events.of_case(case_id, after, BATCH)
                if found:
                    after = found[-1].sequence
                    yield found
                elif not await self._rung(bell, beat):
                    yield []

    async def of_all(self, position: int, beat: float) -> AsyncGenerator[list[CaseEvent], None]:
        """Yield the events of all cases behind the position, as `of_case` does."""
        with self._bell(ANY) as bell:
            while not self._closed:
                bell.clear()
                found = await self._events.since(position, BATCH)
                if found:
                    position = found[-1].position
                    yield found
                elif not await self._rung(bell, beat):
                    yield []

    @contextmanager
    def _bell(self, case_id: str) -> Iterator[asyncio.Event]:
        bell = asyncio.Event()
        self._bells[case_id].add(bell)
        self._followed.set()
        try:
            yield bell
        finally:
            self._bells[case_id].discard(bell)
            if not self._bells[case_id]:
                del self._bells[case_id]
            if not self._bells:
                self._followed.clear()
                self._left = time.monotonic()

    async def _rung(self, bell: asyncio.Event, beat: float) -> bool:
        try:
            async with asyncio.timeout(beat):
                await bell.wait()
        except TimeoutError:
            return False
        return True

    def _ring(self, case_ids: Iterable[str]) -> None:
        wanted = set(case_ids)
        of_cases = self._bells if ANY in wanted else wanted & self._bells.keys()
        for case_id in {ANY, *of_cases} if wanted else ():
            for bell in self._bells.get(case_id, ()):
                bell.set()

    async def _again(self, name: str, work: Callable[[Say], Awaitable[None]], say: Say) -> None:
        while True:
            try:
                await work(say)
            except self.away as error:
                _log.warning("cannot %s: %s", name, error)
                say(f"cannot {name}: {error}")
            await asyncio.sleep(self._pause)
            if not self._followed.is_set():
                say(None)  # nobody misses it

    async def _hear(self, say: Say) -> None:
        """Wake readers as it is announced, for as long as there are some; once it listens, all read what came before."""
        while True:
            await self._followed.wait()
            async with aclosing(self._announced()) as announced:
                await anext(announced)
                self._ring([ANY])
                say(None)
                async for case_ids in announced:
                    self._ring(case_ids)
                    say(None)
                    if not self._bells and time.monotonic() - self._left > self._linger:
                        break

    async def _look(self, say: Say) -> None:
        """Find what no announcement told, behind the position at which somebody came; each reader begins with a read."""
        while True:
            await self._followed.wait()
            position = await self._events.newest()
            self._ring([ANY])
            while self._bells:
                await asyncio.sleep(self._every)
                changed = await self._events.changed(position)
                position = max([position, *changed.values()])
                self._ring(changed)
