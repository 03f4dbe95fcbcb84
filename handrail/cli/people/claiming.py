"""Taking a case from the queue: leased in PostgreSQL, claimed in the workflow, and only then a person's.

The workflow is the truth about who has a case; the lease keeps two from reaching for the same one. Whatever dies in between,
nothing is lost: a lease without a claim ends by itself, and a claim whose lease has ended is taken over with the next one.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handrail.domain.team.staff import Roster, TeamMember
    from handrail.postgres.queue import Item, PostgresQueue
    from handrail.temporal.cases.client import CaseClient

TRIES = 20
PAUSE_SECONDS = 1.0
ALONE = timedelta(seconds=5)


def spoken(roster: Roster) -> list[str]:
    """The languages that somebody of a queue speaks, as `queue:language`."""
    found = {f"{queue}:{language}" for one in roster.people for queue in one.skills for language in one.languages}
    return sorted(found)


async def take(
    queue: PostgresQueue, cases: CaseClient, person: TeamMember, languages: list[str], lease: timedelta
) -> Item | None:
    """The best case, leased and claimed; None where nothing is to be had.

    A case that the workflow does not give (closed, passed on, or somebody else's since just now) is left alone for a moment,
    and the next one tried.

    Raises:
        Unreachable: the workflow does not answer; the lease ends by itself.
    """
    from handrail.domain.errors import Refused, UnknownCase

    for _ in range(TRIES):
        item = await queue.claim(person, languages, lease)
        if item is None or item.lease_id is None:
            return None
        had = item.assignee if item.assignee != person.name else None
        try:
            await cases.claim(item.case_id, person.name, instead_of=had)
        except (Refused, UnknownCase):
            await queue.heartbeat(item.case_id, item.lease_id, ALONE)
            continue
        held = await queue.heartbeat(item.case_id, item.lease_id, lease)
        if held is not None:
            return held
        with suppress(Refused):
            await cases.release(item.case_id, person.name)
    return None


async def wait_and_take(
    queue: PostgresQueue,
    cases: CaseClient,
    person: TeamMember,
    languages: list[str],
    lease: timedelta,
    seconds: float,
) -> Item | None:
    """Take a case as `take` does, as soon as there is something, for so many seconds at most."""
    until = time.monotonic() + seconds
    while True:
        item = await take(queue, cases, person, languages, lease)
        if item is not None or time.monotonic() >= until:
            return item
        await asyncio.sleep(PAUSE_SECONDS)
