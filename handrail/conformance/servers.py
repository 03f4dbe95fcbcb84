"""The model of a lane, which says what a play wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx

from handrail.embedded.model import OfflineModel
from handrail.embedded.process import Command


class ScriptedModel(OfflineModel):
    """The offline model with its script enabled: it answers as a play wants, request by request."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(port)
        self.name = name

    def command(self) -> Command:
        command = super().command()
        return replace(command, argv=(*command.argv, "--scripted"))

    async def script(self, behaviours: Sequence[dict[str, Any]], case_id: str) -> None:
        """Script the case's next requests, one behaviour each and the last for good; what stood there before is forgotten.

        A request that comes again, since its turn was run again, is answered as before: no call of the play is lost.
        """
        async with self._client() as client:
            (await client.delete("/script")).raise_for_status()
            for place, behaviour in enumerate(behaviours, 1):
                entry = {"behaviour": behaviour, "times": 1 if place < len(behaviours) else None}
                (await client.post("/script", json={**entry, "steady": True, "case": case_id})).raise_for_status()

    async def left(self) -> int:
        """Count the behaviours left; the last of them always stays."""
        async with self._client() as client:
            answer = (await client.get("/script")).raise_for_status()
        return len(answer.json()["entries"])

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.root, trust_env=False, timeout=10)
