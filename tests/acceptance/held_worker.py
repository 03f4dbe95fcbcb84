"""`python -m tests.acceptance.held_worker`: the worker, held at a point of a case's turn until it is killed or let go.

A test writes `note.before 2` into `<case id>.hold` in the folder POINTS; the second time that the case comes there, the
worker says so in `<case id>.reached` and waits as long as the first file is there.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path

import worker
from handrail.domain.actions.effects import Effect, EffectResult
from handrail.domain.case.cases import Commit
from handrail.domain.case.turns import JournalEntry, TurnKey
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.journal import PostgresJournal
from handrail.wiring.cases import dialling
from handrail.wiring.cases import worker as wiring

POINTS = "POINTS"
SECONDS = 0.02
_come: Counter[tuple[str, str]] = Counter()


async def at(case_id: str, point: str) -> None:
    """Wait here where a test wants it."""
    folder = Path(os.environ[POINTS])
    hold = folder / f"{case_id}.hold"
    _come[case_id, point] += 1
    if not hold.exists():
        return
    name, _, times = hold.read_text().partition(" ")
    if name != point or _come[case_id, point] < int(times):
        return
    (folder / f"{case_id}.reached").touch()
    while hold.exists():  # noqa: ASYNC110 - another process says when
        await asyncio.sleep(SECONDS)


class HeldJournal(PostgresJournal):
    """Held around every note."""

    async def note(self, case_id: str, key: TurnKey, entry: JournalEntry) -> None:
        await at(case_id, "note.before")
        await super().note(case_id, key, entry)
        await at(case_id, "note.after")


class HeldCases(PostgresCases):
    """Held around the commit that ends a turn, and around those that hold a decision or a customer's answer."""

    async def commit(self, commit: Commit) -> None:
        decided = any(one.decision for one in commit.approvals)
        answered = any(one.action.startswith("confirm:") for one in commit.audit)
        point = "end" if commit.turn else "decided" if decided else "answered" if answered else None
        if point:
            await at(commit.row.case_id, f"{point}.before")
        await super().commit(commit)
        if point:
            await at(commit.row.case_id, f"{point}.after")


class HeldRecord(PostgresRecord):
    """Held around every effect."""

    async def apply(self, effect: Effect) -> EffectResult:
        await at(effect.case_id, "apply.before")
        result = await super().apply(effect)
        await at(effect.case_id, "apply.after")
        return result


if __name__ == "__main__":
    for module, held in ((wiring, HeldJournal), (wiring, HeldCases), (dialling, HeldRecord)):
        setattr(module, held.__name__.replace("Held", "Postgres"), held)
    worker.main()
