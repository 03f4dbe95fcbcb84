"""Effects of unknown outcome over HTTP: shown with their case, and settled once by somebody known beyond doubt."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.types import ASGIApp

from handrail.client import AsyncHandrail
from handrail.domain.access.principals import ApiScope
from handrail.domain.actions.effects import EffectStatus
from handrail.domain.actions.unsettled import EffectSettled, UnknownEffect
from tests.support.house import House
from tests.support.sent import sent
from tests.workflows.api.conftest import backend, fresh

SCOPES = [ApiScope.CASES_READ, ApiScope.EFFECTS_SETTLE]
NOTED = "select actor, action, details from handrail.audit where details ->> 'effect_id' = %(e)s and action like 'effect:%%'"
CARD = "4111 1111 1111 1111"


async def unsettled(home: House, seconds: int = 120) -> tuple[str, str]:
    """A case with an effect of unknown outcome: both ids."""
    order = await home.strangers_order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    arguments = {"order_id": order.order_id, "amount": "9.90"}
    return case.case_id, await sent(home, case.case_id, "refund_order", arguments, seconds)


@pytest.mark.parametrize(("made", "status"), [(True, "applied"), (False, "refused")])
async def test_a_person_says_what_became_of_it_once_and_for_good(
    home: House, served: ASGIApp, made: bool, status: str
) -> None:
    case_id, effect = await unsettled(home)
    path = f"/v1/cases/{case_id}/effects"
    async with await backend(home, served, SCOPES, "ann") as ann:
        [one] = (await ann.get(f"{path}/unsettled")).json()["unsettled"]
        assert (one["effect_id"], one["action"], one["approved_by"]) == (effect, "refund_order", None)
        body = {"made": made, "note": f"In the bank's list of 10:05, card {CARD}."}
        key = {"idempotency-key": fresh()}
        first = await ann.post(f"{path}/{effect}/settle", json=body, headers=key)
        assert (first.status_code, first.json()["status"]) == (200, status), first.text
        again = await ann.post(f"{path}/{effect}/settle", json=body, headers=key)
        assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
        assert (await ann.post(f"{path}/{effect}/settle", json=body)).json() == first.json(), "the same, by another request"
        other = await ann.post(f"{path}/{effect}/settle", json={**body, "made": not made})
        assert (other.status_code, other.json()["code"]) == (409, "EffectSettled"), other.text
        assert (await ann.get(f"{path}/unsettled")).json() == {"unsettled": []}
    [(actor, action, details)] = await home.rows(NOTED, e=effect)
    assert (actor, action) == ("ann", f"effect:{status}")
    assert (details["identity"], details["via"]) == ("verified", "api")
    assert "In the bank's list of 10:05" in details["reason"]
    assert CARD not in details["reason"]


async def test_what_may_not_be_settled_changes_nothing_and_says_why(home: House, served: ASGIApp) -> None:
    case_id, effect = await unsettled(home)
    elsewhere, _ = await unsettled(home)
    body, path = {"made": True, "note": "Seen."}, f"/v1/cases/{case_id}/effects/{effect}/settle"
    for scopes, person, named in (
        ([ApiScope.CASES_READ, ApiScope.APPROVALS_DECIDE], "ann", "effects:settle"),
        ([*SCOPES, ApiScope.AGENTS_ACT], "ann", "no agent"),
    ):
        async with await backend(home, served, scopes, person) as caller:
            refused = await caller.post(path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (403, "ScopeMissing"), refused.text
            assert named in refused.json()["detail"]
    async with await backend(home, served, SCOPES, "ann") as ann:
        for wrong, status, code in (
            (f"/v1/cases/{elsewhere}/effects/{effect}/settle", 404, "UnknownEffect"),
            (f"/v1/cases/{case_id}/effects/e-0/settle", 404, "UnknownEffect"),
            ("/v1/cases/there-is-none/effects/e-0/settle", 404, "UnknownCase"),
        ):
            refused = await ann.post(wrong, json=body)
            assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
        for bad in (
            {"made": True},
            {"made": True, "note": ""},
            {"made": "yes", "note": "Seen."},
            {"made": True, "note": "\u200b"},
        ):
            refused = await ann.post(path, json=bad)
            assert (refused.status_code, refused.json()["code"]) == (422, "InvalidInput"), refused.text
        [one] = (await ann.get(f"/v1/cases/{case_id}/effects/unsettled")).json()["unsettled"]
        assert one["effect_id"] == effect


async def test_who_left_the_case_to_others_neither_sees_nor_settles_its_effects(home: House, served: ASGIApp) -> None:
    case_id, effect = await unsettled(home)
    await home.rows("update handrail.cases set recused = '{ann}' where case_id = %(c)s returning 1", c=case_id)
    async with await backend(home, served, SCOPES, "ann") as ann:
        looked = await ann.get(f"/v1/cases/{case_id}/effects/unsettled")
        settled = await ann.post(f"/v1/cases/{case_id}/effects/{effect}/settle", json={"made": True, "note": "Seen."})
    assert [looked.status_code, settled.status_code] == [403, 403]
    assert await home.rows(NOTED, e=effect) == []


async def test_of_two_who_say_otherwise_at_once_one_is_heard(home: House, served: ASGIApp) -> None:
    case_id, effect = await unsettled(home)
    path = f"/v1/cases/{case_id}/effects/{effect}/settle"
    async with await backend(home, served, SCOPES, "ann") as ann, await backend(home, served, SCOPES, "bea") as bea:
        posts = [one.post(path, json={"made": one is ann, "note": "Seen."}) for one in (ann, bea)]
        answers = await asyncio.gather(*posts)
    assert sorted(one.status_code for one in answers) == [httpx.codes.OK, httpx.codes.CONFLICT]
    assert len(await home.rows(NOTED, e=effect)) == 1


async def test_the_typed_client_settles(home: House, served: ASGIApp) -> None:
    case_id, effect = await unsettled(home)
    async with await backend(home, served, SCOPES, "ann") as ann:
        transport = httpx.ASGITransport(app=served, raise_app_exceptions=False)
        async with AsyncHandrail("http://api", ann.secret, transport=transport) as client:
            [one] = await client.unsettled_effects(case_id)
            found = await client.settle_effect(case_id, one.effect_id, made=False, note="Not in their list.")
            assert (found.effect_id, found.status, found.message) == (effect, EffectStatus.REFUSED, "Not in their list.")
            assert await client.unsettled_effects(case_id) == []
            with pytest.raises(EffectSettled, match="ann has said before"):
                await client.settle_effect(case_id, effect, made=True, note="In their list.")
            with pytest.raises(UnknownEffect):
                await client.settle_effect(case_id, "e-0", made=True, note="In their list.")


async def test_what_may_still_be_under_way_does_not_wait_yet(home: House, served: ASGIApp) -> None:
    case_id, _ = await unsettled(home, seconds=5)
    async with await backend(home, served, SCOPES, "ann") as ann:
        assert (await ann.get(f"/v1/cases/{case_id}/effects/unsettled")).json() == {"unsettled": []}
