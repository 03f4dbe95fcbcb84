"""A stack of one part of the drill, and its model, which can be told to say no or to take its time."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from handrail.business import load_business
from handrail.drills.bench.stack.checkout import ours
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.work import loads
from handrail.drills.bench.work.arms import NOTHING
from handrail.drills.bench.work.serve import QUEUES

BUSINESS = "handrail.shop"
WARM = 20
NOBODY = "what no request holds"
LONG_CASES = "\nbounds:\n  steps: 1000\n"
"""A case may ask the model so often: the example business hands over after 100."""


class LoadSide(Side):
    """A stack whose worker reads the definitions in a folder, where one is given."""

    definitions: Path | None = None

    def environment(self) -> Mapping[str, str]:
        """See base class."""
        more = {"HANDRAIL_DEFINITIONS": str(self.definitions)} if self.definitions else {}
        return {**super().environment(), **more}


class SaidModel:
    """The model of a stack, as it is told what to do."""

    def __init__(self, side: Side) -> None:
        self._root = side.model.root

    async def refuse(self, retry_after: int) -> None:
        """Answer 429 from now on, and ask for so many seconds of patience."""
        await self._do({"status": 429, "retry_after": retry_after})

    async def think(self, seconds: float) -> None:
        """Answer from now on, after so many seconds."""
        await self._do({"latency_seconds": seconds})

    async def calls(self) -> int:
        """Return how often it was asked since it started."""
        async with self._http() as http:
            answer = await http.get("/requests", params={"contains": NOBODY})
            return int(answer.raise_for_status().json()["total"])

    async def _do(self, behaviour: Mapping[str, Any]) -> None:
        async with self._http() as http:
            (await http.delete("/script")).raise_for_status()
            (await http.post("/script", json={"times": None, "behaviour": behaviour})).raise_for_status()

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._root, trust_env=False, timeout=30)


@asynccontextmanager
async def staged(folder: Path, arms: Sequence[str] = (), *, long: bool = False) -> AsyncIterator[LoadSide]:
    """Start a warm stack, and stop it however this ends; with `long` a case may have very many turns.

    Raises:
        StackFailed: a part would not start.
    """
    side = LoadSide(ours(), folder, arms)
    if long:
        side.definitions = Path(shutil.copytree(load_business(BUSINESS).folder, folder / "definitions"))
        file = side.definitions / "topics" / "order_status.yaml"
        file.write_text(file.read_text() + LONG_CASES)
    try:
        await side.start()
        await loads.cases(side, await side.customers.questions(WARM), WARM)
        if arms:
            await loads.workflows(side, NOTHING, QUEUES["nothing"], WARM, WARM)
        yield side
    finally:
        await side.stop()
