"""Decisions over HTTP: exactly what was seen is decided, once, by somebody of whom the house knows who it is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from starlette.types import ASGIApp

from handrail.domain.access.principals import ApiScope
from handrail.domain.access.vouching import about
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.team.commands import HandBack, Recuse
from handrail.postgres.access.record import PostgresCaseRecord
from handrail.postgres.access.vouchers import PostgresVouchers
from tests.support.house import House, wait_for
from tests.workflows.api.conftest import Backend, backend, fresh
from tests.workflows.test_paths import held_refund

DESK = [ApiScope.CASES_READ, ApiScope.APPROVALS_DECIDE, ApiScope.CASES_HANDLE]


@pytest.fixture
async def ann(home: House, served: ASGIApp) -> AsyncIterator[Backend]:
    """The desk of ann, a reviewer."""
    async with await backend(home, served, DESK, "ann") as caller:
        yield caller


async def test_a_decision_is_bound_to_what_was_seen_and_verified(home: House, ann: Backend, api: Backend) -> None:
    case, _ = await held_refund(home)
    shown = case.approvals[0]
    path = f"/v1/cases/{case.case_id}/approvals/{shown.approval_id}"
    seen = await ann.get(path)
    assert (seen.status_code, seen.headers["etag"]) == (200, f'"{shown.approval_id}.{shown.revision}"'), seen.text

    yes, key = {"decision": "approve"}, {"idempotency-key": fresh()}
    blind = await ann.post(f"{path}/decide", json=yes, headers=key)
    assert (blind.status_code, blind.json()["code"]) == (428, "MatchMissing")
    stale = await ann.post(f"{path}/decide", json=yes, headers={**key, "if-match": f'"{shown.approval_id}.99"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "MatchFailed")
    other = await api.post(f"{path}/decide", json=yes, headers={**key, "if-match": seen.headers["etag"]})
    assert (other.status_code, other.json()["code"]) == (403, "ScopeMissing")
    assert "approvals:decide" in other.json()["detail"]

    key = {"idempotency-key": fresh(), "if-match": seen.headers["etag"]}
    done = await ann.post(f"{path}/decide", json=yes, headers=key)
    assert done.status_code == 200, done.text
    decision = done.json()["decision"]
    assert (decision["reviewer"], decision["identity"], decision["sender"]) == ("ann", "verified", "ann")
    again = await ann.post(f"{path}/decide", json=yes, headers=key)
    assert (again.content, again.headers["idempotency-replayed"]) == (done.content, "true")
    late = await ann.post(f"{path}/decide", json={"decision": "reject"}, headers={"if-match": seen.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "MatchFailed")
    assert "approved by ann" in late.json()["detail"]
    assert (await home.settled(case.case_id)).status == "Resolved"


async def test_a_record_behind_the_case_changes_no_answer(home: House, ann: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    case, _ = await held_refund(home)

    async def behind(record: PostgresCaseRecord, case_id: str) -> CaseView:
        return case

    monkeypatch.setattr(PostgresCaseRecord, "show", behind)
    shown = case.approvals[0]
    path = f"/v1/cases/{case.case_id}/approvals/{shown.approval_id}/decide"
    seen = {"if-match": f'"{shown.approval_id}.{shown.revision}"'}
    done = await ann.post(path, json={"decision": "approve"}, headers=seen)
    assert done.status_code == 200, done.text
    late = await ann.post(path, json={"decision": "reject"}, headers=seen)
    assert (late.status_code, late.json()["code"]) == (412, "MatchFailed")
    assert "approved by ann" in late.json()["detail"]


def made_decision(approval_id: str, revision: int) -> DecisionInput:
    return DecisionInput(decision=DecisionKind.REJECT, approval_id=approval_id, revision=revision, reviewer="ann")


async def test_a_name_that_was_only_typed_is_not_verified(home: House) -> None:
    case, _ = await held_refund(home)
    shown = case.approvals[0]
    settled = await home.cases.decide(
        case.case_id,
        made_decision(shown.approval_id, shown.revision),
    )
    assert settled.decision is not None
    assert settled.decision.identity == "self-declared"


async def test_a_voucher_counts_for_its_own_decision_alone(home: House, ann: Backend) -> None:
    case, _ = await held_refund(home)
    shown = case.approvals[0]
    await home.rows(
        "insert into handrail.api_vouchers (update_id, case_id, person, caller, about) "
        "values ('api-forged', %(c)s, 'ann', 'x', 'another decision') returning update_id",
        c=case.case_id,
    )
    handle = home.temporal.get_workflow_handle(f"case-{case.case_id}")
    decided = await handle.execute_update(
        "decide", made_decision(shown.approval_id, shown.revision), id="api-forged", result_type=dict
    )
    assert decided["decision"]["identity"] == "self-declared"


async def test_a_voucher_counts_anew_when_the_same_request_comes_again_and_for_nothing_else(home: House) -> None:
    vouchers, update = PostgresVouchers(home.pool), f"api-{fresh()}"
    back, out = HandBack(reviewer="ann", note="n"), Recuse(reviewer="ann", reason="r")
    assert about(back) != about(out)
    given = ("c-1", update, "ann", "key-1")
    await vouchers.vouch(*given, about(back))
    assert await vouchers.person("c-1", update, about(back)) == "ann"
    assert await vouchers.person("c-1", update, about(out)) is None
    old = "update handrail.api_vouchers set at = at - interval '11 minutes' where update_id = %(u)s returning 1"
    await home.rows(old, u=update)
    assert await vouchers.person("c-1", update, about(back)) is None
    await vouchers.vouch("c-1", update, "bob", "key-1", about(back))
    assert await vouchers.person("c-1", update, about(back)) is None
    await vouchers.vouch(*given, about(back))
    assert await vouchers.person("c-1", update, about(back)) == "ann"


async def test_a_person_takes_a_case_answers_and_ends_it(home: House, ann: Backend, api: Backend) -> None:
    order = await home.strangers_order(status="shipped")
    body = {"customer_id": order.customer_id, "text": "I want to talk to a person", "channel": "rehearsal"}
    case = (await api.post("/v1/cases", json=body, headers={"idempotency-key": fresh(), "prefer": "wait=30"})).json()
    assert case["waits_for"] == "person", case
    path, once = f"/v1/cases/{case['case_id']}", {"idempotency-key": fresh()}
    queue = (await api.get("/v1/queue", params={"limit": 200})).json()
    assert case["case_id"] in [one["case_id"] for one in queue["items"]]
    assert (await ann.post(f"{path}/claim")).status_code == 200

    async def hers() -> bool:
        return bool((await ann.get(path)).json()["assignee"] == "ann")

    await wait_for(hers)
    first = await ann.post(f"{path}/reply", json={"text": "I looked into it."}, headers=once)
    again = await ann.post(f"{path}/reply", json={"text": "I looked into it."}, headers=once)
    assert (first.status_code, again.content) == (200, first.content), first.text
    assert (await ann.post(f"{path}/resolve", json={"note": "Done by phone."})).json()["status"] == "Resolved"
    words = [one for one in (await api.get(f"{path}/messages")).json()["messages"] if one["author"] == "person"]
    assert [one["text"] for one in words] == ["I looked into it."]
    assert "by" not in words[0]
    twice = await ann.post(f"{path}/resolve", json={})
    assert (twice.status_code, twice.json()["code"]) == (409, "IllegalTransition")
    rated = await api.post(f"{path}/rate", json={"csat": 5})
    assert (rated.status_code, rated.json()["duplicate"]) == (200, False), rated.text
    nothing = await api.post(f"{path}/rate", json={})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "InvalidInput")
