"""Somebody who should not decide: out of the case by every way, with nothing lost and nothing decided by itself."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import ASGIApp
from temporalio.client import Client

from handrail.client import AsyncHandrail
from handrail.client.refusals import HttpRefused
from handrail.domain.access.principals import ApiScope
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.errors import ApprovalRefused, IllegalTransition, InvalidInput
from handrail.domain.team.staff import TeamMember
from handrail.postgres.queue import Item, PostgresQueue
from tests.support.deskside import at_desk, key_of, serving, with_desk
from tests.support.house import House, house, wait_for
from tests.workflows.conftest import ScriptedModel
from tests.workflows.people.test_desk import held, shown, with_a_person


@pytest.fixture
async def desk(home: House) -> ASGIApp:
    return await with_desk(home)


async def audited(home: House, case_id: str) -> list[tuple[str, str]]:
    found = await home.rows(
        "select actor, details ->> 'reason' from handrail.audit where case_id = %(c)s and action = 'recuse'", c=case_id
    )
    return [(str(actor), str(reason)) for actor, reason in found]


async def recorded(home: House, case: CaseView, *names: str) -> None:
    """The record says who has no part in the case."""

    async def there() -> bool:
        found = await home.rows("select recused from handrail.cases where case_id = %(c)s", c=case.case_id)
        return found == [(list(names),)]

    await wait_for(there)


async def offered(home: House, name: str, queue: str) -> set[str]:
    """Every case that the queue would hand out to this person."""
    record, items = PostgresQueue(home.pool), list[Item]()
    while item := await record.claim(TeamMember(name=name, skills=[queue], languages=["en"], tier=2), []):
        items.append(item)
    for one in items:
        await record.release(one.case_id, one.lease_id or "")
    return {one.case_id for one in items}


async def test_at_the_desk_an_approval_goes_to_others(home: House, desk: ASGIApp) -> None:
    case = await held(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, await key_of(home, "ann")) as ann, at_desk(desk, await key_of(home, "bob")) as bob:
        page = await ann.look(path)
        assert "I should not decide this" in page
        await ann.submit(page, f"{path}/act", action="draft", note="he is my cousin, be generous")
        empty = await ann.submit(page, f"{path}/act", action="recuse", reason=" ")
        assert empty.status_code == 422, empty.text
        sent = await ann.submit(page, f"{path}/act", action="recuse", reason="my cousin's order", once="form-1")
        assert sent.status_code == 303, sent.text
        assert "others get it" in await ann.look(sent.headers["location"])
        await recorded(home, case, "ann")
        again = await ann.submit(page, f"{path}/act", action="recuse", reason="my cousin's order", once="form-1")
        assert again.status_code == 303, again.text
        assert await audited(home, case.case_id) == [("ann", "my cousin's order")]

        gone = await ann.look(path)
        assert "You have said that you should not decide this case" in gone
        assert case.customer_id not in gone
        assert case.case_id not in await ann.look("/desk/")
        assert case.case_id in await bob.look("/desk/")
        late = await ann.submit(page, f"{path}/decide", **shown(case, "approve"), note="and yet")
        assert late.status_code == 409, late.text
        assert "has no part in it" in late.text
        kept = await ann.submit(page, f"{path}/act", action="draft", note="be generous")
        assert kept.status_code == 303
        assert await home.rows("select text from handrail.desk_drafts where case_id = %(c)s", c=case.case_id) == []
        german = await ann.get(path, headers={"accept-language": "de"})
        assert "Andere haben ihn" in german.text

        theirs = await bob.look(path)
        assert "Approve" in theirs
        done = await bob.submit(theirs, f"{path}/decide", **shown(case, "approve"), once="form-2")
        assert done.status_code == 303, done.text
    settled = await home.until(case.case_id, lambda view: bool(view.effects))
    assert settled.approvals[0].decision is not None
    assert settled.approvals[0].decision.reviewer == "bob"


async def test_a_case_is_offered_to_others_and_never_again_to_whoever_should_not(home: House) -> None:
    case = await with_a_person(home)
    await home.cases.claim(case.case_id, "ann")
    receipt = await home.cases.recuse(case.case_id, "Ann ", "I bought the same lamp from them")
    assert (receipt.status, receipt.notice) == ("WithHuman", None)
    await recorded(home, case, "ann")
    view = await home.cases.status(case.case_id)
    assert (view.assignee, view.due_at) == (None, case.due_at)
    for act in (
        home.cases.claim(case.case_id, "ann"),
        home.cases.reply(case.case_id, "ANN", "Hello"),
        home.cases.resolve(case.case_id, "ann"),
        home.cases.hand_back(case.case_id, "ann", "go on"),
    ):
        with pytest.raises(IllegalTransition, match=r"(?i)ann has said that they should not decide this case"):
            await act
    assert case.case_id not in await offered(home, "Ann", case.queue or "")
    assert case.case_id in await offered(home, "eve", case.queue or "")
    told = await home.rows(
        "select count(*) from handrail.case_event where case_id = %(c)s and kind = 'waiting'", c=case.case_id
    )
    assert told == [(2,)], "those who are left are told anew"
    await home.cases.claim(case.case_id, "eve")
    await home.cases.resolve(case.case_id, "eve", reply="Your lamp is on its way.")


async def test_over_http_nothing_is_read_or_decided_any_more(home: House) -> None:
    case = await held(home)
    scopes = (ApiScope.APPROVALS_DECIDE, ApiScope.CASES_READ, ApiScope.QUEUE_READ)
    async with (
        serving(home) as address,
        AsyncHandrail(address.removesuffix("/desk/"), await key_of(home, "ann", *scopes)) as ann,
    ):
        seen = (await ann.case(case.case_id)).approvals[0]
        receipt = await ann.recuse(case.case_id, "I know them", key="recuse-1")
        assert receipt.case_id == case.case_id
        await recorded(home, case, "ann")
        assert await ann.recuse(case.case_id, "I know them", key="recuse-1") == receipt
        assert await ann.recuse(case.case_id, "I know them well", key="recuse-2")
        with pytest.raises(HttpRefused, match="does not read it any more"):
            await ann.case(case.case_id)
        with pytest.raises(HttpRefused):
            await ann.messages(case.case_id)
        with pytest.raises(HttpRefused):
            await ann.decide(seen, DecisionKind.REJECT)
        assert case.case_id not in {one.case_id async for one in ann.cases(customer_id=case.customer_id)}
    assert await audited(home, case.case_id) == [("ann", "I know them")]
    assert (await home.cases.status(case.case_id)).status == "AwaitingApproval"


async def test_no_list_over_http_names_the_case_to_whoever_left_it(home: House) -> None:
    case = await with_a_person(home)
    async with serving(home) as address:
        url = address.removesuffix("/desk/")
        scopes = (ApiScope.CASES_WRITE, ApiScope.CASES_READ, ApiScope.QUEUE_READ)
        async with (
            AsyncHandrail(url, await key_of(home, "ann", *scopes)) as ann,
            AsyncHandrail(url, await key_of(home, "eve", *scopes)) as eve,
        ):

            async def listed(who: AsyncHandrail) -> tuple[bool, bool]:
                queue = {one.case_id for one in (await who.queue(case.queue, limit=200)).items}
                return case.case_id in queue, case.case_id in {
                    one.case_id async for one in who.cases(customer_id=case.customer_id)
                }

            assert await listed(ann) == (True, True)
            await home.cases.recuse(case.case_id, "Ann", "I know them")
            await recorded(home, case, "ann")
            assert await listed(ann) == (False, False)
            assert await listed(eve) == (True, True)


async def test_one_yes_of_two_counts_no_more_and_an_unknown_name_is_refused(home: House) -> None:
    case = await held(home)
    open_one = case.approvals[0]
    with pytest.raises(InvalidInput, match="Give your own name"):
        await home.cases.recuse(case.case_id, "Temporal Web UI", "whoever clicks")
    page = await home.page(case.case_id)
    assert "choose **recuse**" in page
    outcomes = await asyncio.gather(
        home.cases.recuse(case.case_id, "bob", "a friend"),
        home.cases.decide(
            case.case_id,
            DecisionInput(
                decision=DecisionKind.APPROVE, approval_id=open_one.approval_id, revision=open_one.revision, reviewer="bob"
            ),
        ),
        return_exceptions=True,
    )
    refused = isinstance(outcomes[1], ApprovalRefused)
    assert refused or not isinstance(outcomes[1], Exception), outcomes
    assert bool((await home.settled(case.case_id)).effects) is not refused


async def test_where_nobody_is_left_the_owner_is_told_and_nothing_is_decided(
    temporal_client: Client, shop_url: str, scripted_model: ScriptedModel
) -> None:
    async with house(temporal_client, shop_url, scripted_model.root, reviewers_strict=True) as home:
        case = await held(home)
        asked = case.approvals[0]
        names = ["ann", "bob", "bea", "ben", "mia"]
        told = [(await home.cases.recuse(case.case_id, name, "our own shop's order")).notice for name in names]
        assert told[:-1] == [None] * 4
        assert told[-1] is not None
        assert "nobody is left who may decide" in told[-1]
        await recorded(home, case, *names)
        alarms = await home.rows(
            "select kind, evidence ->> 'words' from handrail.drift_alarms where indicator = %(i)s", i=f"case {case.case_id}"
        )
        assert alarms == [("nobody", told[-1])]
        view = await home.cases.status(case.case_id)
        assert view.status == "AwaitingApproval"
        assert (view.approvals[0].status, view.approvals[0].revision) == ("open", asked.revision)
        assert not view.effects
        assert "nobody is left" in await home.page(case.case_id)


async def test_by_another_name_of_theirs_the_case_is_neither_read_nor_listed(home: House, desk: ASGIApp) -> None:
    case = await held(home)
    await home.cases.recuse(case.case_id, "ann", "I know them")
    await recorded(home, case, "ann")
    scopes = (ApiScope.APPROVALS_DECIDE, ApiScope.CASES_HANDLE, ApiScope.CASES_READ, ApiScope.EFFECTS_SETTLE)
    key = await key_of(home, "Ann@Shop.example", *scopes)
    async with serving(home) as address, AsyncHandrail(address.removesuffix("/desk/"), key) as ann:
        with pytest.raises(HttpRefused, match="does not read it any more"):
            await ann.case(case.case_id)
        assert case.case_id not in {one.case_id async for one in ann.cases(customer_id=case.customer_id)}
    async with at_desk(desk, key) as ann:
        page = await ann.look(f"/desk/cases/{case.case_id}")
        assert "You have said that you should not decide this case" in page
        assert case.case_id not in await ann.look("/desk/")
        settles = {"effect_id": "e-1", "found": "made", "note": "I looked"}
        refused = await ann.submit(page, f"/desk/cases/{case.case_id}/settle", **settles)
        assert (refused.status_code, "has no part in it" in refused.text) == (409, True), refused.text
