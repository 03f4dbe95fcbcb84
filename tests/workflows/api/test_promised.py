"""Cases that were answered for and have not begun: whatever dies in between, each begins once, and is a case meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from temporalio.service import RPCError

from handrail.domain.access.principals import ApiScope
from handrail.domain.case.reconciling import DifferenceKind
from handrail.domain.case.requests import CaseOpen
from handrail.domain.case.starts import CaseStart
from handrail.domain.errors import CaseConflict
from handrail.domain.personal.forgetting import NotGone, StillOpen
from handrail.personal.access import everything
from handrail.personal.forget import Forgetting
from handrail.postgres.case.openings import PostgresOpenings
from handrail.postgres.case.standings import PostgresStandings
from handrail.postgres.case.starts import PostgresCaseStarts
from handrail.postgres.personal.record import PostgresPersonal
from handrail.postgres.vault.keys import PostgresKeyStore
from handrail.temporal.cases.doorway import DoorwayClient
from handrail.temporal.cases.erasing import TemporalRuns
from handrail.temporal.cases.starting import CaseStarter
from handrail.temporal.connect import Unreachable
from handrail.temporal.repair.promised import promised
from handrail.wiring.redacting import redaction_of
from handrail.wiring.starting import clients, starter_of
from tests.support.house import House, wait_for
from tests.workflows.api.conftest import Backend, backend, fresh
from tests.workflows.api.test_accepting import soon
from tests.workflows.api.test_cases import opening

MANY = 20
Posts = Callable[[], Awaitable[tuple[dict[str, Any], dict[str, Any]]]]
DUE = "update handrail.case_starts set due_at = now() where case_id = any(%(c)s) returning 1"


@pytest.fixture
async def posts(home: House, api: Backend, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Posts]:
    """What posts a case to an API that dies behind its answer; it gives the body, and what was answered."""

    async def died(self: CaseStarter, start: CaseStart) -> None:
        """Begin nothing."""

    monkeypatch.setattr(CaseStarter, "behind", died)

    async def post() -> tuple[dict[str, Any], dict[str, Any]]:
        body = await opening(home)
        answer = await api.post("/v1/cases", json=body, headers=soon(fresh()))
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        return body, answer.json()

    yield post
    await home.rows("delete from handrail.case_starts returning 1")


async def begun(home: House, case_id: str) -> bool:
    """Whether Temporal has the case."""
    try:
        await home.temporal.get_workflow_handle(f"case-{case_id}").describe()
    except RPCError:
        return False
    return True


async def kept(home: House, *case_ids: str) -> int:
    """How many of these the outbox keeps."""
    ((found,),) = await home.rows("select count(*) from handrail.case_starts where case_id = any(%(c)s)", c=list(case_ids))
    return int(found)


async def gone(home: House, *case_ids: str) -> None:
    """Wait until the record has these cases, and the outbox none of them."""

    async def none() -> bool:
        return not await kept(home, *case_ids)

    await wait_for(none)


class Counting(CaseStarter):
    """One process that sweeps; it counts what it begins."""

    def __init__(self, home: House) -> None:
        acting = clients(home.temporal, home.settings.task_queue, redaction_of(home.settings))
        self.begun: list[str] = []
        super().__init__(PostgresCaseStarts(home.pool), acting)

    async def _begin(self, start: CaseStart) -> None:
        self.begun.append(start.case.case_id)
        await super()._begin(start)


async def test_what_was_answered_begins_though_the_process_died(home: House, posts: Posts) -> None:
    _, case = await posts()
    case_id = case["case_id"]
    assert await kept(home, case_id) == 1
    assert not await begun(home, case_id)
    another = starter_of(home.temporal, home.settings, home.pool)
    sweeping = asyncio.create_task(another.forever())
    try:
        await wait_for(lambda: begun(home, case_id))
        await home.settled(case_id)
    finally:
        sweeping.cancel()
    await gone(home, case_id)


async def test_two_processes_begin_each_case_once(home: House, posts: Posts) -> None:
    cases = [(await posts())[1]["case_id"] for _ in range(MANY)]
    await home.rows(DUE, c=cases)
    one, other = Counting(home), Counting(home)

    async def all_begun() -> bool:
        await asyncio.gather(one.sweep(), other.sweep())
        return set(cases) <= {*one.begun, *other.begun}

    await wait_for(all_begun)
    assert sorted(case_id for case_id in [*one.begun, *other.begun] if case_id in cases) == sorted(cases)
    assert one.begun
    assert other.begun
    await gone(home, *cases)
    ((recorded,),) = await home.rows("select count(*) from handrail.cases where case_id = any(%(c)s)", c=cases)
    assert recorded == MANY


async def test_a_case_that_has_not_begun_is_one_under_way(home: House, served: ASGIApp, api: Backend, posts: Posts) -> None:
    body, case = await posts()
    path = f"/v1/cases/{case['case_id']}"
    shown = await api.get(path)
    assert shown.status_code == httpx.codes.OK, shown.text
    assert {name: shown.json()[name] for name in ("status", "waits_for", "customer_id", "turn")} == {
        "status": "Working",
        "waits_for": "agent",
        "customer_id": body["customer_id"],
        "turn": 1,
    }
    assert (await api.get(f"{path}/messages")).json()["messages"] == []
    async with await backend(home, served, [ApiScope.TOKENS_MINT]) as minting:
        for customer, status in ((body["customer_id"], 200), ("C-of-another", 404)):
            token = (await minting.post("/v1/tokens", json={"customer_id": customer})).json()["token"]
            seen = await api.get(path, headers={"authorization": f"Bearer {token}"})
            assert seen.status_code == status, seen.text
    assert not await begun(home, case["case_id"])


async def test_a_message_to_a_case_that_has_not_begun_begins_it(home: House, api: Backend, posts: Posts) -> None:
    body, case = await posts()
    path = f"/v1/cases/{case['case_id']}/messages"
    said = await api.post(path, json={"text": "Thanks"}, headers={"idempotency-key": fresh(), "prefer": "wait=20"})
    assert said.is_success, said.text
    await gone(home, case["case_id"])

    async def both() -> bool:
        messages = (await api.get(path)).json()["messages"]
        return [one["text"] for one in messages if one["author"] == "customer"] == [body["text"], "Thanks"]

    await wait_for(both)


async def test_a_case_that_can_never_begin_comes_to_people_and_hurts_no_other(home: House, run_id: str) -> None:
    order = await home.strangers_order(status="shipped")
    standing = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    wanted = home.cases.wanted(standing.case_id, order.customer_id, f"{run_id}: else", message_id="m-1", channel="api")
    with pytest.raises(CaseConflict):
        await PostgresCaseStarts(home.pool).keep(CaseStart(case=wanted, identity="api:shop"))
    # As a database from before the case would have it: nothing there speaks against it.
    await planted(home, wanted)
    assert await Counting(home).sweep() == (1, None)
    assert await kept(home, wanted.case_id) == 0
    [refused] = [one for one in await PostgresOpenings(home.pool).refused(1_000) if run_id in one.input]
    assert refused.workflow_id == f"kept-{standing.case_id}"
    assert "stands with other content" in refused.words
    assert (await home.cases.status(standing.case_id)).version == standing.version
    assert await PostgresPersonal(home.pool).odd_starts_of([order.customer_id]) == [refused.workflow_id]
    await home.rows("delete from handrail.openings where workflow_id = %(w)s returning 1", w=refused.workflow_id)


@pytest.fixture
def run_id() -> str:
    """A word that nothing else says."""
    return fresh("quaxel")


async def planted(home: House, case: CaseOpen) -> None:
    """Keep a start, whatever stands."""
    await home.rows(
        "insert into handrail.case_starts (case_id, customer_id, opening, content_digest, identity, due_at, taken_until)"
        " values (%(i)s, %(c)s, %(o)s::jsonb, %(d)s, 'api:shop', now(), now()) returning 1",
        i=case.case_id,
        c=case.customer_id,
        o=case.model_dump_json(),
        d=case.content_digest(),
    )


async def test_another_content_that_is_recorded_takes_no_start_away(home: House, posts: Posts) -> None:
    _, case = await posts()
    await home.rows(
        "insert into handrail.cases (case_id, customer_id, channel, status, tier, turn, opened_at, updated_at, version,"
        " content_digest) values (%(i)s, 'C-1', 'rehearsal', 'Closed', 0, 1, now(), now(), 0, 'other') returning 1",
        i=case["case_id"],
    )
    assert await kept(home, case["case_id"]) == 1


async def test_a_customer_with_a_case_that_has_not_begun_is_given_it_and_forgotten(home: House, posts: Posts) -> None:
    body, case = await posts()
    customer, case_id = body["customer_id"], case["case_id"]
    record = PostgresPersonal(home.pool)
    held = await everything(record, customer, lambda raw: raw.decode())
    [told] = [one["data"] for one in held["entries"] if one["source"] == "case_starts"]
    assert told["opening"]["message"]["text"] == body["text"]
    runs = TemporalRuns(home.temporal, home.cases)
    forgetting = Forgetting(record, runs, PostgresKeyStore(home.pool), backup_days=1)
    with pytest.raises(StillOpen, match=case_id):
        await forgetting.forget(customer, "dpo")
    taken = await PostgresCaseStarts(home.pool).take(case_id, timedelta(seconds=1))
    assert taken is not None, "a process that has taken it up, and begins it now"
    late = asyncio.create_task(Counting(home)._begin(taken))
    await forgotten(forgetting, customer)
    await late
    assert not await begun(home, case_id)
    assert await kept(home, case_id) == 0
    assert (await everything(record, customer, lambda raw: raw.decode()))["entries"] == []


async def forgotten(forgetting: Forgetting, customer: str) -> None:
    """Forget the customer by one call, or by the same once more where a case of theirs was recorded meanwhile."""
    try:
        await forgetting.forget(customer, "dpo", close_open=True)
    except NotGone:
        await forgetting.forget(customer, "dpo", close_open=True)


async def test_a_case_that_temporal_lost_before_it_was_recorded_begins_again(home: House, posts: Posts) -> None:
    _, case = await posts()
    await PostgresCaseStarts(home.pool).begun(case["case_id"])
    record = PostgresStandings(home.pool)
    found = [
        one for one in await promised(home.temporal, record, (), timedelta(0)) if one.difference.case_id == case["case_id"]
    ]
    assert [one.difference.kind for one in found] == [DifferenceKind.PROMISED]
    assert "Temporal has lost it" in found[0].difference.words
    assert found[0].mend is not None
    await found[0].mend()
    await Counting(home).sweep()
    await gone(home, case["case_id"])
    assert not [
        one for one in await promised(home.temporal, record, (), timedelta(0)) if one.difference.case_id == case["case_id"]
    ]


async def test_a_request_that_waits_is_kept_where_temporal_is_away(
    home: House, api: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, headers = await opening(home), {"idempotency-key": fresh(), "prefer": "wait=1"}
    with monkeypatch.context() as outage:
        outage.setattr(DoorwayClient, "open_soon", away)
        first = await api.post("/v1/cases", json=body, headers=headers)
    assert (first.status_code, first.json()["status"]) == (202, "Working"), first.text
    case_id = first.json()["case_id"]
    assert await kept(home, case_id) == 1
    await home.rows(DUE, c=[case_id])
    await wait_for(starter_of(home.temporal, home.settings, home.pool).sweep)
    await gone(home, case_id)
    again = await api.post("/v1/cases", json=body, headers=headers)
    assert (again.status_code, again.content) == (first.status_code, first.content)


async def away(self: DoorwayClient, case: CaseOpen) -> None:
    """Find nobody there."""
    raise Unreachable("The server is away.")


async def test_where_nothing_can_begin_one_is_tried_at_a_time_and_none_is_lost(
    home: House, posts: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [(await posts())[1]["case_id"] for _ in range(3)]
    await home.rows(DUE, c=cases)

    process = Counting(home)
    with monkeypatch.context() as outage:
        outage.setattr(DoorwayClient, "open_soon", away)
        found, wrong = await process.sweep()
        assert (found, wrong) == (3, "cases that are answered cannot begin: Unreachable")
        await home.rows(DUE, c=cases)
        assert (await process.sweep())[0] == 1
    await home.rows(DUE, c=cases)
    assert await process.sweep() == (1, None)
    while await process.sweep() != (0, None):
        pass
    await gone(home, *cases)
