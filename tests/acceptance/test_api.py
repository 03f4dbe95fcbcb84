"""The HTTP API as a process of its own, over real servers: killed in the middle, and without any worker."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from handrail.api.access.minting import mint
from handrail.client import AsyncHandrail, Handrail
from handrail.domain.access.answers import KeyReused
from handrail.domain.access.principals import ApiScope
from handrail.domain.case.cases import CaseStatus
from handrail.domain.errors import IllegalTransition, InvalidInput, UnknownCase
from handrail.domain.http.cases import CaseSummary
from handrail.drills.chaos.parts import PATIENCE
from handrail.embedded.api import Api
from handrail.embedded.ports import free_block
from handrail.embedded.worker import Worker
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.postgres.pool import open_pool
from tests.acceptance.killing import Stack, stack, true

KEYS, SAME, OTHER, AWAY = 20, 8, 2, 12
AT_ONCE = 8.0
"""Seconds within which nobody has waited for Temporal: it has ten to take a case."""


@pytest.fixture(scope="module")
async def town(servers: Path) -> AsyncIterator[Stack]:
    """A stack with the API as one of its processes."""
    async with stack(servers / "api") as running:
        worker = running.parts["worker"]
        assert isinstance(worker, Worker)
        many = {"HANDRAIL_API_CALLS_PER_MINUTE": "100000", "HANDRAIL_API_CUSTOMER_CALLS_PER_MINUTE": "100000"}
        running.parts["api"] = Api(free_block(1), lambda: {**worker.environment(), **many})
        await running.start("api")
        yield running


@pytest.fixture
async def caller(town: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A backend with a key for everything but acting as somebody's agent."""
    scopes = set(ApiScope) - {ApiScope.AGENTS_ACT}
    key, parts = mint("a test", scopes, at=datetime.now(UTC), by="a test", environment="test", person="ann")
    pool = await open_pool(town.postgres.url, size=1)
    try:
        await PostgresApiKeys(pool).add(key)
    finally:
        await pool.close()
    api = town.parts["api"]
    assert isinstance(api, Api)
    headers = {"authorization": f"Bearer {parts.text}"}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=api.url, headers=headers, timeout=60, trust_env=False, limits=limits) as client:
        yield client


