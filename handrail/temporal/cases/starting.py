"""Beginning what the front door has promised: behind the answer, when somebody asks for the case, and what is left in a sweep.

Any number of processes may do it side by side. A case's id is its workflow's, so that whoever comes second changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from handrail.background import Say, silent
from handrail.domain.case.starts import CaseStart
from handrail.domain.errors import CaseConflict, InvalidInput, UnknownCase
from handrail.ports.front.starts import CaseStarts
from handrail.temporal.cases.doorway import START_SECONDS, DoorwayClient
from handrail.temporal.connect import Unreachable

SIDE_BY_SIDE = 8
"""Starts of one process at a time behind answers, and as many of its sweep."""
LEASE = timedelta(seconds=START_SECONDS + 5)
"""Nobody goes on with a start for longer that they took up."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0
"""Between two sweeps; it doubles while nothing can be begun."""
IDENTITY = "starting"
"""Whoever asks Temporal for a sign of life."""
NO_CASE = "there-is-no-such-case"
_log = logging.getLogger(__name__)


class CaseStarter:
    """Begins kept starts, each in the name of who sent it."""

    def __init__(self, starts: CaseStarts, cases: Callable[[str], DoorwayClient], *, away: bool = False) -> None:
        """Take the starts, and what gives the client of an identity; `away` where Temporal is known to be so."""
        self._starts, self._cases = starts, cases
        self._behind = 0
        self.away = away
        """Whether Temporal was away at the last try: then nobody waits for it, and the sweep alone tries."""

    async def behind(self, start: CaseStart) -> None:
        """Begin what was just kept; where many are begun now, or Temporal is away, it is left to the sweep."""
        if self.away or self._behind >= SIDE_BY_SIDE:
            return
        self._behind += 1
        try:
            await self._tried(start)
        finally:
            self._behind -= 1

    async def now(self, case_id: str) -> bool:
        """Begin the case if it is kept; return whether it is.

        Raises:
            CaseConflict: it can never begin, which people are told.
            Unreachable: Temporal does not take it now.
        """
        start = await self._starts.take(case_id, LEASE)
        if start is not None:
            await self._begin(start)
        return start is not None

    async def forever(self, say: Say = silent) -> None:
        """Sweep until cancelled, gently while nothing can be begun; `say` takes why."""
        pause = FIRST_PAUSE
        while True:
            found, wrong = await self.sweep()
            say(wrong)
            pause = min(2 * pause, LONGEST_PAUSE) if wrong else FIRST_PAUSE
            if wrong or found < SIDE_BY_SIDE:
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads processes, no secret

    async def sweep(self) -> tuple[int, str | None]:
        """Begin what is due, a few side by side, and one alone to try while Temporal is away.

        Where none is due then, Temporal itself is asked: what waits may be with another process, or there is nothing.
        Return how many there were, and what was wrong with one of them, if anything.
        """
        due = await self._starts.due(1 if self.away else SIDE_BY_SIDE, LEASE)
        if self.away and not due:
            return 0, await self._asked()
        wrong = await asyncio.gather(*(self._tried(one) for one in due))
        return len(due), next((words for words in wrong if words), None)

    async def _asked(self) -> str | None:
        """Ask Temporal for a case that there is not, as whoever opens one does; return what was wrong, in words."""
        try:
            with suppress(UnknownCase):
                await self._cases(IDENTITY).listed(NO_CASE)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is asked again
            return f"Temporal takes no cases: {type(error).__name__}"
        self._found(away=False)
        return None

    def _found(self, *, away: bool) -> None:
        if away and not self.away:
            _log.warning("Temporal is away: cases are kept, and begin when it is back")
        if self.away and not away:
            _log.warning("Temporal is back: cases begin at once again")
        self.away = away

    async def _tried(self, start: CaseStart) -> str | None:
        """Begin it; return what was wrong, in words."""
        try:
            await self._begin(start)
        except CaseConflict:
            return None  # people have it
        except Exception as error:  # noqa: BLE001 - whatever it is, the start stays and is tried again
            _log.warning("case %s is answered and cannot begin yet: %s", start.case.case_id, type(error).__name__)
            return f"cases that are answered cannot begin: {type(error).__name__}"
        return None

    async def _begin(self, start: CaseStart) -> None:
        case_id = start.case.case_id
        try:
            await self._cases(start.identity).open_soon(start.case)
        except (CaseConflict, InvalidInput) as error:
            _log.error("case %s was answered and can never begin; people find it among the refused openings", case_id)
            await self._starts.refused(case_id, f"It was answered, and could not begin. {error}")
            raise CaseConflict(str(error)) from error
        except Unreachable:
            self._found(away=True)
            raise
        self._found(away=False)
        await self._starts.begun(case_id)
