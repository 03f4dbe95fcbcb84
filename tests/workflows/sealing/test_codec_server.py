"""The codec server over the real house: whom it answers, what it writes down, what it says of what is gone."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload

from handrail.api.app import create_app
from handrail.api.codec.door import door_of
from handrail.api.codec.server import PATH, create_codec
from handrail.domain.access.principals import ApiScope
from handrail.domain.errors import InvalidInput
from handrail.postgres.vault.keys import PostgresKeyStore, PostgresPlainReadings
from handrail.temporal.codec import SealingCodec
from handrail.wiring.front.api import services_of
from tests.support.house import House
from tests.workflows.api.conftest import Backend, backend

UI = "http://127.0.0.1:8080"
READ, WRITE = [ApiScope.PLAIN_READ], [ApiScope.CASES_HANDLE]


async def caller(home: House, scopes: Sequence[ApiScope], *, unguarded: bool = False) -> Backend:
    """Somebody with a key, before the application with the codec server."""
    services = await services_of(home.settings, home.temporal, home.pool)
    codec = home.temporal.data_converter.payload_codec
    assert isinstance(codec, SealingCodec)
    door = door_of(services.authenticate, UI, "127.0.0.1:8100", unguarded=unguarded)
    mounted = create_codec(codec, door, PostgresPlainReadings(home.pool))
    return await backend(home, create_app(services, mounts={PATH: mounted}), scopes, person="ann")


async def opening(home: House) -> tuple[str, str, list[Payload]]:
    """A case, its customer, and the payloads of its first event."""
    order = await home.strangers_order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    history = await home.temporal.get_workflow_handle(f"case-{case.case_id}").fetch_history()
    return case.case_id, order.customer_id, list(history.events[0].workflow_execution_started_event_attributes.input.payloads)


def body(payloads: Sequence[Payload]) -> dict[str, Any]:
    """Payloads as the Web UI sends them."""
    return {"payloads": [MessageToDict(one) for one in payloads]}


def plain(answer: httpx.Response) -> list[Any]:
    """What the answer's payloads hold."""
    assert answer.status_code == 200, answer.text
    return [json.loads(base64.b64decode(one["data"])) for one in answer.json()["payloads"]]


async def test_who_may_read_does_and_it_stands_in_the_audit(sealed_home: House) -> None:
    case_id, customer, payloads = await opening(sealed_home)
    async with await caller(sealed_home, READ) as ann:
        for _ in range(3):
            [found] = plain(await ann.post("/codec/default/decode", json=body(payloads), headers={"origin": UI}))
        assert (found["case_id"], found["customer_id"]) == (case_id, customer)
        assert (await ann.post("/codec/default/encode", json=body(payloads))).status_code == 403
    noted = await sealed_home.rows(
        "select actor from handrail.audit where case_id = %(c)s and action = 'decrypted'", c=case_id
    )
    assert 1 <= len(noted) <= 2
    assert set(noted) == {("ann",)}


async def test_what_is_typed_goes_to_the_case_that_reads_it(sealed_home: House) -> None:
    case_id, _, _ = await opening(sealed_home)
    async with await caller(sealed_home, WRITE) as ann:
        typed = Payload(metadata={"encoding": b"json/plain"}, data=json.dumps({"note": "call her at noon"}).encode())
        answer = await ann.post("/codec/default/encode", json=body([typed]), headers={"origin": UI})
    assert "noon" not in answer.text
    sent = answer.json()["payloads"][0]
    payload = Payload(
        metadata={name: base64.b64decode(value) for name, value in sent["metadata"].items()},
        data=base64.b64decode(sent["data"]),
    )
    codec = sealed_home.temporal.data_converter.payload_codec
    assert isinstance(codec, SealingCodec)
    reader = SealingCodec(codec.keys, "default", workflow_id=f"case-{case_id}")
    assert await reader.decode([payload]) == [typed]
    key_id = payload.metadata["encryption-key-id"].decode()
    found = await sealed_home.rows("select workflow_id from handrail.data_keys where key_id = %(k)s", k=key_id)
    assert found == [(f"case-{case_id}",)]
    other = SealingCodec(codec.keys, "default", workflow_id="case-somebody-elses")
    assert await other.decode([payload]) == [typed]
    found = await sealed_home.rows("select workflow_id from handrail.data_keys where key_id = %(k)s", k=key_id)
    assert found == [(f"case-{case_id}",)]


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"authorization": ""}, 401, "No token came with the request"),
        ({"authorization": "Bearer hr_test_nonsense"}, 401, "no whole API key"),
        ({"origin": "https://evil.example"}, 403, "is not the Temporal Web UI"),
        ({"origin": "null"}, 403, "is not the Temporal Web UI"),
    ],
)
async def test_nobody_else_is_answered(sealed_home: House, headers: dict[str, str], status: int, words: str) -> None:
    async with await caller(sealed_home, READ) as ann:
        answer = await ann.post("/codec/default/decode", json={"payloads": []}, headers=headers)
        assert (answer.status_code, words in answer.text) == (status, True), answer.text
        assert "access-control-allow-origin" not in answer.headers