async def sent(
    client: httpx.AsyncClient, body: Mapping[str, Any], key: str, prefer: str, statuses: list[int]
) -> httpx.Response:
    """The answer to a post that is sent again, under its key, as long as it is being worked on or nobody answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            answer = await client.post("/v1/cases", json=body, headers={"idempotency-key": key, "prefer": prefer})
        except httpx.TransportError:
            pass  # the process was killed: nobody knows whether it was taken
        else:
            statuses.append(answer.status_code)
            if answer.status_code not in (409, 503):
                return answer
            assert int(answer.headers["retry-after"]) >= 1
        assert time.monotonic() < deadline, f"{key}: not answered in time"
        await asyncio.sleep(0.3)


@pytest.mark.parametrize("prefer", ["wait=2", "respond-async"])
async def test_two_hundred_posts_with_twenty_keys_open_twenty_cases_whatever_dies(
    town: Stack, caller: httpx.AsyncClient, prefer: str
) -> None:
    orders = [await town.order(status="shipped") for _ in range(KEYS)]
    statuses, answers = list[int](), defaultdict[str, list[httpx.Response]](list)

    async def post(number: int, text: str) -> None:
        body = {"customer_id": orders[number].customer_id, "text": text}
        key = f"{prefer.rpartition('=')[0] or 'soon'}-{number}"
        answers[key].append(await sent(caller, body, key, prefer, statuses))

    def posts(number: int) -> list[str]:
        text = f"Where is my order {orders[number].order_id}?"
        return [text] * SAME + [f"{text} Again {one}." for one in range(OTHER)]

    calls = [asyncio.create_task(post(number, text)) for number in range(KEYS) for text in posts(number)]

    async def some() -> bool:
        return any(one in (201, 202) for one in statuses)

    await true(some)
    town.kill("api", "worker")
    await town.start("api", "worker")
    await asyncio.gather(*calls)

    assert set(statuses) <= {201, 202, 409, 422, 503}
    for key, given in answers.items():
        good = [one for one in given if one.is_success]
        assert len({one.content for one in good}) == 1, key
        assert sum("idempotency-replayed" not in one.headers for one in good) <= 1, key
        refused = [one.json()["code"] for one in given if not one.is_success]
        assert set(refused) <= {"KeyReused"}, key
        assert len(good) + len(refused) == SAME + OTHER
    opened = {next(one for one in given if one.is_success).json()["case_id"] for given in answers.values()}
    for case_id in opened:
        await town.at_rest(case_id)
    customers = [one.customer_id for one in orders]
    found = await town.rows("select case_id from handrail.cases where customer_id = any(%(c)s)", c=customers)
    assert sorted(case_id for (case_id,) in found) == sorted(opened)
    assert len(opened) == KEYS


async def test_without_a_worker_a_case_is_taken_and_answered_later(town: Stack, caller: httpx.AsyncClient) -> None:
    order = await town.order(status="shipped")
    body = {"customer_id": order.customer_id, "text": f"Where is my order {order.order_id}?"}
    town.kill("worker")
    began = time.monotonic()
    taken = await caller.post("/v1/cases", json=body, headers={"idempotency-key": "nobody-1", "prefer": "wait=1"})
    assert taken.status_code == 202, taken.text
    assert time.monotonic() - began < PATIENCE
    assert (taken.json()["status"], taken.headers["preference-applied"]) == ("Working", "wait=1")
    assert int(taken.headers["retry-after"]) >= 1
    path = taken.headers["location"]
    there = await caller.get(path)
    assert (there.status_code, there.json()["customer_id"], there.json()["waits_for"]) == (200, order.customer_id, "agent")
    more = await caller.post(
        f"{path}/messages", json={"text": "Are you there?"}, headers={"idempotency-key": "nobody-2", "prefer": "wait=1"}
    )
    assert more.status_code == 202, more.text
    told = asyncio.create_task(first_of(caller, f"{path}/events", "reply"))
    await town.start("worker")
    assert (await told)["case_id"] == there.json()["case_id"]

    async def answered() -> bool:
        found: dict[str, Any] = (await caller.get(path)).json()
        return found["waits_for"] in ("nobody", "customer", "person") and bool(found["reply"])

    await true(answered)
    said = (await caller.get(f"{path}/messages")).json()["messages"]
    assert [one["text"] for one in said if one["author"] == "customer"] == [body["text"], "Are you there?"]


async def first_of(client: httpx.AsyncClient, address: str, event: str) -> dict[str, Any]:
    """The first event of this kind that the stream tells."""
    async with asyncio.timeout(PATIENCE), client.stream("GET", address) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        named = ""
        async for line in stream.aiter_lines():
            word, _, value = line.partition(": ")
            named = value if word == "event" else named
            if word == "data" and named == event:
                found: dict[str, Any] = json.loads(value)
                return found
    raise AssertionError(f"{address} ended without {event}")


async def test_the_typed_clients_give_models_and_raise_the_contracts_errors(town: Stack, caller: httpx.AsyncClient) -> None:
    order, key = await town.order(status="shipped"), caller.headers["authorization"].removeprefix("Bearer ")
    text = f"Where is my order {order.order_id}?"
    async with AsyncHandrail(str(caller.base_url), key) as client:
        case = await client.open_case(order.customer_id, text, key="client-1", wait=20)
        assert (case.status, case.waits_for) == (CaseStatus.RESOLVED, "nobody")
        assert (await client.case(case.case_id)).reply == case.reply
        assert [one.case_id async for one in client.cases(customer_id=order.customer_id)] == [case.case_id]
        with pytest.raises(KeyReused, match="client-1"):
            await client.open_case(order.customer_id, "Something else.", key="client-1")
        with pytest.raises(UnknownCase):
            await client.case("there-never-was-one")
        with pytest.raises(InvalidInput, match="text"):
            await client.say(case.case_id, "\u200b")
        with pytest.raises(IllegalTransition):
            await client.reply(case.case_id, "I looked into it.")

    def plainly() -> list[str]:
        with Handrail(str(caller.base_url), key) as client:
            again = client.open_case(order.customer_id, text, key="client-1", wait=20)
            assert again == case
            return [one.text for one in client.messages(again.case_id) if one.author == "customer"]

    assert await asyncio.to_thread(plainly) == [text]


async def test_a_client_sends_again_what_counts_once(town: Stack, caller: httpx.AsyncClient) -> None:
    order, key = await town.order(status="shipped"), caller.headers["authorization"].removeprefix("Bearer ")
    async with AsyncHandrail(str(caller.base_url), key) as client:
        town.kill("api")
        starting = asyncio.create_task(town.start("api"))
        case = await until_taken(client, order.customer_id, f"Where is my order {order.order_id}?")
        await starting
        assert case.customer_id == order.customer_id
        assert len([one async for one in client.cases(customer_id=order.customer_id)]) == 1


async def until_taken(client: AsyncHandrail, customer_id: str, text: str) -> CaseSummary:
    """The case, asked for under one key until the process is back, however slow this machine is."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return await client.open_case(customer_id, text, key="client-2", wait=20)
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the process is not back in time"


