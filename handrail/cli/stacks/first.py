"""First steps of `handrail up` once its servers stand: migrations, demonstration data, and on the first start sample cases.

What talks to the servers is loaded while they start.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from handrail.business import Business, seeded
from handrail.domain.counting import many
from handrail.embedded.folder import stamp
from handrail.embedded.stack import SAMPLES_FILE, Embedded
from handrail.embedded.supervisor import StartupStep
from handrail.settings import Settings

if TYPE_CHECKING:
    from handrail.temporal.codec import SealingCodec


class SampleCase(BaseModel):
    """A case to open."""

    case_id: str
    customer_id: str
    text: str


class Samples(BaseModel):
    """The sample cases as chosen on the first start; kept so that an interrupted first start goes on with the same ones.

    `customer` is a test customer whom the business knows, for the chat's sample page and for whoever tries the HTTP API.
    """

    customer: str | None = None
    cases: list[SampleCase] = []
    opened: bool = False


class FirstStart:
    """The steps, which are idempotent: a later start finds all done. With `unfit`, cases that do not fit stop nothing."""

    def __init__(
        self,
        embedded: Embedded,
        business: Business,
        settings: Settings,
        *,
        samples: bool,
        unfit: bool = False,
        codec: Callable[[], SealingCodec | None] = lambda: None,
    ) -> None:
        self._embedded, self._business, self._wanted, self._settings = embedded, business, samples, settings
        self._queue, self._package, self._unfit, self._codec = settings.task_queue, settings.business, unfit, codec
        self._file: Path = embedded.folder / SAMPLES_FILE

    def steps(self) -> list[StartupStep]:
        """Migrations before the worker, samples once cases are worked on; the build is deployed while its worker loads."""
        return [
            StartupStep("migrations", ("postgres",), self._migrate),
            StartupStep("keys", ("migrations",), self._keep_key),
            StartupStep("deploy", ("temporal", "migrations"), self.deploy),
            StartupStep("samples", ("deploy",), self._open_samples),
        ]

    async def _migrate(self) -> str:
        from handrail.postgres.migrations import migrate
        from handrail.postgres.pool import open_pool, writing

        applied = await migrate(self._embedded.postgres.url, self._business, datetime.now(UTC), self._package)
        stamp(self._embedded.folder, self._business.name, self._package)
        if self._business.seed is not None:
            pool = await open_pool(self._embedded.postgres.url, size=1)
            try:
                async with writing(pool) as connection:
                    await seeded(self._business, connection, datetime.now(UTC))
            finally:
                await pool.close()
        await self._choose()
        return f"{len(applied)} applied" if applied else "nothing new"

    async def _keep_key(self) -> str:
        from handrail.cli.stacks.key import first_keys

        made = await first_keys(self._embedded.folder, self._embedded.postgres.url, self._reviewer())
        return f"made for {' and '.join(made)}" if made else "as it was"

    def _reviewer(self) -> str | None:
        """Return the first person of the reviewers, who signs in at the desk of this machine; None where nobody is named."""
        from handrail.domain.team.reviewers import FILE as REVIEWERS
        from handrail.reviewers.loader import FileReviewers

        file = self._business.folder / REVIEWERS
        roster = FileReviewers(file, facts=self._business.facts, tools=self._business.by_name).now().roster
        return roster.people[0].name if roster and roster.people else None

    async def deploy(self) -> str:
        """Let this stack's workers work on the cases, once their build passed the replay gate. Says what was done."""
        if not self._embedded.workers:
            return "no worker"
        from handrail.cli.stacks.deploy import deployed

        return await deployed(self._embedded, self._settings, unfit=self._unfit)

    async def _open_samples(self) -> str:
        chosen = await self._choose()
        if chosen.opened:
            return "opened on the first start" if chosen.cases else "none wanted"
        from handrail.temporal.cases.client import CaseClient
        from handrail.temporal.connect import connect
        from handrail.wiring.sealing import with_keys

        async with with_keys(await connect(self._embedded.temporal.address, codec=self._codec())) as client:
            cases = CaseClient(client, task_queue=self._queue)
            for sample in chosen.cases:
                await cases.open_case(sample.case_id, sample.customer_id, sample.text, channel="sample")
        self._keep(chosen.model_copy(update={"opened": True}))
        return f"{many(len(chosen.cases), 'case')} opened"

    async def _choose(self) -> Samples:
        if self._file.exists():
            return Samples.model_validate_json(self._file.read_text())
        from handrail.postgres.pool import open_pool, reading

        business = self._business
        pool = await open_pool(self._embedded.postgres.url, size=1)
        try:
            async with reading(pool) as connection:
                found = await business.samples(connection) if business.samples is not None else []
                called = await business.calls(connection) if business.calls is not None else []
        finally:
            await pool.close()
        writing = [customer for customer, _ in found]
        quiet = [customer for customer, _, _ in called if customer not in writing]
        cases = [
            SampleCase(case_id=f"sample-{number:02}", customer_id=customer, text=text)
            for number, (customer, text) in enumerate(found if self._wanted else [], 1)
        ]
        chosen = Samples(customer=next(iter([*quiet, *writing]), None), cases=cases, opened=not cases)
        self._keep(chosen)
        return chosen

    def _keep(self, samples: Samples) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(samples.model_dump_json(indent=2) + "\n")
        fresh.replace(self._file)
