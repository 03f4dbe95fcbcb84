"""Cases that are taken without a wait: the key itself is the case, so nothing that is lost makes a second one."""

from __future__ import annotations

import asyncio

import httpx

from handrail.api.app import create_app
from handrail.domain.access.principals import ApiScope
from handrail.wiring.front.api import services_of
from tests.support.house import House, wait_for
from tests.workflows.api.conftest import Backend, backend, fresh
from tests.workflows.api.test_cases import opening

AT_ONCE = 12


def soon(key: str) -> dict[str, str]:
    """The headers of a request that waits for nothing."""
    return {"idempotency-key": key, "prefer": "respond-async"}


async def opened(home: House, customer_id: str) -> int:
    """How many cases the customer has, once the record has one."""

    async def count() -> int:
        ((found,),) = await home.rows("select count(*) from handrail.cases where customer_id = %(c)s", c=customer_id)
        return int(found)

    await wait_for(lambda: count())
    return await count()


async def test_the_same_at_once_is_one_case_and_each_gets_the_same_answer(home: House, api: Backend) -> None:
    body, key = await opening(home), fresh()
    answers = await asyncio.gather(*(api.post("/v1/cases", json=body, headers=soon(key)) for _ in range(AT_ONCE)))
    assert {one.status_code for one in answers} == {httpx.codes.ACCEPTED}
    assert len({one.content for one in answers}) == 1
    assert sum("idempotency-replayed" not in one.headers for one in answers) == 1
    assert await opened(home, body["customer_id"]) == 1


async def test_an_answer_whose_row_was_lost_comes_again_byte_for_byte(home: House, api: Backend) -> None:
    body, key = await opening(home), fresh()
    first = await api.post("/v1/cases", json=body, headers=soon(key))
    assert first.status_code == httpx.codes.ACCEPTED, first.text

    async def resolved() -> bool:
        return bool((await api.get(first.headers["location"])).json()["status"] == "Resolved")

    await wait_for(resolved)
    await home.rows("delete from handrail.api_answers where idempotency_key = %(k)s returning 1", k=key)
    other = await api.post("/v1/cases", json={**body, "text": "Something else."}, headers=soon(key))
    assert (other.status_code, other.json()["code"]) == (409, "CaseConflict")
    await home.rows("delete from handrail.api_answers where idempotency_key = %(k)s returning 1", k=key)
    again = await api.post("/v1/cases", json=body, headers=soon(key))
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert await opened(home, body["customer_id"]) == 1


async def test_a_request_that_waits_under_the_key_is_waited_for_while_it_lives(home: House, api: Backend) -> None:
    body, key = await opening(home), fresh()
    first = await api.post("/v1/cases", json=body, headers=soon(key))
    waiting = (
        "update handrail.api_answers set status = null, headers = null, body = null,"
        " held_until = now() + %(t)s::interval where idempotency_key = %(k)s returning 1"
    )
    assert await home.rows(waiting, k=key, t="1 minute") == [(1,)]
    busy = await api.post("/v1/cases", json=body, headers=soon(key))
    assert (busy.status_code, busy.json()["code"]) == (409, "RequestInFlight")
    assert int(busy.headers["retry-after"]) >= 1
    assert await home.rows(waiting, k=key, t="-1 second") == [(1,)]
    again = await api.post("/v1/cases", json=body, headers=soon(key))
    assert (again.status_code, again.content) == (first.status_code, first.content)
    other = await api.post("/v1/cases", json={**body, "text": "Something else."}, headers=soon(key))
    assert (other.status_code, other.json()["code"]) == (422, "KeyReused")


async def test_a_key_of_another_call_opens_nothing(home: House, api: Backend) -> None:
    body, key = await opening(home), fresh()
    case = (await api.post("/v1/cases", json=body, headers={"idempotency-key": fresh()})).json()
    said = await api.post(f"/v1/cases/{case['case_id']}/messages", json={"text": "Thanks"}, headers={"idempotency-key": key})
    assert said.is_success, said.text
    refused = await api.post("/v1/cases", json=body, headers=soon(key))
    assert (refused.status_code, refused.json()["code"]) == (422, "KeyReused")
    assert await opened(home, body["customer_id"]) == 1


async def test_a_case_under_an_id_of_the_callers_is_told_as_it_stands(home: House, api: Backend) -> None:
    body = {**await opening(home), "case_id": fresh("c"), "message_id": fresh("m")}
    first = await api.post("/v1/cases", json=body, headers={"idempotency-key": fresh(), "prefer": "wait=30"})
    assert first.status_code == httpx.codes.CREATED, first.text
    again = await api.post("/v1/cases", json=body, headers=soon(fresh()))
    assert (again.status_code, again.json()["status"]) == (201, "Resolved")


async def test_what_was_answered_is_answered_again_beyond_the_limit(home: House) -> None:
    settings = home.settings.model_copy(update={"api_calls_per_minute": 100, "api_customer_calls_per_minute": 1})
    app = create_app(await services_of(settings, home.temporal, home.pool))
    body, key = await opening(home), fresh()
    async with await backend(home, app, [ApiScope.CASES_WRITE, ApiScope.CASES_READ]) as caller:
        first = await caller.post("/v1/cases", json=body, headers=soon(key))
        again = await caller.post("/v1/cases", json=body, headers=soon(key))
        assert (again.status_code, again.content) == (httpx.codes.ACCEPTED, first.content)
        beyond = await caller.post("/v1/cases", json=body, headers=soon(fresh()))
        assert (beyond.status_code, beyond.json()["code"]) == (429, "RateLimited")
    assert await opened(home, body["customer_id"]) == 1


async def test_where_replies_go_is_noted_with_the_case(home: House, api: Backend) -> None:
    body, key = {**await opening(home), "channel": "sms", "address": "+15550100"}, fresh()
    answer = await api.post("/v1/cases", json=body, headers=soon(key))
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    case_id = answer.json()["case_id"]
    noted = "select message_id, channel, address from handrail.arrivals where case_id = %(c)s"
    assert await home.rows(noted, c=case_id) == [(key, "sms", "+15550100")]
    other = await api.post("/v1/cases", json={**body, "address": "+15550199"}, headers=soon(key))
    assert (other.status_code, other.json()["code"]) == (422, "KeyReused")
    assert await home.rows(noted, c=case_id) == [(key, "sms", "+15550100")]


async def test_what_cannot_be_taken_is_refused_ahead_of_the_answer_and_kept_as_such(home: House, api: Backend) -> None:
    body, key = {**await opening(home), "text": "\u200b"}, fresh()
    first = await api.post("/v1/cases", json=body, headers=soon(key))
    assert (first.status_code, first.json()["code"]) == (422, "InvalidInput")
    again = await api.post("/v1/cases", json=body, headers=soon(key))
    assert (again.status_code, again.content) == (first.status_code, first.content)
    kept = "select 1 from handrail.case_starts where customer_id = %(c)s"
    assert await home.rows(kept, c=body["customer_id"]) == []