async def test_no_generated_request_breaks_the_contract(town: Stack, caller: httpx.AsyncClient, tmp_path: Path) -> None:
    checks = (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "ignored_auth",
        "unsupported_method",
    )
    options = {
        "--header": f"Authorization: {caller.headers['authorization']}",
        "--checks": ",".join(checks),
        "--phases": "coverage,fuzzing",
        "--max-examples": "5",
        "--max-time": "60",
        "--seed": "1",
        # Streams do not end by themselves.
        "--exclude-path-regex": "/events$",
    }
    program = Path(sys.executable).with_name("schemathesis")
    flat = [word for pair in options.items() for word in pair]
    run = await asyncio.create_subprocess_exec(
        str(program),
        "run",
        f"{caller.base_url}/openapi.json".replace("//openapi", "/openapi"),
        *flat,
        "--header",
        "Prefer: wait=0",
        "--continue-on-failure",
        "--no-color",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )
    said, _ = await run.communicate()
    assert run.returncode == 0, said.decode()[-6_000:]
    assert b" passed" in said


async def test_cases_are_taken_while_temporal_is_away_and_begin_whoever_dies(town: Stack, caller: httpx.AsyncClient) -> None:
    orders = [await town.order(status="shipped") for _ in range(AWAY)]
    bodies = [{"customer_id": one.customer_id, "text": f"Where is my order {one.order_id}?"} for one in orders]
    town.kill("temporal")
    soon = {"prefer": "respond-async"}
    posts = [
        caller.post("/v1/cases", json=body, headers={**soon, "idempotency-key": f"away-{n}"}) for n, body in enumerate(bodies)
    ]
    answers = await asyncio.gather(*posts)
    assert [one.status_code for one in answers] == [202] * AWAY
    named = {**bodies[0], "case_id": "away-named", "message_id": "m-1"}
    other = await caller.post("/v1/cases", json=named, headers={**soon, "idempotency-key": "away-named"})
    assert (other.status_code, other.json()["case_id"]) == (202, "away-named"), other.text
    shown = await caller.get(answers[0].headers["location"])
    assert (shown.status_code, shown.json()["status"], shown.json()["waits_for"]) == (200, "Working", "agent")
    again = await caller.post("/v1/cases", json=bodies[0], headers={**soon, "idempotency-key": "away-0"})
    assert (again.status_code, again.content) == (202, answers[0].content)
    ready = await caller.get("/healthz/ready")
    assert (ready.status_code, [*ready.json()["away"]]) == (200, ["temporal"])

    town.kill("api")  # the worker alone is left to begin them
    await town.start("temporal")
    cases = [*(one.json()["case_id"] for one in answers), "away-named"]
    for case_id in cases:
        await true(lambda case_id=case_id: recorded(town, case_id))  # type: ignore[misc]
        await town.at_rest(case_id)
    await town.start("api")

    async def none_left() -> bool:
        return await town.rows("select case_id from handrail.case_starts") == []

    await true(none_left)  # a start that has begun is struck off behind it
    customers = [one.customer_id for one in orders]
    found = await town.rows("select case_id from handrail.cases where customer_id = any(%(c)s)", c=customers)
    assert sorted(case_id for (case_id,) in found) == sorted(cases)


