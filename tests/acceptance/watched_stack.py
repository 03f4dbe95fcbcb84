"""A stack whose worker and API serve their figures, with a backend that calls the API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from handrail.api.access.minting import mint
from handrail.domain.access.principals import ApiScope
from handrail.embedded.api import Api
from handrail.embedded.ports import free_block
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.postgres.pool import open_pool
from tests.acceptance.killing import HeldWorker, Stack, stack, waits


@dataclass
class Watched:
    """The stack, and a backend of its API. `worker` and `api` are where their figures are."""

    city: Stack
    backend: httpx.AsyncClient
    worker: str
    api: str

    async def ask(self, customer_id: str, text: str, key: str, **headers: str) -> str:
        """Open a case over HTTP, wait for its first answer, and return its id."""
        answer = await self.backend.post(
            "/v1/cases",
            json={"customer_id": customer_id, "text": text},
            headers={"idempotency-key": key, "prefer": "wait=60", **headers},
        )
        assert answer.is_success, answer.text
        case_id: str = answer.json()["case_id"]
        return case_id

    async def approve(self, case_id: str, key: str, **headers: str) -> None:
        """Approve what the case waits for, over HTTP."""
        held = (await self.city.until(case_id, waits)).approvals[0]
        decided = await self.backend.post(
            f"/v1/cases/{case_id}/approvals/{held.approval_id}/decide",
            json={"decision": "approve"},
            headers={"idempotency-key": key, "if-match": f'"{held.approval_id}.{held.revision}"', **headers},
        )
        assert decided.is_success, decided.text
        self.city.approved.add(held.approval_id)


@asynccontextmanager
async def watched(folder: Path, more: Mapping[str, str]) -> AsyncIterator[Watched]:
    """Everything started; worker and API have `more` variables."""
    base = free_block(3)
    worker, api = f"127.0.0.1:{base}", f"127.0.0.1:{base + 1}"
    async with stack(folder, {"HANDRAIL_METRICS_ADDRESS": worker, "HANDRAIL_API_METRICS_ADDRESS": api, **more}) as city:
        part = city.parts["worker"]
        assert isinstance(part, HeldWorker)
        city.parts["api"] = Api(base + 2, part.environment)
        await city.start("api")
        pool = await open_pool(city.postgres.url, size=1)
        scopes = [ApiScope.CASES_WRITE, ApiScope.CASES_READ, ApiScope.APPROVALS_DECIDE]
        key, parts = mint("a test", scopes, at=datetime.now(UTC), by="a test", environment="test", person="ann")
        await PostgresApiKeys(pool).add(key)
        await pool.close()
        headers = {"authorization": f"Bearer {parts.text}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{base + 2}", timeout=90, headers=headers) as backend:
            yield Watched(city, backend, worker, api)


async def fetched(address: str) -> str:
    """What is served there."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"http://{address}/metrics")).text
