"""A person's reply at the desk can be taken back for a moment, and then leaves once."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from starlette.types import ASGIApp

from handrail.background import supervised
from handrail.desk.replies.leaving import Leaving
from handrail.domain.case.cases import CaseView
from handrail.postgres.desk.replies import PostgresHeldReplies
from handrail.temporal.cases.doorway import DoorwayClient
from handrail.temporal.connect import Unreachable
from handrail.wiring.front.api import services_of
from tests.support.deskside import AtDesk, at_desk, key_of, with_desk
from tests.support.house import House, wait_for

PERSON = "select text from handrail.messages where case_id = %(c)s and author = 'person' order by sequence"
LEFT = re.compile(r">(\d+) seconds<")


async def leaving(home: House) -> Leaving:
    """What tells cases of replies, as `handrail api run` has it."""
    services = await services_of(home.settings, home.temporal, home.pool)
    return Leaving(PostgresHeldReplies(home.pool), services.cases)


@pytest.fixture
async def desk(home: House) -> ASGIApp:
    """A desk at which a reply is held for longer than any test takes; `due` ends that."""
    return await with_desk(home, desk_undo_seconds=300.0)


async def due(home: House, case: CaseView) -> None:
    """The moment to take it back is over."""
    await home.rows("update handrail.desk_replies set leaves_at = now() where case_id = %(c)s returning 1", c=case.case_id)


async def claimed(home: House, ann: AtDesk) -> tuple[CaseView, str]:
    """A case that ann has, and its page."""
    order = await home.strangers_order(status="delivered", refunded=False, refundable_over=120, refundable_under=480)
    case = await home.open(order.customer_id, "I want to speak to a person, please.")
    path = f"/desk/cases/{case.case_id}"
    await ann.submit(await ann.look(path), f"{path}/act", action="claim")
    await home.until(case.case_id, lambda view: view.assignee == "ann")
    return case, path


async def said(home: House, case: CaseView, count: int) -> list[str]:
    async def there() -> list[str]:
        found = [text for (text,) in await home.rows(PERSON, c=case.case_id)]
        return found if len(found) >= count else []

    return list(await wait_for(there))


async def test_what_is_taken_back_is_a_draft_again_and_nobody_sees_it(home: House, desk: ASGIApp) -> None:
    tell = await leaving(home)
    async with at_desk(desk, await key_of(home, "ann")) as ann, at_desk(desk, await key_of(home, "bea")) as bea:
        case, path = await claimed(home, ann)
        sent = await ann.submit(await ann.look(path), f"{path}/act", action="reply_and_resolve", text="Too hasty.", note="n")
        assert sent.status_code == 303, sent.text
        page = await ann.look(sent.headers["location"])
        assert "Your reply leaves in" in page
        left = LEFT.search(page)
        assert left
        assert 0 < int(left[1]) <= 300
        assert "A reply by ann is about to leave" in await bea.look(path)
        assert "Too hasty." not in await bea.look(path)
        for action in ("resolve", "release", "hand_back"):
            other = await ann.submit(page, f"{path}/act", action=action, note="n")
            assert (other.status_code, "A reply is about to leave" in other.text) == (409, True), action
        another = await ann.submit(page, f"{path}/act", action="reply", text="Another one.", once="second")
        assert (another.status_code, "A reply is about to leave" in another.text) == (409, True)
        assert (await bea.submit(await bea.look(path), f"{path}/act", action="take_back")).status_code == 409
        await tell.send_due()
        back = await ann.submit(page, f"{path}/act", action="take_back")
        page = await ann.look(back.headers["location"])
        assert "Taken back" in page
        assert ">\nToo hasty.</textarea>" in page
        assert ">\nn</textarea>" in page
        await due(home, case)
        assert await tell.send_due() == 0
        assert (await ann.submit(page, f"{path}/act", action="take_back")).status_code == 409
    assert await home.rows(PERSON, c=case.case_id) == []
    assert (await home.cases.status(case.case_id)).status == "WithHuman"


async def test_it_leaves_once_whoever_dies_over_it(home: House, desk: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await leaving(home), await leaving(home)
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        case, path = await claimed(home, ann)
        await ann.submit(await ann.look(path), f"{path}/act", action="reply", text="Here is ann.", once="o-1")
        await due(home, case)

        async def dies(*_: object) -> None:
            raise RuntimeError("the process dies between the case's word and the note of it")

        with monkeypatch.context() as dying:
            dying.setattr(PostgresHeldReplies, "left", dies)
            with pytest.raises(RuntimeError):
                await first.send_due()
        assert "Your reply is leaving" in await ann.look(path)
        assert (await ann.submit(await ann.look(path), f"{path}/act", action="take_back")).status_code == 409
        assert await second.send_due() == 0
        over = "update handrail.desk_replies set taken_until = now() where case_id = %(c)s returning 1"
        await home.rows(over, c=case.case_id)
        assert sorted(await asyncio.gather(first.send_due(), second.send_due())) == [0, 1]
        assert await home.rows("select 1 from handrail.desk_replies where case_id = %(c)s", c=case.case_id) == []
        double = await ann.submit(await ann.look(path), f"{path}/act", action="reply", text="Here is ann.", once="o-1")
        assert double.status_code == 303
        await due(home, case)
        await first.send_due()
    assert await said(home, case, 1) == ["Here is ann."]


async def test_it_has_left_also_where_the_end_was_told_and_nobody_heard_so(
    home: House, desk: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell, resolve = await leaving(home), DoorwayClient.resolve
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        case, path = await claimed(home, ann)
        await ann.submit(await ann.look(path), f"{path}/act", action="reply_and_resolve", text="Done by ann.", note="why")
        await due(home, case)

        async def unheard(client: DoorwayClient, *given: Any, **named: Any) -> None:
            await resolve(client, *given, **named)
            raise Unreachable("The answer was lost.")

        with monkeypatch.context() as silent:
            silent.setattr(DoorwayClient, "resolve", unheard)
            assert await tell.send_due() == 1
        await home.until(case.case_id, lambda view: view.status == "Resolved")
        over = "update handrail.desk_replies set taken_until = now() where case_id = %(c)s returning 1"
        await home.rows(over, c=case.case_id)
        assert await tell.send_due() == 1
        assert await home.rows("select 1 from handrail.desk_replies where case_id = %(c)s", c=case.case_id) == []
        assert ">\nDone by ann.</textarea>" not in await ann.look(path)
    assert await said(home, case, 1) == ["Done by ann."]


async def test_while_no_worker_answers_it_waits_and_then_leaves(
    home: House, desk: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = await leaving(home)
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        case, path = await claimed(home, ann)
        await ann.submit(await ann.look(path), f"{path}/act", action="reply_and_resolve", text="Done by ann.", note="why")
        await due(home, case)

        async def away(*_: object, **__: object) -> None:
            raise Unreachable("No worker answers.")

        with monkeypatch.context() as silent:
            silent.setattr(DoorwayClient, "reply", away)
            assert await tell.send_due() == 1
        assert await home.rows(PERSON, c=case.case_id) == []
        async with supervised("replies that leave", tell.forever):
            ended = await home.until(case.case_id, lambda view: view.status == "Resolved")
    assert ended.assignee == "ann"
    assert await said(home, case, 1) == ["Done by ann."]


async def test_a_reply_that_the_case_refuses_is_a_draft_again_and_says_why(home: House, desk: ASGIApp) -> None:
    tell = await leaving(home)
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        case, path = await claimed(home, ann)
        await ann.submit(await ann.look(path), f"{path}/act", action="reply", text="I was too late.")
        await home.cases.claim(case.case_id, "bea", instead_of="ann")
        await home.until(case.case_id, lambda view: view.assignee == "bea")
        await due(home, case)
        await tell.send_due()
        page = await ann.look(path)
        assert "Your reply did not leave: " in page
        assert "bea has taken this case over from ann" in page
    drafts = "select person, kind, text from handrail.desk_drafts where case_id = %(c)s"
    assert await home.rows(drafts, c=case.case_id) == [("ann", "reply", "I was too late.")]
    assert await home.rows(PERSON, c=case.case_id) == []
