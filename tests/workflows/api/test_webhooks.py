"""Webhooks over HTTP: added, looked at, tried, rotated, replayed and removed; its secret told once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook
from starlette.types import ASGIApp

from handrail.api.app import create_app
from handrail.domain.access.principals import ApiScope
from handrail.wiring.front.api import services_of
from tests.support.house import House
from tests.support.receiving import Receiver, receiver
from tests.workflows.api.conftest import Backend, backend, fresh


@pytest.fixture
async def there() -> AsyncIterator[Receiver]:
    async with receiver() as found:
        yield found


@pytest.fixture
async def owner(home: House) -> AsyncIterator[Backend]:
    """A backend that manages webhooks of a house that may call itself."""
    settings = home.settings.model_copy(update={"webhook_key": SecretStr("k" * 32), "webhooks_loopback": True})
    app = create_app(await services_of(settings, home.temporal, home.pool))
    async with await backend(home, app, [ApiScope.WEBHOOKS_MANAGE]) as caller:
        yield caller


async def test_a_webhook_is_added_once_and_its_secret_kept_nowhere_but_sealed(
    home: House, owner: Backend, there: Receiver
) -> None:
    body = {"url": f"http://127.0.0.1:{there.port}/hooks", "kinds": ["reply"], "owner": "ann"}
    key = {"idempotency-key": fresh()}
    assert (await owner.post("/v1/webhooks", json=body)).json()["code"] == "KeyMissing"
    added = await owner.post("/v1/webhooks", json=body, headers=key)
    assert (added.status_code, added.headers["cache-control"]) == (201, "no-store"), added.text
    again = await owner.post("/v1/webhooks", json=body, headers=key)
    assert again.content == added.content
    assert again.headers["idempotency-replayed"] == "true"
    one, secret = f"/v1/webhooks/{added.json()['endpoint_id']}", added.json()["secret"]
    kept = str(
        await home.rows(
            "select to_jsonb(a) || jsonb_build_object('b', convert_from(body, 'UTF8')) from handrail.api_answers a"
        )
    )
    assert one[13:] in kept
    assert secret not in kept
    assert [hook["endpoint_id"] for hook in (await owner.get("/v1/webhooks")).json()["webhooks"]].count(one[13:]) == 1
    assert secret not in (await owner.get(one)).text

    assert (await owner.post(f"{one}/test")).json() == {"taken": True, "status": 200, "words": "answered 200"}
    Webhook(secret).verify(there.came[0].body, there.came[0].headers)
    turned = {"idempotency-key": fresh()}
    rotated = await owner.post(f"{one}/rotate", headers=turned)
    assert (await owner.post(f"{one}/rotate", headers=turned)).json() == rotated.json()
    assert rotated.json()["secret"] != secret
    await owner.post(f"{one}/test")
    for live in (secret, rotated.json()["secret"]):
        Webhook(live).verify(there.came[1].body, there.came[1].headers)

    assert (await owner.get(f"{one}/dead")).json() == {"messages": []}
    assert (await owner.post(f"{one}/replay")).json() == {"replayed": 0}
    unknown = await owner.post(f"{one}/replay", json={"message_id": "msg_1"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "InvalidInput")
    assert (await owner.delete(one)).status_code == 204
    for gone in (await owner.get(one), await owner.delete(one), await owner.post(f"{one}/test")):
        assert (gone.status_code, gone.json()["code"]) == (404, "UnknownWebhook")
    assert (await owner.post("/v1/webhooks", json=body, headers=key)).json()["code"] == "UnknownWebhook"


async def test_a_webhook_that_may_not_be_and_a_caller_who_may_not_are_refused_in_words(
    home: House, owner: Backend, served: ASGIApp, api: Backend
) -> None:
    for change, said in (
        ({"url": "http://example.com/"}, "over https alone"),
        ({"url": "https://169.254.169.254/"}, "url: "),
        ({"kinds": ["replies"]}, "kinds"),
        ({"owner": None}, "owner: is missing"),
    ):
        body = {"url": "https://example.com/hooks", "owner": "ann", **change}
        refused = await owner.post("/v1/webhooks", json=body, headers={"idempotency-key": fresh()})
        assert refused.status_code == 422
        assert said in refused.text
    lacking = await api.get("/v1/webhooks")
    assert (lacking.status_code, "webhooks:manage" in lacking.text) == (403, True)
    async with await backend(home, served, [ApiScope.WEBHOOKS_MANAGE]) as unsealed:
        body = {"url": "https://example.com/hooks", "owner": "ann"}
        without = await unsealed.post("/v1/webhooks", json=body, headers={"idempotency-key": fresh()})
        assert (without.status_code, without.json()["code"]) == (409, "WebhooksNotSetUp")
        assert (await unsealed.get("/v1/webhooks")).status_code == 200
