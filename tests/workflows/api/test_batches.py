"""Several approvals at once over HTTP: under the policies' ceilings or none at all, and of each what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.types import ASGIApp

from handrail.client import AsyncHandrail
from handrail.domain.access.principals import ApiScope
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.errors import InvalidInput
from tests.support.deskside import key_of, serving
from tests.support.house import House
from tests.workflows.api.conftest import Backend, backend, fresh
from tests.workflows.people.test_desk_batch import held

DECIDES = [ApiScope.CASES_READ, ApiScope.APPROVALS_DECIDE]
PATH = "/v1/approvals/batch"


@pytest.fixture
async def ann(home: House, served: ASGIApp) -> AsyncIterator[Backend]:
    """A program that decides for ann."""
    async with await backend(home, served, DECIDES, "ann") as caller:
        yield caller


def item(case: CaseView, revision: int | None = None) -> dict[str, Any]:
    one = case.approvals[0]
    etag = f'"{one.approval_id}.{revision or one.revision}"'
    return {"case_id": case.case_id, "approval_id": one.approval_id, "etag": etag}


async def small(home: House, count: int) -> list[CaseView]:
    return [await held(home, 105, 148) for _ in range(count)]


async def test_each_is_a_decision_of_its_own_and_a_refused_one_is_told(home: House, ann: Backend) -> None:
    cases = await small(home, 3)
    stale = cases[1].approvals[0]
    by_bob = DecisionInput(
        decision=DecisionKind.REJECT, approval_id=stale.approval_id, revision=stale.revision, reviewer="bob"
    )
    await home.cases.decide(cases[1].case_id, by_bob)
    body = {"items": [item(one) for one in cases], "note": "looked at"}
    key = {"idempotency-key": fresh()}
    answer = await ann.post(PATH, json=body, headers=key)
    assert answer.status_code == 207, answer.text
    found = answer.json()
    assert (found["taken"], found["refused"], found["action"]) == (2, 1, "refund_order")
    assert [one["case_id"] for one in found["items"]] == [one.case_id for one in cases]
    assert [one.get("status") for one in found["items"]] == ["approved", None, "approved"]
    assert (found["items"][1]["code"], "rejected by bob" in found["items"][1]["detail"]) == ("MatchFailed", True)
    for one in (cases[0], cases[2]):
        decision = (await home.until(one.case_id, lambda view: bool(view.effects))).approvals[0].decision
        assert decision is not None
        assert (decision.reviewer, decision.identity, decision.note) == ("ann", "verified", "looked at")
    assert not (await home.settled(cases[1].case_id)).effects
    again = await ann.post(PATH, json=body, headers=key)
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")
    kept = await home.rows("select person, seconds from handrail.desk_batches where batch_id = %(b)s", b=found["batch_id"])
    assert kept == [("ann", None)]


async def test_what_may_not_be_given_together_is_refused_as_a_whole(home: House, ann: Backend) -> None:
    one, two = await small(home, 2)
    dear = await held(home, 160, 480)
    tries: list[tuple[list[dict[str, Any]], int, str, str]] = [
        ([item(one)], 422, "InvalidInput", "items"),
        ([item(one), item(one)], 422, "InvalidInput", "is there twice"),
        ([item(one), {**item(two), "etag": "W/1"}], 428, "MatchMissing", "ETag"),
        ([item(one), {**item(two), "etag": '"another.1"'}], 412, "MatchFailed", "another"),
        ([item(one), item(two, 77)], 404, "UnknownApproval", "Nothing was decided"),
        ([item(one), item(dear)], 409, "ApprovalRefused", "up to 150 each"),
    ]
    for items, status, code, words in tries:
        answer = await ann.post(PATH, json={"items": items})
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert words in answer.text
    for case in (one, two, dear):
        assert (await home.cases.status(case.case_id)).status == "AwaitingApproval"


async def test_nobody_without_the_scope_decides(home: House, api: Backend) -> None:
    body = {"items": [item(one) for one in await small(home, 2)]}
    lacks = await api.post(PATH, json=body)
    assert (lacks.status_code, lacks.json()["code"]) == (403, "ScopeMissing")


async def test_the_python_client_is_told_of_each(home: House) -> None:
    cases = await small(home, 2)
    approvals = [one.approvals[0] for one in cases]
    async with serving(home) as address, AsyncHandrail(address.removesuffix("/desk/"), await key_of(home, "ann")) as ann:
        with pytest.raises(InvalidInput, match="is there twice"):
            await ann.approve_together([approvals[0], approvals[0]])
        result = await ann.approve_together(approvals, note="both looked at")
    assert (result.taken, result.refused, result.unit) == (2, 0, "USD")
    assert [one.status for one in result.items] == ["approved", "approved"]
    for case in cases:
        assert (await home.until(case.case_id, lambda view: bool(view.effects))).effects
