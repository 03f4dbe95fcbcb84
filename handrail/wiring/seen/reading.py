"""Reads what stands in servers into figures, every so often and not with each scrape, for as long as a process serves."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from psycopg import OperationalError
from temporalio.client import Client
from temporalio.service import RPCError

from handrail.background import Say, silent, within
from handrail.postgres.seeing import PostgresFigures
from handrail.seeing.figures import catalogue
from handrail.seeing.figures.kept import SeenFigures
from handrail.seeing.figures.labels import EVERYTHING, FIXED
from handrail.settings import Settings
from handrail.temporal.backlog import backlog

EVERY_SECONDS = 15.0
PATIENCE_SECONDS = 10.0
WORK = "the figures of the record"


class ServerFigures:
    """Reads the record and Temporal once in 15 seconds, each within ten; processes that began together do not ask together."""

    def __init__(self, figures: SeenFigures, record: PostgresFigures, client: Client, settings: Settings) -> None:
        self._figures, self._record, self._client, self._settings = figures, record, client, settings

    async def forever(self, say: Say = silent) -> None:
        """Read until cancelled, and `say` that it goes well; a server that is away is a figure, too."""
        while True:
            await self.read()
            say(None)
            await asyncio.sleep(EVERY_SECONDS * random.uniform(0.9, 1.1))  # noqa: S311 - spreads readers, no secret

    async def read(self) -> None:
        """Read once."""
        await asyncio.gather(
            self._try(catalogue.RECORD_UP, self._from_record), self._try(catalogue.TEMPORAL_UP, self._from_temporal)
        )
        for file, ends in certificates(self._settings).items():
            self._figures.show(catalogue.CERTIFICATES, ends, file=file)

    async def _try(self, up: catalogue.Figure, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await within(PATIENCE_SECONDS, work())  # type: ignore[arg-type]
        except (OperationalError, RPCError, RuntimeError, TimeoutError, OSError):
            self._figures.show(up, 0)
        else:
            self._figures.show(up, 1)

    async def _from_record(self) -> None:
        found = await self._record.read()
        for figure in catalogue.RECORD:
            values = found.get(figure.name, {})
            if figure.labels:
                nothing = dict.fromkeys(FIXED.get(figure.labels[0], (EVERYTHING,)), 0.0)
                self._figures.show_all(figure, {(label,): value for label, value in {**nothing, **values}.items()})
            else:
                self._figures.show(figure, values.get("", 0.0))
        self._figures.show(catalogue.RECORD_READ, time.time())

    async def _from_temporal(self) -> None:
        for kind, one in (await backlog(self._client, self._settings.task_queue)).items():
            self._figures.show(catalogue.BACKLOG, one.waiting, kind=kind)
            self._figures.show(catalogue.BACKLOG_AGE, one.age, kind=kind)
            self._figures.show(catalogue.POLLERS, one.pollers, kind=kind)


def certificates(settings: Settings) -> Mapping[str, float]:
    """Return when the certificates for Temporal end, in seconds since 1970; those that cannot be read end at 0."""
    named = {"server_ca": settings.temporal_tls_server_ca, "client_cert": settings.temporal_tls_client_cert}
    return {name: ends(file) for name, file in named.items() if file is not None}


def ends(file: Path) -> float:
    """Return when the first certificate of the file ends; 0 where none can be read."""
    from cryptography import x509

    try:
        return min(one.not_valid_after_utc for one in x509.load_pem_x509_certificates(file.read_bytes())).timestamp()
    except (OSError, ValueError):
        return 0.0
