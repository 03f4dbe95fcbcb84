"""Customers who are one person, over HTTP: a backend says so and nobody else; a token still reaches its own cases alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import ASGIApp

from handrail.api.app import create_app
from handrail.client import AsyncHandrail
from handrail.domain.access.principals import ApiScope
from handrail.wiring.front.api import services_of
from tests.support.house import House
from tests.workflows.api.conftest import Backend, backend, fresh
from tests.workflows.api.test_callers import calling

WHY = {"reason": "the same card and phone number"}


@pytest.fixture
async def crm(home: House, served: ASGIApp) -> AsyncIterator[Backend]:
    """A backend that knows which customers are one person."""
    scopes = [ApiScope.CUSTOMERS_MERGE, ApiScope.CASES_READ, ApiScope.CASES_WRITE, ApiScope.TOKENS_MINT]
    async with await backend(home, served, scopes) as caller:
        yield caller


async def two(home: House) -> tuple[str, str]:
    """Two customers who were never merged."""
    found = await home.rows(
        """select customer_id from shop.customers where not exists
        (select from handrail.customer_links where customer_id in (merged, kept)) order by random() limit 2"""
    )
    return str(found[0][0]), str(found[1][0])


async def asked(caller: Backend, customer_id: str) -> str:
    """The id of a case of the customer's."""
    body = {"customer_id": customer_id, "text": "What are your opening hours?", "channel": "rehearsal"}
    opened = await caller.post("/v1/cases", json=body, headers={"idempotency-key": fresh(), "prefer": "wait=30"})
    assert opened.status_code == 201, opened.text
    return str(opened.json()["case_id"])


async def test_a_backend_merges_sees_and_parts(home: House, crm: Backend) -> None:
    mail, widget = await two(home)
    cases = {await asked(crm, mail), await asked(crm, widget)}

    async def listed(customer_id: str) -> set[str]:
        found = await crm.get("/v1/cases", params={"customer_id": customer_id})
        return {one["case_id"] for one in found.json()["cases"]}

    assert len(await listed(widget) & cases) == 1
    path = f"/v1/customers/{widget}/merge"
    merged = await crm.post(path, json={"into": mail, **WHY})
    assert merged.status_code == 200, merged.text
    (link,) = merged.json()["links"]
    assert (link["merged"], link["kept"], link["reason"], link["by"]) == (widget, mail, WHY["reason"], f"api:{crm.key.caller}")
    assert link["contradictions"] == ["other_mail"], "each account has a verified address of its own"
    assert (await crm.post(path, json={"into": mail, **WHY})).json() == merged.json()
    shown = (await crm.get(f"/v1/customers/{mail}/kin")).json()
    assert (shown["customer_id"], shown["customer_ids"], shown["links"]) == (mail, [mail, widget], [link])
    assert await listed(widget) >= cases
    assert await listed(mail) >= cases

    for body, code in (({"into": widget, **WHY}, "InvalidInput"), ({"into": "C-none", **WHY}, "UnknownCustomer")):
        refused = await crm.post(path, json=body)
        assert refused.json()["code"] == code, refused.text
    assert (await crm.post(f"/v1/customers/{mail}/merge", json={"into": widget, **WHY})).status_code == 409
    assert (await crm.post(path, json={"into": mail, "reason": ""})).status_code == 422

    parted = (await crm.post(f"{path}/undo", json={"reason": "two sisters"})).json()
    assert (parted["customer_ids"], parted["links"]) == ([widget], [])
    assert (await crm.post(f"{path}/undo", json={"reason": "two sisters"})).json() == parted
    assert len(await listed(widget) & cases) == 1
    noted = await home.rows(
        "select action, actor from handrail.audit where case_id = any(%(c)s) and action like 'customer:%%' order by 1",
        c=list(cases),
    )
    assert [one for one, _ in noted] == ["customer:merged"] * 2 + ["customer:parted"] * 2
    assert {actor for _, actor in noted} == {f"api:{crm.key.caller}"}


async def test_nobody_else_says_who_is_one_person(home: House, served: ASGIApp, api: Backend, crm: Backend) -> None:
    one, other = await two(home)
    body = {"into": other, **WHY}
    lacking = await api.post(f"/v1/customers/{one}/merge", json=body)
    assert (lacking.status_code, lacking.json()["code"]) == (403, "ScopeMissing")
    assert "customers:merge" in lacking.json()["detail"]
    minted = (await crm.post("/v1/tokens", json={"customer_id": one})).json()["token"]
    agents = [ApiScope.CUSTOMERS_MERGE, ApiScope.CASES_WRITE, ApiScope.AGENTS_ACT]
    async with calling(served, minted) as customer, await backend(home, served, agents) as agent:
        for caller in (customer, agent):
            for path, sent in ((f"/v1/customers/{one}/merge", body), (f"/v1/customers/{one}/merge/undo", WHY)):
                refused = await caller.post(path, json=sent)
                assert (refused.status_code, refused.json()["code"]) == (403, "ScopeMissing"), refused.text
        assert (await customer.get(f"/v1/customers/{one}/kin")).status_code == 403
    assert (await crm.get(f"/v1/customers/{one}/kin")).json()["customer_ids"] == [one]


async def test_a_token_reaches_the_cases_of_its_own_id_alone(home: House, served: ASGIApp, crm: Backend) -> None:
    one, other = await two(home)
    own, others = await asked(crm, one), await asked(crm, other)
    token = (await crm.post("/v1/tokens", json={"customer_id": one})).json()["token"]
    assert (await crm.post(f"/v1/customers/{one}/merge", json={"into": other, **WHY})).status_code == 200
    async with calling(served, token) as customer:
        listed = (await customer.get("/v1/cases")).json()["cases"]
        assert own in {found["case_id"] for found in listed}
        assert {found["customer_id"] for found in listed} == {one}
        assert (await customer.get(f"/v1/cases/{own}")).status_code == 200
        never = await customer.get("/v1/cases/there-never-was-one")
        for path in (f"/v1/cases/{others}", f"/v1/cases/{others}/messages"):
            answer = await customer.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, never.json()["code"])
        said = await customer.post(f"/v1/cases/{others}/messages", json={"text": "hi"}, headers={"idempotency-key": fresh()})
        assert said.status_code == 404
        assert (await customer.get("/v1/cases", params={"customer_id": other})).json()["cases"] == []


async def test_tokens_of_one_person_share_their_limit(home: House, crm: Backend) -> None:
    one, other = await two(home)
    settings = home.settings.model_copy(update={"api_calls_per_minute": 1_000, "api_customer_calls_per_minute": 3})
    app = create_app(await services_of(settings, home.temporal, home.pool))
    tokens = [(await crm.post("/v1/tokens", json={"customer_id": who})).json()["token"] for who in (one, other)]
    assert (await crm.post(f"/v1/customers/{one}/merge", json={"into": other, **WHY})).status_code == 200
    async with calling(app, tokens[0]) as first, calling(app, tokens[1]) as second:
        statuses = [(await caller.get("/v1/limits")).status_code for caller in (first, second, first, second)]
    assert statuses == [200, 200, 200, 429]


async def test_the_client_has_the_three_calls(home: House, served: ASGIApp, crm: Backend) -> None:
    one, other = await two(home)
    async with AsyncHandrail("http://api", crm.secret, transport=httpx.ASGITransport(app=served)) as client:
        assert (await client.merge_customer(one, other, "said so")).customer_ids == [one, other]
        assert (await client.kin(other)).customer_ids == [other, one]
        assert (await client.undo_merge(one, "was not so")).customer_ids == [one]