async def test_the_browser_is_told_of_the_web_ui_alone(sealed_home: House) -> None:
    async with await caller(sealed_home, READ) as ann:
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,authorization-extras,content-type,x-namespace",
        }
        for origin, allowed in ((UI, UI), ("http://localhost:8080", "http://localhost:8080"), ("https://evil.example", None)):
            answer = await ann.options("/codec/default/decode", headers={"origin": origin, **asked})
            assert answer.headers.get("access-control-allow-origin") == allowed


async def test_what_cannot_be_read_is_answered_with_words(sealed_home: House) -> None:
    async with await caller(sealed_home, READ) as ann:
        for path, content, status, words in (
            ("/codec/default/decode", b"nonsense", 422, "is no list of payloads"),
            ("/codec/other/decode", b'{"payloads": []}', 404, "Payloads are taken at"),
            ("/codec/default/decode", b" " * (8 * 1024 * 1024 + 1), 413, ""),
        ):
            answer = await ann.post(path, content=content)
            assert (answer.status_code, words in answer.text) == (status, True), answer.text
        assert (await ann.get("/codec/default/decode")).status_code == 405
        unknown = Payload(metadata={"encoding": b"binary/handrail-sealed", "encryption-key-id": b"d0"}, data=b"x" * 40)
        answer = await ann.post("/codec/default/decode", json=body([unknown]))
        assert answer.status_code == 500
        assert answer.json()["detail"].startswith("key d0: the database has no such key. Point HANDRAIL_DATABASE_URL")


async def test_what_was_shredded_is_said_to_be_beside_what_is_not(sealed_home: House) -> None:
    case_id, customer, payloads = await opening(sealed_home)
    await sealed_home.temporal.get_workflow_handle(f"case-{case_id}").terminate("forgotten")
    await PostgresKeyStore(sealed_home.pool).shred(customer)
    keys = sealed_home.temporal.data_converter.payload_codec
    assert isinstance(keys, SealingCodec)
    await keys.keys.look()
    never = Payload(metadata={"encoding": b"json/plain"}, data=b'"never encrypted"')
    async with await caller(sealed_home, READ) as ann:
        gone, stands = plain(await ann.post("/codec/default/decode", json=body([*payloads, never])))
    assert "was destroyed on" in gone
    assert stands == "never encrypted"


async def test_without_sign_in_it_is_this_machine_under_its_own_name_alone(sealed_home: House) -> None:
    async with await caller(sealed_home, READ, unguarded=True) as ann:
        ann.headers.pop("authorization")
        for host, more, status in (
            ("127.0.0.1:8100", {"origin": UI}, 200),
            ("localhost:8100", {}, 200),
            ("evil.example:8100", {"origin": UI}, 403),
            ("127.0.0.1:8100", {"origin": "http://127.0.0.1:9999"}, 403),
            ("127.0.0.1:8100", {"x-forwarded-for": "192.0.2.7"}, 401),
        ):
            answer = await ann.post("/codec/default/decode", json={"payloads": []}, headers={"host": host, **more})
            assert answer.status_code == status, (host, more, answer.text)


@pytest.mark.parametrize(("ui", "address"), [("https://temporal.example.com", "127.0.0.1:8100"), (UI, "0.0.0.0:8100")])
async def test_only_a_stack_on_one_machine_may_go_unguarded(sealed_home: House, ui: str, address: str) -> None:
    services = await services_of(sealed_home.settings, sealed_home.temporal, sealed_home.pool)
    with pytest.raises(InvalidInput, match=r"^HANDRAIL_CODEC_UNGUARDED: is for a stack on one machine"):
        door_of(services.authenticate, ui, address, unguarded=True)
