"""Beginning promised cases, wired: the same in the processes of the API and in workers, so that either is enough."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import lru_cache

from temporalio.client import Client

from handrail.background import Say, supervised
from handrail.postgres.case.starts import PostgresCaseStarts
from handrail.postgres.pool import Pool
from handrail.redaction.values import Redaction
from handrail.settings import Settings
from handrail.temporal.cases.doorway import DoorwayClient
from handrail.temporal.cases.starting import CaseStarter
from handrail.temporal.cases.updates import Begins, never_kept
from handrail.temporal.late import reached
from handrail.wiring.redacting import redaction_of

WORK = "cases that begin"
KNOWN = 1_000
"""Callers whose clients are kept: each is the one connection under a name of its own."""


def clients(
    client: Client, task_queue: str, redaction: Redaction, begins: Begins = never_kept
) -> Callable[[str], DoorwayClient]:
    """Return what gives each identity a client of cases that acts in its name, over the one connection."""

    @lru_cache(maxsize=KNOWN)
    def acting(identity: str) -> DoorwayClient:
        return DoorwayClient(client, identity, task_queue=task_queue, redaction=redaction, begins=begins)

    return acting


def starter_of(client: Client, settings: Settings, pool: Pool) -> CaseStarter:
    """Return what begins the cases that are kept."""
    acting = clients(client, settings.task_queue, redaction_of(settings))
    return CaseStarter(PostgresCaseStarts(pool), acting, away=not reached(client))


def beginning(client: Client, settings: Settings, pool: Pool, say: Say) -> AbstractAsyncContextManager[None]:
    """Begin what is left, for as long as the block lasts; `say` takes why nothing can be begun."""
    starter = starter_of(client, settings, pool)
    return supervised(WORK, lambda: starter.forever(say), say=say)
