"""Cases over HTTP: opened once, answered in the same call, listed, looked at; and who may."""

from __future__ import annotations

import logging

import httpx
import pytest
from starlette.types import ASGIApp

from handrail.domain.access.principals import ApiScope
from tests.support.house import House, wait_for
from tests.support.menus import Page
from tests.workflows.api.conftest import Backend, backend, fresh


async def opening(home: House) -> dict[str, str]:
    order = await home.strangers_order(status="shipped")
    return {
        "customer_id": order.customer_id,
        "text": f"Where is my order {order.order_id}?",
        "channel": "rehearsal",
    }


async def test_the_first_reply_comes_in_the_same_call_and_counts_once(home: House, api: Backend) -> None:
    body, key = await opening(home), {"idempotency-key": fresh(), "prefer": "wait=30"}
    first = await api.post("/v1/cases", json=body, headers=key)
    assert first.status_code == 201, first.text
    case = first.json()
    assert (case["status"], case["waits_for"], case["customer_id"]) == ("Resolved", "nobody", body["customer_id"])
    assert body["text"].split()[-1].rstrip("?") in case["reply"]
    assert first.headers["location"] == f"/v1/cases/{case['case_id']}"
    assert first.headers["preference-applied"] == "wait=30"

    again = await api.post("/v1/cases", json=dict(reversed(body.items())), headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = await api.post("/v1/cases", json={**body, "text": "something else"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "KeyReused")
    counted = await home.rows(
        "select count(*) from handrail.messages where case_id = %(c)s and author = 'customer'", c=case["case_id"]
    )
    assert counted == [(1,)]


async def test_a_case_that_temporal_has_forgotten_is_still_closed(home: House, api: Backend) -> None:
    case = (await api.post("/v1/cases", json=await opening(home), headers={"idempotency-key": fresh()})).json()
    path, handle = f"/v1/cases/{case['case_id']}", home.temporal.get_workflow_handle(f"case-{case['case_id']}")
    await handle.signal("close_case")
    await handle.result()
    await Page(home.temporal).delete(case["case_id"])

    async def refused() -> dict[str, str] | None:
        answer = await api.post(f"{path}/messages", json={"text": "Hello?"}, headers={"idempotency-key": fresh()})
        problem: dict[str, str] = answer.json()
        return problem if "long ago" in problem["detail"] else None

    found = await wait_for(refused)
    assert (found["status"], found["code"]) == (409, "IllegalTransition")
    assert (await api.get(path)).json()["status"] == "Closed"


async def test_a_second_message_goes_on_with_the_case(home: House, api: Backend) -> None:
    case = (await api.post("/v1/cases", json=await opening(home), headers={"idempotency-key": fresh()})).json()
    path = f"/v1/cases/{case['case_id']}"
    more = await api.post(
        f"{path}/messages",
        json={"text": "I want to talk to a person"},
        headers={"idempotency-key": fresh(), "prefer": "wait=30"},
    )
    assert (more.status_code, more.json()["waits_for"]) == (200, "person"), more.text
    whole = (await api.get(path)).json()
    assert (whole["status"], whole["waits_for"], whole["turn"]) == ("WithHuman", "person", 2)
    said = (await api.get(f"{path}/messages")).json()["messages"]
    assert [one["text"] for one in said if one["author"] == "customer"][-1] == "I want to talk to a person"


async def test_pages_hold_every_case_once(home: House, api: Backend) -> None:
    body = await opening(home)
    for _ in range(3):
        await api.post("/v1/cases", json=body, headers={"idempotency-key": fresh(), "prefer": "wait=30"})
    found, cursor = list[str](), None
    while True:
        page = (
            await api.get(
                "/v1/cases", params={"customer_id": body["customer_id"], "limit": 1, **({"cursor": cursor} if cursor else {})}
            )
        ).json()
        found += [one["case_id"] for one in page["cases"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(found) == len(set(found)) == 3
    wrong = await api.get("/v1/cases", params={"cursor": "bm90aGluZw"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "InvalidInput")


async def test_who_calls_and_what_they_may(home: House, served: ASGIApp, api: Backend) -> None:
    body = await opening(home)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=served), base_url="http://api") as nobody:
        refused = await nobody.post("/v1/cases", content=b"{not even read")
        assert (refused.status_code, refused.json()["code"]) == (401, "NotAuthenticated")
        assert refused.headers["www-authenticate"].startswith("Bearer")
        forged = await nobody.get(
            "/v1/cases", headers={"authorization": f"Bearer {api.secret[:-1]}{'a' if api.secret[-1] != 'a' else 'b'}"}
        )
        assert forged.status_code == 401
        assert (await nobody.get("/healthz/ready")).json() == {"status": "ok", "away": {}}
    async with await backend(home, served, [ApiScope.CASES_READ]) as reader:
        lacking = await reader.post("/v1/cases", json=body, headers={"idempotency-key": fresh()})
    assert (lacking.status_code, lacking.json()["code"]) == (403, "ScopeMissing")
    assert "cases:write" in lacking.json()["detail"]


async def test_a_key_is_neither_logged_nor_taken_from_an_address(
    home: House, api: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = api.secret.rpartition("_")[2]
    refused = await api.get(f"/v1/cases?key={api.secret}")
    assert (refused.status_code, refused.json()["code"]) == (400, "BadRequest")
    told = await api.get(f"/v1/cases/{api.secret}")
    assert secret not in told.text
    await api.post("/v1/cases", json={"text": api.secret}, headers={"idempotency-key": fresh()})
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("handrail")]
    assert not [words for words in ours if secret in words]
    kept = await home.rows("select secret_hash from handrail.api_keys where key_id = %(k)s", k=api.key.key_id)
    assert kept != [(secret,)]
    assert secret not in str(await home.rows("select * from handrail.api_keys"))
