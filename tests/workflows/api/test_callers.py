"""Callers that are no plain backend: a customer's own browser, somebody with a token of an identity provider, an owner."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.types import ASGIApp

from handrail.api.app import create_app
from handrail.domain.access.principals import ApiScope
from handrail.wiring.front.api import services_of
from tests.support.house import House
from tests.support.provider import provider
from tests.workflows.api.conftest import Backend, backend, fresh
from tests.workflows.api.test_cases import opening


def calling(app: ASGIApp, token: str) -> httpx.AsyncClient:
    """A caller with a token."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(
        transport=transport, base_url="http://api", timeout=60, headers={"authorization": f"Bearer {token}"}
    )


@pytest.fixture
async def shop(home: House, served: ASGIApp) -> AsyncIterator[Backend]:
    """A backend that mints tokens for its customers."""
    scopes = [ApiScope.CASES_WRITE, ApiScope.CASES_READ, ApiScope.TOKENS_MINT]
    async with await backend(home, served, scopes) as caller:
        yield caller


async def test_a_customers_token_reaches_that_customers_cases_alone(home: House, served: ASGIApp, shop: Backend) -> None:
    body = await opening(home)
    mine = (await shop.post("/v1/tokens", json={"customer_id": body["customer_id"], "minutes": 5})).json()
    others = (await shop.post("/v1/tokens", json={"customer_id": "C-0001"})).json()
    words, waiting = {"text": body["text"]}, {"prefer": "wait=30"}
    async with calling(served, mine["token"]) as customer, calling(served, others["token"]) as other:
        opened = await customer.post("/v1/cases", json=words, headers={"idempotency-key": fresh(), **waiting})
        assert (opened.status_code, opened.json()["customer_id"]) == (201, body["customer_id"]), opened.text
        for field, value in (("customer_id", "C-0001"), ("customer_id", body["customer_id"]), ("case_id", fresh())):
            named = await customer.post("/v1/cases", json={**words, field: value}, headers={"idempotency-key": fresh()})
            assert (named.status_code, named.json()["code"]) == (422, "InvalidInput")
        path = f"/v1/cases/{opened.json()['case_id']}"
        whole = (await customer.get(path)).json()
        assert "approvals" not in whole
        assert whole["reply"]
        assert [one["case_id"] for one in (await customer.get("/v1/cases")).json()["cases"]] == [whole["case_id"]]

        never = (await other.get("/v1/cases/there-never-was-one")).json()
        for answer in (
            await other.get(path),
            await other.get(f"{path}/messages"),
            await other.post(f"{path}/messages", json={"text": "hi"}, headers={"idempotency-key": fresh()}),
            await other.post(f"{path}/rate", json={"csat": 1}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, never["code"])
        assert (await other.get("/v1/cases", params={"customer_id": body["customer_id"]})).json()["cases"] == []
        for method, place in (("POST", "/v1/tokens"), ("GET", "/v1/queue"), ("POST", f"{path}/claim")):
            lacking = await customer.request(method, place, json={"customer_id": "C-0001"} if "tokens" in place else None)
            assert lacking.status_code == 403, (place, lacking.text)
    await home.rows("update handrail.api_tokens set minted_at = minted_at - interval '1 day', expires_at = now() returning 1")
    async with calling(served, mine["token"]) as late, calling(served, f"{mine['token'][:-1]}_") as forged:
        assert (await late.get(path)).status_code == 401
        assert (await forged.get(path)).status_code == 401


async def test_tokens_of_an_identity_provider(home: House) -> None:
    with provider() as issuer:
        changes = {"api_oidc_issuer": issuer.issuer, "api_oidc_audience": "handrail"}
        services = await services_of(home.settings.model_copy(update=changes), home.temporal, home.pool)
        app = create_app(services)

        async def status(token: str, path: str = "/v1/cases?limit=1") -> int:
            async with calling(app, token) as caller:
                return (await caller.get(path)).status_code

        good = issuer.token()
        principal = await services.authenticate(good)
        assert principal.person == "ann@example.com"
        assert principal.scopes == {ApiScope.CASES_READ, ApiScope.APPROVALS_DECIDE}
        assert [await status(good), await status(good, "/v1/queue")] == [200, 403]
        assert await status(issuer.token(email_verified=False)) == 200
        for said, names in ((False, None), ("false", None), ("False", None), (0, None), ("true", "ann@example.com")):
            assert (await services.authenticate(issuer.token(email_verified=said))).person == names
        secret = OctKey.import_key(json.dumps(issuer.keys[0].as_dict(private=False)))
        stranger = RSAKey.generate_key(2048, {"kid": "first"})
        claims = {"iss": issuer.issuer, "aud": "handrail", "sub": "u", "exp": int(time.time()) + 300, "scope": "cases:read"}
        for wrong in (
            issuer.token(aud="another service"),
            issuer.token(iss="https://elsewhere.example"),
            issuer.token(exp=int(time.time()) - 300),
            issuer.token(exp=None),
            jwt.encode({"alg": "HS256", "kid": "first"}, claims, secret),
            jwt.encode({"alg": "RS256", "kid": "first"}, claims, stranger),
            good[:-6] + "AAAAAA",
            "e30.e30.",
            "a.b.c",
        ):
            assert await status(wrong) == 401, wrong


async def test_an_owner_sets_what_there_is_and_lifts_it(home: House, served: ASGIApp, api: Backend) -> None:
    scopes = [ApiScope.CONTROLS_READ, ApiScope.CONTROLS_SET]
    async with await backend(home, served, scopes, "olga") as owner:
        wrong = await owner.post("/v1/controls", json={"scope": "topic:nonesuch", "level": "off", "reason": "a test"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "InvalidInput")
        assert "Known:" in wrong.json()["detail"]
        body = {"scope": "segment:vip", "level": "review", "reason": "a test", "minutes": 5}
        held = await owner.post("/v1/controls", json=body)
        assert (held.status_code, held.json()["actor"], held.json()["waited"]) == (201, "olga", True), held.text
        shown = (await owner.get("/v1/controls")).json()["controls"]
        assert held.json()["control_id"] in [one["control_id"] for one in shown]
        lifted = (await owner.post("/v1/controls/clear", json={"scope": "segment:vip", "reason": "done"})).json()["controls"]
        assert [one["control_id"] for one in lifted] == [held.json()["control_id"]]
    assert (await api.get("/v1/controls")).status_code == 403


async def test_limits_are_told_and_kept(home: House) -> None:
    changes = {"api_calls_per_minute": 3, "api_customer_calls_per_minute": 60}
    app = create_app(await services_of(home.settings.model_copy(update=changes), home.temporal, home.pool))
    async with await backend(home, app, [ApiScope.CASES_READ]) as caller:
        told = await caller.get("/v1/limits")
        assert told.json()["limits"][0] == {"name": "caller", "calls": 3, "seconds": 60}
        assert told.headers["ratelimit-policy"] == '"caller";q=3;w=60'
        assert told.headers["ratelimit"].startswith('"caller";r=2;t=')
        for _ in range(2):
            await caller.get("/v1/limits")
        beyond = await caller.get("/v1/limits")
        assert (beyond.status_code, beyond.json()["code"]) == (429, "RateLimited")
        assert int(beyond.headers["retry-after"]) >= 1