async def recorded(town: Stack, case_id: str) -> bool:
    """Whether the record has the case."""
    return bool(await town.rows("select 1 from handrail.cases where case_id = %(c)s", c=case_id))


async def test_temporal_is_known_to_be_back_without_any_case_to_begin(town: Stack, caller: httpx.AsyncClient) -> None:
    order = await town.order(status="shipped")
    body = {"customer_id": order.customer_id, "text": f"Where is my order {order.order_id}?"}
    town.kill("temporal")
    taken = await caller.post("/v1/cases", json=body, headers={"prefer": "respond-async", "idempotency-key": "back-1"})
    assert taken.status_code == httpx.codes.ACCEPTED, taken.text

    async def known() -> bool:
        began = time.monotonic()
        answer = await caller.post("/v1/cases", json=body, headers={"prefer": "wait=1", "idempotency-key": fresh("back")})
        return answer.status_code == httpx.codes.ACCEPTED and time.monotonic() - began < AT_ONCE / 2

    await true(known)
    # Held by nobody, and due to nobody: no case that begins can tell this process that Temporal is back.
    await town.rows("update handrail.case_starts set due_at = 'infinity' returning 1")
    await town.start("temporal")
    await true(lambda: nothing_away(caller))
    answer = await caller.post("/v1/cases", json=body, headers={"prefer": "wait=1", "idempotency-key": "back-2"})
    assert answer.is_success, answer.text
    assert not await kept(town, answer), "Temporal itself took it"
    await town.rows("delete from handrail.case_starts where due_at = 'infinity' returning 1")


async def test_a_process_that_begins_while_temporal_is_away_takes_cases_and_connects(
    town: Stack, caller: httpx.AsyncClient
) -> None:
    orders = [await town.order(status="shipped") for _ in range(3)]
    soon, now, later = [{"customer_id": one.customer_id, "text": f"Where is my order {one.order_id}?"} for one in orders]
    town.kill("temporal", "api")
    await town.start("api")
    ready = await caller.get("/healthz/ready")
    assert (ready.status_code, [*ready.json()["away"]]) == (200, ["temporal"])
    assert (await caller.get("/desk/sign-in")).status_code == httpx.codes.OK
    first = await caller.post("/v1/cases", json=soon, headers={"prefer": "respond-async", "idempotency-key": "early-1"})
    began = time.monotonic()
    second = await caller.post("/v1/cases", json=now, headers={"prefer": "wait=1", "idempotency-key": "early-2"})
    assert [first.status_code, second.status_code] == [httpx.codes.ACCEPTED] * 2
    assert time.monotonic() - began < AT_ONCE
    said = await caller.post(
        f"{first.headers['location']}/messages", json={"text": "Hi"}, headers={"idempotency-key": "early-3"}
    )
    assert (said.status_code, said.json()["code"]) == (httpx.codes.SERVICE_UNAVAILABLE, "Unreachable")

    town.kill("worker")  # the API alone is left to begin them
    await town.start("temporal")
    await true(lambda: nothing_away(caller))
    await town.start("worker")
    for answer in (first, second):
        await true(lambda answer=answer: recorded(town, answer.json()["case_id"]))  # type: ignore[misc]
    third = await caller.post("/v1/cases", json=later, headers={"prefer": "wait=1", "idempotency-key": "early-4"})
    assert third.is_success, third.text
    assert not await kept(town, third), "Temporal itself took it"
    log = (town.folder / "api.log").read_text()
    assert "connects as soon as it answers" in log
    assert "is connected now" in log


async def kept(town: Stack, answer: httpx.Response) -> bool:
    """Whether the case that was answered for waits in PostgreSQL to begin."""
    return bool(await town.rows("select 1 from handrail.case_starts where case_id = %(c)s", c=answer.json()["case_id"]))


async def nothing_away(caller: httpx.AsyncClient) -> bool:
    """Whether the process says that nothing is away."""
    return not (await caller.get("/healthz/ready")).json()["away"]


def fresh(word: str) -> str:
    """A key that nobody has used."""
    return f"{word}-{uuid4().hex[:12]}"
