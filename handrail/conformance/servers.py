"""Servers of a lane: a database that can be made anew in a moment, and a model that says what a play wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from handrail.embedded.model import OfflineModel
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import Command, StackFailed

PRISTINE = "pristine"
ANEW = """\
\\set ON_ERROR_STOP on
drop database if exists :"name" with (force);
create database :"name" template pristine strategy file_copy;
select 'anew';
"""


class Renewable(Postgres):
    """A throw-away server: its `pristine` database is filled once, every case works on a copy of it."""

    def __init__(self, folder: Path, port: int, name: str) -> None:
        super().__init__(folder, port, durable=False)
        self.name = name

    @property
    def pristine(self) -> str:
        """The URL of the database that is copied."""
        return self.url_of(PRISTINE)

    async def lay_out(self) -> None:
        """Create the database that is to be filled."""
        await self._sql("postgres", f"create database {PRISTINE};")

    async def renew(self) -> None:
        """Make the database anew: whatever was written is gone, and whoever was connected has to connect again.

        Raises:
            StackFailed: somebody is connected to the pristine database, or the server is gone.
        """
        if await self._sql("postgres", ANEW) != "anew":
            raise StackFailed(f"{self.name}: the database could not be made anew. Look into the server's log.")


class ScriptedModel(OfflineModel):
    """The offline model with its script enabled: it answers as a play wants, request by request."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(port)
        self.name = name

    def command(self) -> Command:
        command = super().command()
        return replace(command, argv=(*command.argv, "--scripted"))

    async def script(self, behaviours: Sequence[dict[str, Any]]) -> None:
        """Script the next requests, one behaviour each and the last for good; what stood there before is forgotten."""
        async with self._client() as client:
            (await client.delete("/script")).raise_for_status()
            for place, behaviour in enumerate(behaviours, 1):
                entry = {"behaviour": behaviour, "times": 1 if place < len(behaviours) else None}
                (await client.post("/script", json=entry)).raise_for_status()

    async def left(self) -> int:
        """Count the behaviours left; the last of them always stays."""
        async with self._client() as client:
            answer = (await client.get("/script")).raise_for_status()
        return len(answer.json()["entries"])

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.root, trust_env=False, timeout=10)
