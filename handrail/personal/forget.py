"""Forgets a customer: closes their cases, deletes every run, erases row by row, destroys their keys, and proves it.

Killed half way, the same call goes on: a case's row keeps its customer until all else of that case is gone, and which ids are
one person is known until all of them are.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from handrail.domain.case.requests import CaseStatus
from handrail.domain.personal.forgetting import OPEN, ForgetProof, HeldBack, NotGone, Remainder, StillOpen, TheirCase
from handrail.domain.personal.places import ELSEWHERE, KEYS, RUNS
from handrail.ports.personal import PersonalRecord, PersonalRuns
from handrail.ports.vault import KeyShredder

PREFIX = "case-"
STARTS = "case_starts"
NAMED = 8


@dataclass(frozen=True)
class Forgetting:
    """Everything that a forgetting reaches. `backup_days` is how long a backup is kept; `seconds` bounds each wait."""

    record: PersonalRecord
    runs: PersonalRuns
    keys: KeyShredder
    backup_days: int
    seconds: float = 60.0
    tell: Callable[[str], None] = lambda words: None

    async def forget(
        self, customer_id: str, asked_by: str, *, close_open: bool = False, addresses: Sequence[str] = ()
    ) -> ForgetProof:
        """Forget the person, under every id that was joined to this one; whose they are is told before anything is done.

        `addresses` are mail addresses that are theirs, beside those that are known.

        Raises:
            HeldBack: a legal hold is in force.
            StillOpen: cases are open, and `close_open` was not said.
            NotGone: something did not end or go in time; the same call goes on.
        """
        began = datetime.now(UTC)
        forget_id, pseudonym = f"f-{secrets.token_hex(6)}", f"forgotten-{secrets.token_hex(8)}"
        await self._check_hold(customer_id)
        kin = await self._person(customer_id)
        withdrawn = await self._withdrawn(kin, close_open=close_open)
        cases = await self.record.cases_of(kin)
        check_open(cases, close_open=close_open)
        for case in cases:
            if case.status is not CaseStatus.CLOSED:
                self.tell(f"closing {case.case_id}")
                await self.runs.close(case.case_id, self.seconds)
        counts = Counter({STARTS: len(withdrawn)})
        for case_id in withdrawn:
            counts[RUNS] += await self.runs.delete(f"{PREFIX}{case_id}", self.seconds)
        counts += await self._erased(kin, cases, forget_id, pseudonym, asked_by, addresses) + await self._ended(kin)
        proof = ForgetProof(
            forget_id=forget_id,
            asked_by=asked_by,
            at=began,
            ended_at=datetime.now(UTC),
            customers=len(kin),
            cases=len({*(one.case_id for one in cases), *withdrawn}),
            counts=dict(sorted(counts.items())),
            remains=remaining(began, self.backup_days),
        )
        if not proof.nothing_left:
            await self.record.keep(proof, pseudonym)
        return proof

    async def _person(self, customer_id: str) -> list[str]:
        """Return all ids of the person, and tell them where there are several."""
        kin = await self.record.kin_of(customer_id)
        if len(kin) > 1:
            self.tell(f"{customer_id} is one person with {', '.join(kin[1:])}: all of them are forgotten")
        return kin

    async def _check_hold(self, customer_id: str) -> None:
        if hold := await self.record.hold_of(customer_id):
            raise HeldBack(
                f"{hold.customer_id} must not be forgotten: {hold.set_by} set a legal hold on {hold.set_at:%Y-%m-%d} "
                f"({hold.reason}). Whoever may end it does so with `handrail hold clear {hold.customer_id}`."
            )

    async def _erased(
        self,
        kin: Sequence[str],
        cases: Sequence[TheirCase],
        forget_id: str,
        pseudonym: str,
        asked_by: str,
        addresses: Sequence[str],
    ) -> Counter[str]:
        """Erase and count. The cases' rows come last: they tell whose all else is."""
        counts: Counter[str] = Counter()
        if cases:
            await self.record.settle()
        for workflow_id in await self.record.odd_starts_of(kin):
            counts[RUNS] += await self.runs.delete(workflow_id, self.seconds)
        theirs = [*await self.record.addresses_of(kin), *addresses]
        for customer_id in kin:
            counts.update(await self.record.erase_traffic(customer_id, theirs))
        for case in cases:
            self.tell(f"deleting the runs of {case.case_id}")
            counts[RUNS] += await self.runs.delete(f"{PREFIX}{case.case_id}", self.seconds)
        # Behind the runs, which cannot go on without them, and ahead of the rows, which tell whose some of them are.
        for customer_id in kin:
            counts[KEYS] += sum(await self.keys.shred(customer_id))
        for case in cases:
            self.tell(f"forgetting {case.case_id}")
            counts.update(await self.record.erase_case(case.case_id, case.customer_id, forget_id, pseudonym, asked_by))
        return +counts

    async def _ended(self, kin: Sequence[str]) -> Counter[str]:
        """Erase which ids are one person, which is known until nothing else is left; count. Raises: NotGone."""
        if late := [*await self.record.cases_of(kin), *await self.record.promised_to(kin)]:
            raise NotGone(f"{len(late)} of the customer's cases came meanwhile. The same command goes on from here.")
        return Counter(await self.record.erase_last(kin))

    async def _withdrawn(self, kin: Sequence[str], *, close_open: bool) -> list[str]:
        """Have what was promised begin no more; return the cases, some of which may have begun. Raises: StillOpen."""
        promised = await self.record.promised_to(kin)
        check_open([*await self.record.cases_of(kin), *promised], close_open=close_open)
        if not promised:
            return []
        withdrawn = await self.record.withdraw(kin)
        # Somebody may be at it: they begin it within their time or not at all.
        await asyncio.sleep(max((one.seconds_left for one in withdrawn), default=0.0))
        return [one.case_id for one in withdrawn]


def check_open(cases: Sequence[TheirCase], *, close_open: bool) -> None:
    """Check that nobody waits for anything in the cases. Raises: StillOpen."""
    waiting = [one for one in cases if one.status in OPEN]
    if waiting and not close_open:
        named = ", ".join(f"{one.case_id} ({one.status})" for one in waiting[:NAMED])
        more = f" and {len(waiting) - NAMED} more" if len(waiting) > NAMED else ""
        raise StillOpen(
            f"{len(waiting)} cases are open: {named}{more}. End them first, or close them with --close-open: "
            "what is asked for in them is then neither answered nor done."
        )


def remaining(at: datetime, backup_days: int) -> list[Remainder]:
    """Return where something stays."""
    ends = at + timedelta(days=backup_days)
    return [
        Remainder(place=one.place, until=ends if one.place.startswith("backups") else None, words=one.forgetting)
        for one in ELSEWHERE
        if not one.place.startswith("Temporal")
    ]
