"""Events over HTTP: streams that go on exactly, what a customer sees of them, and their end when the server stops."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from handrail.api.access.customers import mint_token
from handrail.api.app import create_app
from handrail.api.routes import events as route
from handrail.background import supervised
from handrail.domain.access.principals import ApiScope
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import Commit
from handrail.events.tail import EventTail
from handrail.postgres.access.vouchers import PostgresCustomerTokens
from handrail.postgres.case.events import PostgresEvents
from handrail.wiring.front.api import ClosingServer, listen, services_of, tail_of
from tests.postgres.build import NOON, approval, audit, decided, opening, proposal, row, ruled
from tests.support.house import House, wait_for
from tests.workflows.api.conftest import Backend, backend, fresh

ALL = 10_000


@dataclass
class Served:
    """A server on a port of its own, and a caller who may read cases."""

    root: str
    server: ClosingServer
    tail: EventTail
    headers: dict[str, str]
    frames: list[dict[str, Any]] = field(default_factory=list)


@asynccontextmanager
async def serving(home: House) -> AsyncIterator[Served]:
    settings = home.settings.model_copy(update={"api_calls_per_minute": 100_000})
    app: FastAPI = create_app(await services_of(settings, home.temporal, home.pool))
    tail = app.state.tail = tail_of(settings, home.pool)
    listening = listen("127.0.0.1:0")
    server = ClosingServer(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=10), tail)
    async with supervised("the tail", tail.forever), await backend(home, app, [ApiScope.CASES_READ]) as caller:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            host, port = listening.getsockname()
            yield Served(f"http://{host}:{port}", server, tail, dict(caller.headers))
        finally:
            server.should_exit = True
            await running
            listening.close()


async def read(client: httpx.AsyncClient, url: str, last: int | None, most: int) -> list[dict[str, Any]]:
    """Frames with data, from behind `last`, until there are `most` or the stream ends."""
    found: list[dict[str, Any]] = []
    headers = {} if last is None else {"last-event-id": str(last)}
    async with client.stream("GET", url, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        frame: dict[str, Any] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                frame[name] = value
                continue
            if "data" in frame:
                found.append({"id": int(frame["id"]), "event": frame["event"], **json.loads(frame["data"])})
                if len(found) == most:
                    break
            frame = {}
    return found


async def write(home: House, case_id: str, steps: int) -> None:
    cases = home.world.cases
    await cases.open(opening(case_id, customer_id="C-0001"), row().opened_at)
    for n in range(1, steps + 1):
        status = ("Working", "AwaitingCustomer")[n % 2]
        changed = row(n, case_id, status=status, customer_id="C-0001")
        await cases.commit(Commit(row=changed, audit=[audit(f"a-{n}")]))


async def test_a_stream_that_is_dropped_a_hundred_times_tells_each_event_once(home: House) -> None:
    case_id, steps, dice = fresh("c"), 60, random.Random(11)
    got: list[dict[str, Any]] = []
    drops = 0
    async with serving(home) as served, httpx.AsyncClient(base_url=served.root, headers=served.headers, timeout=60) as client:
        await home.world.cases.open(opening(case_id, customer_id="C-0001"), row().opened_at)
        writing = asyncio.create_task(write(home, case_id, steps))
        while len(got) < steps + 2:
            got += await read(client, f"/v1/cases/{case_id}/events", got[-1]["id"] if got else None, dice.randint(1, 2))
            drops += 1
        await writing
        told = await PostgresEvents(home.pool).of_case(case_id, 0, ALL)
        assert [one["id"] for one in got] == [one.sequence for one in told] == list(range(1, steps + 3))
        assert [(one["kind"], one["body"]) for one in got] == [(one.kind.value, one.body) for one in told]
        assert got[1]["text"] == "Hello"
        assert drops > steps // 2
        first = told[0].position
        everything = await read(client, f"/v1/events?after={first - 1}", None, steps)
        assert [one["id"] for one in everything] == list(range(first, first + steps))
        assert all("text" not in one for one in everything)
        await wait_for(lambda: _nobody(served.tail))


async def test_a_customer_sees_what_is_theirs_and_no_more(home: House) -> None:
    case_id, other, now = fresh("c"), fresh("c"), datetime.now(UTC)
    await home.world.cases.open(opening(case_id, customer_id="C-0001"), NOON)
    await home.world.cases.open(opening(other, customer_id="C-0002"), NOON)
    held = Commit(
        row=row(1, case_id, customer_id="C-0001", status="AwaitingApproval"),
        rulings=[ruled(proposal(f"{case_id}-e"), Ruling.REQUIRE_APPROVAL)],
        approvals=[approval(request_id=f"{case_id}-e", case_id=case_id)],
    )
    decision = decided(held.approvals[0], DecisionKind.APPROVE)
    await home.world.cases.commit(held)
    about = {"approval_id": decision.approval_id, "revision": decision.revision}
    entry = audit(f"{case_id}-d").model_copy(update={"action": "decision:approve", "details": about})
    resolved = row(2, case_id, customer_id="C-0001", status="Resolved")
    await home.world.cases.commit(Commit(row=resolved, approvals=[decision], audit=[entry]))
    token, hashed = mint_token()
    await PostgresCustomerTokens(home.pool).add(hashed, "C-0001", "a test", now, now + timedelta(hours=1))
    headers = {"authorization": f"Bearer {token}"}
    async with serving(home) as served, httpx.AsyncClient(base_url=served.root, headers=headers, timeout=60) as client:
        found = await read(client, f"/v1/cases/{case_id}/events", None, 5)
        assert [(one["id"], one["kind"], one["body"]) for one in found] == [
            (1, "opened", {"channel": "api"}),
            (2, "message", {"message_id": "m-1", "author": "customer", "turn": 1}),
            (3, "waiting", {"for": "approval"}),
            (4, "status", {"before": "Working", "status": "AwaitingApproval"}),
            # The decision is number 5.
            (6, "resolved", {"before": "AwaitingApproval", "status": "Resolved"}),
        ]
        assert not any("position" in one or "rita" in json.dumps(one) for one in found)
        assert (await client.get(f"/v1/cases/{other}/events")).status_code == 404
        assert (await client.get("/v1/events")).status_code == 403


async def _nobody(tail: EventTail) -> bool:
    return tail.readers == 0


async def test_fifty_streams_end_with_the_server(home: House) -> None:
    case_id = fresh("c")
    await write(home, case_id, 1)
    async with (
        serving(home) as served,
        httpx.AsyncClient(
            base_url=served.root, headers=served.headers, timeout=60, limits=httpx.Limits(max_connections=60)
        ) as client,
    ):
        streams = [asyncio.create_task(read(client, f"/v1/cases/{case_id}/events", 3, ALL)) for _ in range(50)]

        async def all_follow() -> bool:
            return served.tail.readers == 50

        await wait_for(all_follow)
        served.server.should_exit = True  # what uvicorn does at SIGTERM, before it ends the process
        async with asyncio.timeout(30):
            assert await asyncio.gather(*streams) == [[]] * 50


async def test_a_silent_stream_beats_and_says_when_to_come_back(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "BEAT_SECONDS", 0.05)
    case_id = fresh("c")
    await write(home, case_id, 1)
    lines: list[str] = []
    async with (
        serving(home) as served,
        httpx.AsyncClient(base_url=served.root, headers=served.headers, timeout=60) as client,
        client.stream("GET", f"/v1/cases/{case_id}/events", headers={"last-event-id": "3"}) as answer,
    ):
        async for line in answer.aiter_lines():
            lines.append(line)
            if lines.count(": beat") == 2:
                served.tail.close()
    assert lines[0] == "id: 3"
    assert lines[1].startswith("retry: ")
    assert [line for line in lines if line][-1].startswith("retry: ")


async def test_what_is_no_number_and_no_case_is_refused_before_anything_is_sent(home: House, api: Backend) -> None:
    app = api._transport.app  # type: ignore[attr-defined]
    app.state.tail = EventTail(PostgresEvents(home.pool), lambda: nothing(), OSError)
    unknown = await api.get("/v1/cases/there-is-none/events")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "UnknownCase")
    for given in ("x", "-1", "1.5", "9" * 30, "٣"):
        refused = await api.get("/v1/events", headers={b"last-event-id": given.encode()})
        assert (refused.status_code, refused.json()["code"]) == (422, "InvalidInput")


async def nothing() -> AsyncGenerator[list[str], None]:
    for _ in ():
        yield []
