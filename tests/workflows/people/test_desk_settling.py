"""Effects of unknown outcome at the desk: shown on the case's page, and settled there by whoever has looked."""

from __future__ import annotations

import httpx

from handrail.domain.access.principals import ApiScope
from tests.support.deskside import OWN, at_desk, key_of, with_desk
from tests.support.house import House
from tests.support.sent import sent

SETTLES = (*OWN, ApiScope.EFFECTS_SETTLE)
NOTED = "select actor, details from handrail.audit where details ->> 'effect_id' = %(e)s and action like 'effect:%%'"


async def unsettled(home: House) -> tuple[str, str]:
    """A case with an effect of unknown outcome: both ids."""
    order = await home.strangers_order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    arguments = {"order_id": order.order_id, "amount": "9.90", "reason": "<b>damaged</b>"}
    return case.case_id, await sent(home, case.case_id, "refund_order", arguments)


async def test_the_page_of_the_case_asks_what_became_of_it_and_writes_down_the_answer(home: House) -> None:
    case_id, effect = await unsettled(home)
    path = f"/desk/cases/{case_id}"
    async with at_desk(await with_desk(home), await key_of(home, "ann", *SETTLES)) as ann:
        page = await ann.look(path)
        assert "Was it done? refund_order" in page
        assert effect in page
        assert "&lt;b&gt;damaged&lt;/b&gt;" in page
        assert "disabled" not in page[page.index("Was it done?") :]
        assert "Wurde es ausgeführt? refund_order" in (await ann.get(path, headers={"accept-language": "de"})).text
        empty = await ann.submit(page, f"{path}/settle", effect_id=effect, found="made", note=" ")
        assert empty.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        neither = await ann.submit(page, f"{path}/settle", effect_id=effect, note="I looked <i>twice</i>.")
        assert neither.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "I looked &lt;i&gt;twice&lt;/i&gt;." in neither.text, "what was typed is there again"
        foreign = await ann.post(f"{path}/settle", data={"effect_id": effect, "found": "made", "note": "Seen."})
        assert foreign.status_code == httpx.codes.CONFLICT
        assert await home.rows(NOTED, e=effect) == []
        done = await ann.submit(page, f"{path}/settle", effect_id=effect, found="not_made", note="Not in the bank's list.")
        assert done.status_code == httpx.codes.SEE_OTHER, done.text
        after = await ann.look(done.headers["location"])
        assert "Written down: it was not done." in after
        assert "Was it done?" not in after
        assert "Not in the bank&#39;s list." in after
        twice = await ann.submit(page, f"{path}/settle", effect_id=effect, found="not_made", note="Not in the bank's list.")
        assert twice.status_code == httpx.codes.SEE_OTHER, "a second click"
        other = await ann.submit(page, f"{path}/settle", effect_id=effect, found="made", note="It is.")
        assert (other.status_code, "ann has said before" in other.text) == (409, True)
    [(actor, details)] = await home.rows(NOTED, e=effect)
    assert (actor, details["identity"], details["via"]) == ("ann", "verified", "desk")


async def test_without_the_scope_it_is_shown_and_cannot_be_settled(home: House) -> None:
    case_id, effect = await unsettled(home)
    path = f"/desk/cases/{case_id}"
    async with at_desk(await with_desk(home), await key_of(home, "ann")) as ann:
        page = await ann.look(path)
        assert "You cannot say this: This takes the scope effects:settle, which your key lacks." in page
        german = (await ann.get(path, headers={"accept-language": "de"})).text
        assert "Das können Sie nicht sagen: Dafür braucht es das Recht effects:settle" in german
        refused = await ann.submit(page, f"{path}/settle", effect_id=effect, found="made", note="Seen.")
        assert refused.status_code == httpx.codes.FORBIDDEN
    assert await home.rows(NOTED, e=effect) == []


async def test_who_left_the_case_to_others_sees_and_settles_nothing(home: House) -> None:
    case_id, effect = await unsettled(home)
    path = f"/desk/cases/{case_id}"
    async with at_desk(await with_desk(home), await key_of(home, "ann", *SETTLES)) as ann:
        page = await ann.look(path)
        await home.rows("update handrail.cases set recused = '{ann}' where case_id = %(c)s returning 1", c=case_id)
        assert effect not in await ann.look(path)
        refused = await ann.submit(page, f"{path}/settle", effect_id=effect, found="made", note="Seen.")
        assert (refused.status_code, effect in refused.text) == (httpx.codes.CONFLICT, False)
    assert await home.rows(NOTED, e=effect) == []
