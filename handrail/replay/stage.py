"""The whole replay: a server with the copy, filled once, and made anew where each case begins afresh."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from handrail.business import Business
from handrail.domain.autonomy.topics import Topic
from handrail.embedded.throwaway import Renewable
from handrail.policies.loader import FilePolicies
from handrail.postgres.pool import open_pool
from handrail.replay.consent import Consents
from handrail.replay.copies import duplicate, seed_copy
from handrail.replay.reading import CallLog
from handrail.replay.report import Became, ReplayReport, RuledCall
from handrail.replay.run import CallReplay


@dataclass(frozen=True, slots=True)
class ReplayStage:
    """A business over a server of its own.

    `source` is the URL of the database to copy; without it the seed fills the copy, as of the first call. With `effects` off
    no tool writes; with `anew` each case begins with the data as copied.
    """

    business: Business
    copy: Renewable
    policies: FilePolicies
    topics: list[Topic]
    source: str | None = None
    effects: bool = True
    anew: bool = False
    began: float = field(default_factory=time.monotonic)

    async def replay(self, log: CallLog, file: str) -> ReplayReport:
        """Fill the copy and rule on every call.

        Raises:
            InvalidInput: the data cannot be copied, or the business does not know a customer.
            StackFailed: the database cannot be copied.
        """
        await self._fill(log.calls[0].at)
        ready = time.monotonic()
        ruled = await self._ruled(log, file)
        return ReplayReport(
            business=self.business.name,
            copy_of="the database in use" if self.source else "the business's seed",
            policy_version=self.policies.version,
            seconds={"copy": round(ready - self.began, 2), "calls": round(time.monotonic() - ready, 2)},
            reordered=log.reordered,
            skipped=log.skipped,
            calls=ruled,
        )

    async def _fill(self, at: datetime) -> None:
        await self.copy.lay_out()
        if self.source:
            await duplicate(self.copy.pristine, self.business, self.source)
        else:
            await seed_copy(self.copy.pristine, self.business, at)

    async def _ruled(self, log: CallLog, file: str) -> list[RuledCall]:
        """Rule on the calls, case by case where each begins afresh; in the order of the log."""
        consents = Consents(self.topics)
        cases = list(dict.fromkeys(one.case for one in log.calls)) if self.anew else [None]
        ruled, written = list[RuledCall](), True
        for case in cases:
            if written:
                await self.copy.renew()
            calls = [one for one in log.calls if case is None or one.case == case]
            async with self._over(consents) as over:
                await over.refuse_strangers([] if ruled else log.calls, file)
                found = await over.run(calls)
            ruled += found
            written = any(one.became not in (Became.LEFT, Became.READ) for one in found)
        places = {one.line: place for place, one in enumerate(log.calls)}
        return sorted(ruled, key=lambda one: places[one.line])

    @asynccontextmanager
    async def _over(self, consents: Consents) -> AsyncIterator[CallReplay]:
        pool = await open_pool(self.copy.url, size=2)
        try:
            yield CallReplay(pool, self.business, self.policies, consents, effects=self.effects)
        finally:
            await pool.close()
