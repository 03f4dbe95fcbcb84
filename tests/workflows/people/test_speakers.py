"""Whoever spoke in a case as somebody's agent decides nothing in it: at no place, by none of their names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import ASGIApp

from handrail.domain.access.principals import ApiScope
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.errors import ApprovalRefused
from tests.support.deskside import at_desk, key_of, with_desk
from tests.support.house import House
from tests.workflows.agents.conftest import REACHED_AT, SIGNING_KEY
from tests.workflows.api.conftest import Backend, backend, fresh
from tests.workflows.people.test_desk import shown
from tests.workflows.people.test_desk_batch import BATCH, address, approve, definitions, held

WORDS = "spoke for this case as an agent"
SPEAKS = [ApiScope.CASES_WRITE, ApiScope.CASES_READ, ApiScope.AGENTS_ACT]
NEEDS = {
    "status": "delivered",
    "refunded": False,
    "delivered_within_days": 25,
    "refundable_over": 110,
    "refundable_under": 160,
}


@pytest.fixture
async def desk(home: House, tmp_path: Path) -> ASGIApp:
    """The application with the desk, for agents too, of a shop whose refunds may be approved together."""
    signing = {"agents_key": SecretStr(SIGNING_KEY), "public_url": REACHED_AT}
    return await with_desk(home, definitions=definitions(tmp_path, BATCH), **signing)


@pytest.fixture
async def nobody(home: House, desk: FastAPI) -> AsyncIterator[Backend]:
    """A browser of the human behind an agent; its key counts for nothing there."""
    async with await backend(home, desk, [ApiScope.CASES_READ]) as caller:
        yield caller


async def held_for(home: House, desk: ASGIApp, human: Backend, person: str) -> CaseView:
    """A refund that waits for approval, in a case that this person's agent opened, and the human behind it confirmed."""
    order = await home.strangers_order(**NEEDS)
    async with await backend(home, desk, SPEAKS, person) as agent:
        text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
        body = {"customer_id": order.customer_id, "text": text, "channel": "chat"}
        opened = await agent.post("/v1/cases", json=body, headers={"idempotency-key": fresh(), "prefer": "wait=30"})
        assert opened.status_code == 201, opened.text
        link = urlsplit(str(opened.json()["question"]["link"])).path
        assert (await human.post(link, data={"answer": "yes"})).status_code == 303
    return await home.until(str(opened.json()["case_id"]), lambda view: view.status == "AwaitingApproval")


@pytest.mark.parametrize("spoke_as", ["ann", "Ann", "ann@shop.example"])
async def test_at_the_desk_nothing_is_decided_where_ones_agent_spoke(
    home: House, desk: ASGIApp, nobody: Backend, spoke_as: str
) -> None:
    case, other = await held_for(home, desk, nobody, spoke_as), await held(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, await key_of(home, "ann")) as ann, at_desk(desk, await key_of(home, "bob")) as bob:
        for decision in ("approve", "reject"):
            refused = await ann.submit(await ann.look(path), f"{path}/decide", **shown(case, decision))
            assert (refused.status_code, WORDS in refused.text) == (409, True), refused.text
        sent = await approve(ann, await ann.look(address(case, other)))
        done = await ann.look(sent.headers["location"])
        assert (WORDS in done, done.count("Approved.")) == (True, 1), done
        assert (await home.cases.status(case.case_id)).approvals[0].decision is None
        given = await bob.submit(await bob.look(path), f"{path}/decide", **shown(case, "approve"))
        assert given.status_code == 303, given.text
    settled = await home.until(case.case_id, lambda view: bool(view.effects))
    assert settled.approvals[0].decision is not None
    assert settled.approvals[0].decision.reviewer == "bob"


@pytest.mark.parametrize(
    ("spoke_as", "decides_as"), [("ann", "ann@shop.example"), ("ANN", "ann"), ("ann@shop.example", "Ann")]
)
async def test_over_http_and_by_a_typed_name_another_name_is_the_same_person(
    home: House, desk: ASGIApp, nobody: Backend, spoke_as: str, decides_as: str
) -> None:
    case = await held_for(home, desk, nobody, spoke_as)
    seen = case.approvals[0]
    async with await backend(home, desk, [ApiScope.CASES_READ, ApiScope.APPROVALS_DECIDE], decides_as) as other:
        path, match = f"/v1/cases/{case.case_id}/approvals/{seen.approval_id}/decide", f'"{seen.approval_id}.{seen.revision}"'
        refused = await other.post(path, json={"decision": "approve"}, headers={"if-match": match})
        assert (refused.status_code, refused.json()["code"]) == (403, "NotAdmitted"), refused.text
    exactly = {"approval_id": seen.approval_id, "revision": seen.revision, "reviewer": decides_as}
    with pytest.raises(ApprovalRefused, match=WORDS):
        await home.cases.decide(case.case_id, DecisionInput(decision=DecisionKind.APPROVE, **exactly))
    assert (await home.cases.status(case.case_id)).effects == []
