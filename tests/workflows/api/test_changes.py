"""Customers edit and delete messages, over HTTP: by their backend or their own token, once, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from starlette.types import ASGIApp

from handrail.domain.access.principals import ApiScope
from handrail.domain.errors import UnknownMessage
from tests.support.house import House, wait_for
from tests.workflows.agents.conftest import agency
from tests.workflows.api.conftest import Backend, backend, fresh
from tests.workflows.api.test_python_client import SCOPES, calling

PERSON = "I would like to talk to a real person, please."


async def with_a_person(home: House, api: Backend) -> tuple[str, str]:
    """A case that waits for a person, with a first message `m-1`, and its customer."""
    order = await home.order(status="shipped")
    case_id = f"e-{uuid4().hex[:12]}"
    body = {"case_id": case_id, "customer_id": order.customer_id, "message_id": "m-1", "text": PERSON, "channel": "rehearsal"}
    opened = await api.post("/v1/cases", json=body, headers={"prefer": "wait=30"})
    assert opened.status_code == 201, opened.text
    assert opened.json()["status"] == "WithHuman"
    return case_id, order.customer_id


async def said(api: Backend, case_id: str) -> list[tuple[str, str, bool, bool]]:
    messages = (await api.get(f"/v1/cases/{case_id}/messages")).json()["messages"]
    theirs = [one for one in messages if one["author"] == "customer"]
    return [(one["message_id"], one["text"], bool(one["edited_at"]), bool(one["withdrawn_at"])) for one in theirs]


async def test_an_edit_and_a_withdrawal_count_once_and_are_told(home: House, api: Backend) -> None:
    case_id, _ = await with_a_person(home, api)
    path, key = f"/v1/cases/{case_id}/messages/m-1", {"idempotency-key": fresh()}
    body = {"text": "A person please, about my lamp.", "edited_at": datetime.now(UTC).isoformat()}
    first = await api.patch(path, json=body, headers=key)
    assert (first.status_code, first.json()["message_id"], first.json()["duplicate"]) == (200, "m-1", False)
    again = await api.patch(path, json=body, headers=key)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert (await api.patch(path, json=body)).json()["duplicate"] is True

    async def both() -> bool:
        return len(await said(api, case_id)) == 2

    await wait_for(both)
    assert await said(api, case_id) == [("m-1", PERSON, True, False), ("m-1~2", body["text"], False, False)]
    gone = await api.delete(path)
    assert (gone.status_code, gone.json()["duplicate"]) == (200, False)
    assert (await api.delete(path)).json()["duplicate"] is True

    async def hidden() -> bool:
        return [one[1] for one in await said(api, case_id)] == ["", ""]

    await wait_for(hidden)
    assert [one[3] for one in await said(api, case_id)] == [True, True]
    kept = await home.rows("select text from handrail.messages where case_id = %(c)s and author = 'customer'", c=case_id)
    assert {text for (text,) in kept} == {PERSON, body["text"]}
    noted = "select action from handrail.audit where case_id = %(c)s and action like 'message:%%' order by at"
    assert await home.rows(noted, c=case_id) == [("message:edited",), ("message:withdrawn",)]
    query = "select kind, body from handrail.case_event where case_id = %(c)s and kind like 'message%%' order by sequence"
    told = await home.rows(query, c=case_id)
    assert [kind for kind, _ in told] == ["message", "message", "message.edited", "message.withdrawn"]
    assert told[2][1] == {"message_id": "m-1", "correction": "m-1~2"}


async def test_only_their_own_customer_and_only_their_own_messages(home: House, api: Backend, served: ASGIApp) -> None:
    case_id, customer_id = await with_a_person(home, api)
    path = f"/v1/cases/{case_id}/messages/m-1"
    async with await backend(home, served, [ApiScope.TOKENS_MINT, ApiScope.CASES_WRITE]) as minting:
        tokens = [
            (await minting.post("/v1/tokens", json={"customer_id": one})).json()["token"] for one in (customer_id, "C-0001x")
        ]
    own, other = [{"authorization": f"Bearer {one}"} for one in tokens]
    transport = httpx.ASGITransport(app=served, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api", timeout=60) as browser:
        foreign = await browser.patch(path, json={"text": "Hello!"}, headers=other)
        assert (foreign.status_code, foreign.json()["code"]) == (404, "UnknownCase")
        assert (await browser.delete(path, headers=other)).status_code == 404
        mended = await browser.patch(path, json={"text": "A person, please!"}, headers=own)
        assert mended.status_code == 200, mended.text
    unknown = await api.patch(f"/v1/cases/{case_id}/messages/m-9", json={"text": "Hello!"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "UnknownMessage")
    assert (await api.patch(path, json={"text": " "})).status_code == 422
    assert (await api.patch(path, json={"text": "Hi", "edited_at": "2026-12-01T10:00:00"})).status_code == 422
    await home.cases.close(case_id)
    await home.until(case_id, lambda view: view.status == "Closed")
    over = await api.delete(path)
    assert (over.status_code, over.json()["code"]) == (409, "IllegalTransition")


@pytest.mark.parametrize("sync", [True, False])
async def test_the_python_clients_edit_and_withdraw(home: House, sync: bool) -> None:
    order = await home.order(status="shipped")
    async with agency(home) as house, calling(home, house, SCOPES, sync=sync) as does:
        case = await does("open_case", order.customer_id, PERSON, key="first", case_id=f"e-{uuid4().hex[:12]}", wait=30)
        edited = await does("edit_message", case.case_id, "first", "A person, please!", edited_at=datetime.now(UTC))
        assert edited.duplicate is False
        assert (await does("withdraw_message", case.case_id, "first", key=fresh())).message_id == "first"
        with pytest.raises(UnknownMessage):
            await does("withdraw_message", case.case_id, "nothing")

        async def hidden() -> bool:
            return all(not one.text for one in await does("messages", case.case_id) if one.author == "customer")

        await wait_for(hidden)
