"""A load test of the queue: very many people at once, some of whom die, in a database of its own that is dropped afterwards.

Nothing of the queue is replaced: its migrations, its triggers and its statements run on the configured server. Who held what,
and for how long, is written down beside it by the server's clock, and read at the end.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg import AsyncConnection, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from handrail.business import Business
from handrail.domain.base import Stored
from handrail.domain.team.commands import folded
from handrail.drills.queries import QUERIES
from handrail.postgres.adaptation import adapt
from handrail.postgres.migrations import migrate
from handrail.postgres.queries import QUERIES as QUEUE
from handrail.postgres.queue import Item

QUEUES = ["support", "payments", "fraud", "languages"]
LANGUAGES = ["en", "de", "fr"]
LEASE = timedelta(seconds=2)
DYING, LATE, BEATING = 0.04, 0.01, 0.1
"""How many of the claims end in a death, in a holder who comes too late, and see a heartbeat."""
PATIENCE_SECONDS = 120.0


class CrowdReport(Stored):
    """`claims` counts leases, `reoffered` those of a case that had been leased before; `late_refused` are holders whose lease
    had ended and who were let do nothing. `forgotten` are cases that nobody finished. Times in milliseconds."""

    cases: int
    claimers: int
    claims: int
    finished: int
    reoffered: int
    deaths: int
    late: int
    late_refused: int
    double_holds: int
    forgotten: int
    seconds: float
    claims_per_second: float
    claim_ms_p50: float
    claim_ms_p99: float
    passed: bool


@dataclass(slots=True)
class Crowd:
    """One load test on the database at `url`, which holds nothing else. `chance` makes it the same again."""

    url: str
    cases: int
    claimers: int
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311
    took_ms: list[float] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    async def run(self) -> CrowdReport:
        """Fill the queue, let everybody loose on it, count."""
        await self._execute("crowd_prepare")
        filling = {"queues": QUEUES, "width": len(QUEUES), "languages": LANGUAGES, "spoken": len(LANGUAGES)}
        await self._execute("crowd_cases", cases=self.cases, **filling)
        began = time.perf_counter()
        working = {asyncio.create_task(self._claimer(seat)) for seat in range(self.claimers)}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while working:
                    done, working = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
                    # Whoever died is replaced by somebody with the same skills.
                    empty = [seat for one in done if (seat := one.result()) is not None]
                    working |= {asyncio.create_task(self._claimer(seat)) for seat in empty}
        except TimeoutError:
            for one in working:
                one.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        return await self._report(time.perf_counter() - began)

    async def _claimer(self, seat: int) -> int | None:
        """Claim and finish until nothing is left; gives the seat back where this one died."""
        async with await connected(self.url) as connection:
            person = self._person(seat)
            while True:
                began = time.perf_counter()
                item = await claimed(connection, person)
                if item is None:
                    if not await self._left(connection):
                        return None
                    await asyncio.sleep(0.05)
                    continue
                self.took_ms.append((time.perf_counter() - began) * 1000)
                self.seen["reoffered"] += item.offers > 1
                if not await self._work(connection, item):
                    return seat

    async def _work(self, connection: AsyncConnection[Any], item: Item) -> bool:
        """Do what somebody does with a case; return False where they die over it."""
        await connection.execute(QUERIES["crowd_hold"], item.model_dump())
        lot = self.chance.random()
        await asyncio.sleep(self.chance.random() * 0.02)
        if lot < DYING:
            self.seen["deaths"] += 1
            return False
        if lot < DYING + LATE:
            await asyncio.sleep(LEASE.total_seconds() * 1.2)
            self.seen["late"] += 1
            refused = await self._beat(connection, item) is None and not await self._finish(connection, item)
            self.seen["late_refused"] += refused
            return True
        if lot < DYING + LATE + BEATING and (held := await self._beat(connection, item)):
            await connection.execute(QUERIES["crowd_hold"], held.model_dump())
        await self._finish(connection, item)
        return True

    async def _beat(self, connection: AsyncConnection[Any], item: Item) -> Item | None:
        keys = {"case_id": item.case_id, "lease_id": item.lease_id, "lease": LEASE}
        row = await (await connection.execute(QUEUE["heartbeat_lease"], keys)).fetchone()
        return Item.model_validate(row) if row else None

    async def _finish(self, connection: AsyncConnection[Any], item: Item) -> bool:
        keys = item.model_dump(include={"case_id", "lease_id"})
        async with connection.transaction():
            done = await (await connection.execute(QUERIES["crowd_finish"], keys)).fetchone() is not None
            if done:
                await connection.execute(QUERIES["crowd_let_go"], keys)
        return done

    async def _left(self, connection: AsyncConnection[Any]) -> bool:
        row = await (await connection.execute(QUERIES["crowd_open"])).fetchone()
        return bool(row and row["count"])

    def _person(self, seat: int) -> dict[str, Any]:
        """Make a person: in two queues and two languages, every second at tier 2, every tenth able to do anything."""
        able = seat % 10 == 0
        turned = [*QUEUES[seat % len(QUEUES) :], *QUEUES[: seat % len(QUEUES)]]
        return {
            "person": f"claimer-{seat}-{uuid4().hex[:6]}",
            "skills": QUEUES if able else turned[:2],
            "languages": LANGUAGES if able else ["en", LANGUAGES[seat % len(LANGUAGES)]],
            "tier": 2 if able else 1 + seat % 2,
            "spoken": [f"{queue}:{language}" for queue in QUEUES for language in LANGUAGES],
            "lease": LEASE,
        }

    async def _report(self, seconds: float) -> CrowdReport:
        async with await connected(self.url) as connection:
            found = (await (await connection.execute(QUERIES["crowd_found"])).fetchall())[0]
        taken = sorted(self.took_ms) or [0.0]
        lost = max(found["forgotten"], found["left_over"])
        fenced = self.seen["late"] == self.seen["late_refused"]
        return CrowdReport(
            cases=self.cases,
            claimers=self.claimers,
            claims=found["claims"],
            finished=found["finished"],
            **{name: self.seen[name] for name in ("reoffered", "deaths", "late", "late_refused")},
            double_holds=found["double_holds"],
            forgotten=lost,
            seconds=round(seconds, 2),
            claims_per_second=round(found["claims"] / seconds, 1),
            claim_ms_p50=round(taken[len(taken) // 2], 2),
            claim_ms_p99=round(taken[len(taken) * 99 // 100], 2),
            passed=found["double_holds"] == 0 and lost == 0 and found["finished"] == self.cases and fenced,
        )

    async def _execute(self, query: str, **parameters: Any) -> None:
        async with await connected(self.url) as connection:
            await connection.execute(QUERIES[query], parameters)


async def claimed(connection: AsyncConnection[Any], person: dict[str, Any]) -> Item | None:
    """The queue's own statement."""
    row = await (await connection.execute(QUEUE["claim_case"], {**person, "folded": folded(person["person"])})).fetchone()
    return Item.model_validate(row) if row else None


async def connected(url: str) -> AsyncConnection[Any]:
    """A connection of one's own, as every person at a desk has."""
    connection = await AsyncConnection.connect(url, autocommit=True, row_factory=dict_row, application_name="handrail-crowd")
    await adapt(connection)
    return connection


@asynccontextmanager
async def throwaway(url: str, business: Business) -> AsyncIterator[str]:
    """A migrated database on the server of `url`, dropped at the end.

    Raises:
        psycopg.errors.InsufficientPrivilege: the user may not create databases.
    """
    name = f"handrail_crowd_{uuid4().hex[:12]}"
    async with await AsyncConnection.connect(url, autocommit=True, application_name="handrail-crowd") as admin:
        await admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            there = make_conninfo(url, dbname=name)
            await migrate(there, replace(business, migrations=None), datetime.now(UTC))
            yield there
        finally:
            await admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
