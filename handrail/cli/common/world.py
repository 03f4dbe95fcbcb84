"""The servers that answer: the environment's first, then those of the stack in the data folder, then the defaults."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import typer

if TYPE_CHECKING:
    from temporalio.client import Client

    from handrail.business import Business
    from handrail.domain.case.cases import CaseView
    from handrail.domain.case.handoffs import Handoff
    from handrail.domain.case.messages import Message
    from handrail.postgres.case.cases import PostgresCases
    from handrail.postgres.pool import Pool
    from handrail.settings import Settings
    from handrail.temporal.cases.client import CaseClient

Answer = TypeVar("Answer")
PROBE_SECONDS = 3.0
BRIEF_PATIENCE = 5.0


class CliContext:
    """Settings, and connections that are closed after use. `data_dir` is what was asked for by name, if anything."""

    def __init__(self, data_dir: Path | None = None, *, debug: bool = False) -> None:
        self.data_dir = data_dir
        self.debug = debug

    @cached_property
    def settings(self) -> Settings:
        """The settings with the addresses in force.

        Raises:
            InvalidInput: an environment variable cannot be used.
            Unreachable: a data folder was named, no stack runs there, and the environment names no other.
        """
        from handrail.embedded.state import running

        settings = environment()
        named = settings.model_fields_set
        folder = self.data_dir or settings.data_dir
        stack = running(folder)
        if stack is None:
            if self.data_dir is not None and "temporal_address" not in named:
                from handrail.temporal.connect import Unreachable

                raise Unreachable(f"No stack runs in {folder}. Start it with `handrail up --data-dir {folder}`.")
            return settings
        found = {"temporal_address": stack.temporal_address, "temporal_ui": stack.temporal_ui, "data_dir": folder}
        if stack.database_url:
            found["database_url"] = secret(stack.database_url)
        from handrail.embedded.sealing import key_file

        if (file := key_file(folder)).exists() and "master_keys" not in named:
            found |= {"master_keys_file": file, "encrypt": stack.encrypts}
        return settings.model_copy(update={name: value for name, value in found.items() if name not in named})

    @asynccontextmanager
    async def cases(self, *, identity: str | None = None, patience: float | None = None) -> AsyncIterator[CaseClient]:
        """The client. `identity` is who acts, for the history. Raises: Unreachable."""
        from handrail.temporal.cases.client import CaseClient
        from handrail.wiring.redacting import redaction_of
        from handrail.wiring.sealing import with_keys

        options: dict[str, Any] = {"patience": patience} if patience else {}
        redaction = redaction_of(self.settings)
        async with with_keys(await self.temporal(identity)) as client:
            yield CaseClient(client, task_queue=self.settings.task_queue, redaction=redaction, **options)

    async def temporal(self, identity: str | None = None) -> Client:
        """Temporal itself. Raises: Unreachable."""
        from handrail.wiring.connecting import connected, silent

        return await connected(self.settings, identity=identity, runtime=silent())

    @asynccontextmanager
    async def pool(self) -> AsyncIterator[Pool]:
        """PostgreSQL. Raises: Unreachable, or InvalidInput where it is another business's."""
        from handrail.cli.common.probing import probe
        from handrail.postgres import owner
        from handrail.postgres.pool import open_pool

        url = self.settings.database_url.get_secret_value()
        await probe(url)
        pool = await open_pool(url, size=2)
        try:
            await owner.check(pool, self.business)
            yield pool
        finally:
            await pool.close()

    @asynccontextmanager
    async def records(self) -> AsyncIterator[PostgresCases]:
        """Cases as PostgreSQL knows them. Raises: Unreachable."""
        from handrail.postgres.case.cases import PostgresCases

        async with self.pool() as pool:
            yield PostgresCases(pool, self.business)

    @cached_property
    def business(self) -> Business:
        """Raises: DefinitionInvalid."""
        from handrail.outside.loading import brought

        return brought(self.settings.business, self.settings.definitions)

    def page(self, case_id: str) -> str:
        """The case in the Temporal Web UI."""
        s = self.settings
        return f"{s.temporal_ui}/namespaces/{s.temporal_namespace}/workflows/case-{case_id}"

    async def live_or_stored(
        self,
        live: Callable[[CaseClient], Awaitable[Answer]],
        stored: Callable[[PostgresCases], Awaitable[Answer]],
    ) -> Answer:
        """Return the case's own answer; where it is paused, past its retention or no worker answers, PostgreSQL's.

        Raises:
            UnknownCase, Unreachable, Paused: neither knows it; the case's own answer counts.
        """
        from handrail.domain.errors import UnknownCase
        from handrail.temporal.cases.executions import Paused
        from handrail.temporal.connect import Unreachable

        try:
            async with self.cases(patience=BRIEF_PATIENCE) as cases:
                return await live(cases)
        except (Unreachable, UnknownCase, Paused) as silent:
            try:
                async with self.records() as records:
                    return await stored(records)
            except Unreachable:
                raise silent from None

    async def paused(self) -> dict[str, str]:
        """Cases that somebody paused in Temporal, with who, when and why; none where Temporal does not answer in time."""
        import asyncio

        from temporalio.service import RPCError

        from handrail.temporal.cases.executions import paused_cases
        from handrail.temporal.connect import Unreachable

        try:
            async with asyncio.timeout(PROBE_SECONDS):
                found = await paused_cases(await self.temporal())
        except (Unreachable, RPCError, TimeoutError):
            return {}
        return {case_id: str(pause) for case_id, pause in found.items()}

    async def show(self, case_id: str) -> CaseView:
        """The case as it stands; where it is paused, as it is recorded and with who paused it.

        Raises:
            UnknownCase, Unreachable, Paused: neither the case itself nor PostgreSQL knows it.
        """
        import asyncio

        from temporalio.service import RPCError

        from handrail.domain.errors import HandrailError
        from handrail.temporal.cases.executions import paused_at

        view = await self.live_or_stored(lambda cases: cases.status(case_id), lambda records: records.show(case_id))
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                pause = await paused_at(await self.temporal(), f"case-{case_id}")
        except (HandrailError, RPCError, TimeoutError):
            return view
        return view.model_copy(update={"paused": str(pause)}) if pause else view

    async def handoff(self, case_id: str) -> Handoff | None:
        """The newest packet; None where the case was never handed to a person.

        Raises:
            UnknownCase, Unreachable: neither the case itself nor PostgreSQL knows it.
        """

        async def stored(records: PostgresCases) -> Handoff | None:
            await records.show(case_id)
            return await records.handoff(case_id)

        return await self.live_or_stored(lambda cases: cases.handoff(case_id), stored)

    async def transcript(self, case_id: str) -> list[Message]:
        """Every message: PostgreSQL has all that were recorded, the case itself those on their way there.

        Raises:
            UnknownCase, Unreachable: neither answers, or neither knows the case.
        """
        from handrail.domain.errors import UnknownCase
        from handrail.temporal.cases.executions import Paused
        from handrail.temporal.connect import Unreachable

        recorded: list[Message] = []
        missing: Unreachable | UnknownCase | None = None
        try:
            async with self.records() as records:
                recorded = await records.transcript(case_id)
        except Unreachable as error:
            missing = error
        try:
            async with self.cases(patience=BRIEF_PATIENCE) as cases:
                latest = await cases.transcript(case_id)
        except (Unreachable, UnknownCase, Paused) as error:
            if not recorded:
                raise missing or error from None
            return recorded
        known = {message.message_id for message in recorded}
        return [*recorded, *(message for message in latest if message.message_id not in known)]


def world(ctx: typer.Context) -> CliContext:
    """The world of this call."""
    return cast(CliContext, ctx.obj)


def environment() -> Settings:
    """The settings of the environment, whose folder of language packs is read from now on.

    Raises:
        InvalidInput: names the variable.
        DefinitionInvalid: a language pack cannot be used.
    """
    from pydantic import ValidationError

    from handrail.domain.errors import InvalidInput
    from handrail.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        raise InvalidInput(Settings.in_words(error)) from None
    if settings.languages is not None:
        from handrail.domain.text.packs import SHELF

        SHELF.add(settings.languages)
    return settings


def secret(url: str) -> object:
    """A URL that holds a password, kept out of prints."""
    from pydantic import SecretStr

    return SecretStr(url)
