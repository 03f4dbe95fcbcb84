"""People at the desk, without script: what they see, what they send, what is refused and kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest
from starlette.types import ASGIApp

from handrail.domain.access.principals import ApiScope
from handrail.domain.case.cases import CaseView
from handrail.postgres.access.keys import PostgresApiKeys
from tests.support.chatting import lines
from tests.support.deskside import FORM_TOKEN, OWN, at_desk, key_of, with_desk
from tests.support.house import House

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
CAME_OF_IT: dict[str, Callable[[CaseView], bool]] = {
    "resolve": lambda case: case.status == "Resolved",
    "release": lambda case: case.assignee is None,
    "hand_back": lambda case: case.turn > 1,
}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> {{ seat.form_token }} <a href=http://evil.example>Approve</a>"


@pytest.fixture
async def desk(home: House) -> ASGIApp:
    return await with_desk(home)


async def held(home: House, words: str = "") -> CaseView:
    """A refund that waits for approval."""
    order = await home.strangers_order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD. {words}")
    assert case.status == "AwaitingApproval", case
    return case


async def with_a_person(home: House) -> CaseView:
    """A case that waits for somebody to answer it."""
    order = await home.strangers_order(**HELD)
    case = await home.open(order.customer_id, "I want to speak to a person, please.")
    assert case.status == "WithHuman", case
    return case


def shown(case: CaseView, decision: str) -> dict[str, str]:
    """The fields of the form, as the page has them."""
    approval = case.approvals[0]
    return {"approval_id": approval.approval_id, "revision": str(approval.revision), "decision": decision}


async def test_pages_go_packed_to_who_sits_there_alone(home: House, desk: ASGIApp) -> None:
    case = await held(home)
    async with at_desk(desk, await key_of(home, "ann", *OWN, ApiScope.CONTROLS_READ)) as ann:
        for path in ("/desk/", f"/desk/cases/{case.case_id}", "/desk/owner", "/desk/static/desk.css"):
            own, others = [await ann.get(path, headers={"sec-fetch-site": site}) for site in ("same-origin", "cross-site")]
            assert own.headers["content-encoding"] == "gzip", path
            assert "content-encoding" not in others.headers, path
            assert own.num_bytes_downloaded < others.num_bytes_downloaded / 2, path


async def test_what_waits_is_found_read_and_approved(home: House, desk: ASGIApp) -> None:
    case = await held(home)
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        board = await ann.look("/desk/")
        assert f"/desk/cases/{case.case_id}" in board
        page = await ann.look(f"/desk/cases/{case.case_id}")
        title = case.approvals[0].request.title
        assert f"Approve: {title}" in page
        assert "refund_amount/refund-needs-approval" in page
        sent = await ann.submit(page, f"/desk/cases/{case.case_id}/decide", **shown(case, "approve"), once="form-1")
        assert sent.headers["location"].startswith(f"/desk/?did=approve&of={case.case_id}&seal=")
        assert f"{case.case_id}: approved." in await ann.look(sent.headers["location"])
        done = await home.until(case.case_id, lambda view: bool(view.effects))
        assert done.approvals[0].decision is not None
        assert done.approvals[0].decision.reviewer == "ann"
        assert done.approvals[0].decision.identity == "verified"
        double = await ann.submit(page, f"/desk/cases/{case.case_id}/decide", **shown(case, "approve"), once="form-1")
        assert double.headers["location"] == sent.headers["location"]
        again = await ann.submit(page, f"/desk/cases/{case.case_id}/decide", **shown(case, "approve"), once="form-2")
        assert (again.status_code, "already approved by ann" in again.text) == (409, True)
    assert len((await home.cases.status(case.case_id)).effects) == 1


async def test_an_amount_is_changed_and_only_what_differs_counts(home: House, desk: ASGIApp) -> None:
    case = await held(home)
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        path = f"/desk/cases/{case.case_id}"
        page = await ann.look(path)
        now = dict(re.findall(r'name="(argument\.[a-z_]+)" value="([^"]*)"', page))
        assert "argument.amount" in now
        same = await ann.submit(page, f"{path}/decide", **shown(case, "edit"), **now)
        assert (same.status_code, "Nothing is changed" in same.text) == (422, True)
        odd = await ann.submit(page, f"{path}/decide", **shown(case, "edit"), **{**now, "argument.amount": "forty"})
        assert (odd.status_code, "amount: &#39;forty&#39; is no number" in odd.text) == (422, True)
        assert 'value="forty"' in odd.text
        sent = await ann.submit(page, f"{path}/decide", **shown(case, "edit"), **{**now, "argument.amount": "40.10"})
        assert sent.status_code == 303, sent.text
    done = await home.until(case.case_id, lambda view: bool(view.effects))
    assert float(done.effects[0].arguments["amount"]) == 40.1


async def test_two_who_decide_at_once_one_wins_and_the_others_words_are_kept(home: House, desk: ASGIApp) -> None:
    case = await held(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, await key_of(home, "ann")) as ann, at_desk(desk, await key_of(home, "bob")) as bob:
        pages = [await one.look(path) for one in (ann, bob)]
        assert "Also open with: ann" in pages[1]
        answers = await asyncio.gather(
            ann.submit(pages[0], f"{path}/decide", **shown(case, "approve"), note="looks right"),
            bob.submit(pages[1], f"{path}/decide", **shown(case, "reject"), note="not without a receipt"),
        )
        assert sorted(one.status_code for one in answers) == [303, 409]
        lost = next(one for one in answers if one.status_code == 409)
        name, words = ("ann", "looks right") if lost is answers[0] else ("bob", "not without a receipt")
        assert "was already" in lost.text
        drafts = await home.rows("select person, text from handrail.desk_drafts where case_id = %(c)s", c=case.case_id)
        assert drafts == [(name, words)]
    settled = await home.settled(case.case_id)
    assert len(settled.effects) == (1 if lost is answers[1] else 0)


async def test_an_edit_and_an_approval_in_the_same_second_are_one_effect(home: House, desk: ASGIApp) -> None:
    case = await held(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, await key_of(home, "ann")) as ann, at_desk(desk, await key_of(home, "bob")) as bob:
        pages = [await one.look(path) for one in (ann, bob)]
        now = dict(re.findall(r'name="(argument\.[a-z_]+)" value="([^"]*)"', pages[1]))
        edit = {**shown(case, "edit"), **now, "argument.amount": "40.10", "note": "40.10 is what the lamp cost"}
        answers = await asyncio.gather(
            ann.submit(pages[0], f"{path}/decide", **shown(case, "approve"), note="looks right"),
            bob.submit(pages[1], f"{path}/decide", **edit),
        )
        assert sorted(one.status_code for one in answers) == [303, 409]
        edited = answers[1].status_code == 303
        name, words = ("ann", "looks right") if edited else ("bob", "40.10 is what the lamp cost")
        drafts = await home.rows("select person, text from handrail.desk_drafts where case_id = %(c)s", c=case.case_id)
        assert drafts == [(name, words)]
    (effect,) = (await home.until(case.case_id, lambda view: bool(view.effects))).effects
    assert (float(effect.arguments["amount"]) == 40.1) is edited
    counted = await home.rows("select count(*) from handrail.effects where case_id = %(c)s", c=case.case_id)
    assert counted == [(1,)]


async def test_a_case_is_taken_answered_and_resolved(home: House, desk: ASGIApp) -> None:
    case = await with_a_person(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, await key_of(home, "ann")) as ann, at_desk(desk, await key_of(home, "bea")) as bea:
        page = await ann.look(path)
        assert "Take the case" in page
        assert (await ann.submit(page, f"{path}/act", action="claim")).status_code == 303
        await home.until(case.case_id, lambda view: view.assignee == "ann")
        assert (await ann.submit(page, f"{path}/act", action="draft", text="Dear customer, ")).status_code == 303
        assert "Draft by ann" in await bea.look(path)
        taken = await bea.submit(await bea.look(path), f"{path}/act", action="claim", instead_of="ann")
        assert taken.status_code == 303, taken.text
        await home.until(case.case_id, lambda view: view.assignee == "bea")
        lost = await ann.submit(page, f"{path}/act", action="reply", text="Dear customer, I am ann.")
        assert lost.status_code == 409
        page = await bea.look(path)
        assert (await bea.submit(page, f"{path}/act", action="reply", text="I am bea.")).status_code == 303
        transcript = await home.cases.transcript(case.case_id)
        assert (transcript[-1].text, transcript[-1].by) == ("I am bea.", "bea")
    drafts = await home.rows("select person, text from handrail.desk_drafts where case_id = %(c)s", c=case.case_id)
    assert ("ann", "Dear customer, I am ann.") in drafts


def form_of(page: str) -> dict[str, str]:
    """What shows that a form comes from the page."""
    found = FORM_TOKEN.search(page)
    assert found, page
    return {"form_token": found[1]}


async def test_a_case_is_resolved_handed_back_or_put_back(home: House, desk: ASGIApp) -> None:
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        for action, came_of_it in CAME_OF_IT.items():
            case = await with_a_person(home)
            path = f"/desk/cases/{case.case_id}"
            page = await ann.look(path)
            assert (await ann.submit(page, f"{path}/act", action="claim")).status_code == 303
            bare = await ann.submit(page, f"{path}/act", action="hand_back", note="")
            assert (bare.status_code, "note" in bare.text) == (422, True)
            german = {"accept-language": "de"}
            bare = await ann.post(f"{path}/act", data={**form_of(page), "action": "hand_back", "note": ""}, headers=german)
            assert "Notiz: ist leer. Bitte schreiben Sie etwas." in bare.text
            assert "String should have" not in bare.text, "an English refusal on a German page"
            assert "<dd>bei einem Menschen</dd>" in bare.text
            long = await ann.submit(page, f"{path}/act", action="hand_back", note=lines(2_001), topic="order_status")
            assert (long.status_code, lines(2_001).replace("\r\n", "\n") in long.text) == (422, True)
            sent = await ann.submit(page, f"{path}/act", action=action, note=lines(1_999), topic="order_status")
            assert sent.headers["location"].startswith(f"/desk/?did={action}&of={case.case_id}&")
            await home.until(case.case_id, came_of_it)


async def test_what_customers_write_is_text_and_nothing_else(home: House, desk: ASGIApp) -> None:
    case = await held(home, HOSTILE)
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        answer = await ann.get(f"/desk/cases/{case.case_id}")
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
        assert "{{ seat.form_token }}" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


async def test_nobody_acts_without_a_key_of_their_own(home: House, desk: ASGIApp) -> None:
    case = await held(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        page = await ann.look(path)
        forged = await ann.post(f"{path}/decide", data={"form_token": "0" * 64, **shown(case, "approve")})
        assert (forged.status_code, "another session" in forged.text) == (409, True)
        ann.cookies.clear()
        out = await ann.submit(page, f"{path}/decide", **shown(case, "approve"))
        assert (out.status_code, "Your session has ended" in out.text) == (401, True)
        for key, words in (
            ("hr_test_nothing", "no whole API key"),
            (await key_of(home, None, ApiScope.CASES_READ), "no person"),
            (await key_of(home, "ann", ApiScope.CASES_READ), "neither decide nor handle"),
        ):
            refused = await ann.post("/desk/sign-in", data={"key": key})
            assert (refused.status_code, words in refused.text) == (401, True), refused.text
            assert key not in refused.text
    async with at_desk(desk, await key_of(home, "ann", ApiScope.CASES_HANDLE)) as handler:
        lacking = await handler.submit(await handler.look(path), f"{path}/decide", **shown(case, "approve"))
        assert "approvals:decide" in lacking.text
        assert lacking.status_code == 403
    key = await key_of(home, "bob")
    async with at_desk(desk, key) as bob:
        await bob.look(path)
        await PostgresApiKeys(home.pool).revoke(key.split("_")[2], "a test", (await home.cases.status(case.case_id)).opened_at)
        assert (await bob.get(path)).headers["location"].startswith("/desk/sign-in")
    assert (await home.cases.status(case.case_id)).status == "AwaitingApproval"


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/desk/", "/desk/\\..", "/v1/cases", "/desk/\r\nX: y"])
async def test_signing_in_leads_nowhere_else(home: House, desk: ASGIApp, to: str) -> None:
    async with at_desk(desk, key := await key_of(home, "ann")) as ann:
        answer = await ann.post("/desk/sign-in", data={"key": key, "to": to})
        assert answer.headers["location"] == "/desk/"


async def test_what_is_not_there_says_so(home: House, desk: ASGIApp) -> None:
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        absent = ("/desk/cases/no-such-case", "/desk/nothing", "/desk/cases/%00")
        for path in (*absent, "/desk/?due=x&case=y", "/desk/?scope=none"):
            answer = await ann.get(path)
            assert answer.status_code == (404 if path in absent else 200), path
        german = await ann.get("/desk/", headers={"accept-language": "de-AT,de;q=0.9"})
        assert "Warteschlange" in german.text


async def test_an_owner_stops_the_agent_and_lets_it_go_on(home: House, desk: ASGIApp) -> None:
    key = await key_of(home, "mia", ApiScope.CONTROLS_SET, ApiScope.CASES_HANDLE)
    async with at_desk(desk, key) as mia, at_desk(desk, await key_of(home, "ann", *OWN, ApiScope.CONTROLS_READ)) as ann:
        page = await mia.look("/desk/owner")
        assert "No control is set." in page
        bare = await mia.submit(page, "/desk/owner", action="set", scope="topic:refund", level="review", reason=" ")
        assert (bare.status_code, "reason" in bare.text) == (422, True)
        odd = await mia.submit(page, "/desk/owner", action="set", scope="topic:none", level="review", reason="odd")
        assert (odd.status_code, "there is no topic" in odd.text) == (422, True)
        form = {"action": "set", "scope": "topic:refund", "level": "draft", "reason": "sums", "minutes": "a while"}
        late = await mia.submit(page, "/desk/owner", **form)
        assert (late.status_code, "minutes" in late.text) == (422, True)
        for typed in ('value="a while"', '<option value="draft" selected>', 'value="sums"'):
            assert late.text.count(typed) == 1, "what was typed is lost"
        try:
            asked = {"action": "set", "scope": "topic:refund", "level": "review", "reason": "sums look odd", "minutes": "30"}
            assert (await mia.submit(page, "/desk/owner", **asked)).headers["location"].startswith("/desk/owner?did=set&")
            found = await mia.look("/desk/owner")
            assert "topic:refund: with approval, by mia since" in found
            assert "sums look odd" in found
            reads = await ann.look("/desk/owner")
            assert "You may look." in reads
            refused = await ann.submit(await ann.look("/desk/owner"), "/desk/owner", **asked)
            assert refused.status_code == 403
            async with at_desk(desk, await key_of(home, "bob")) as bob:
                for answer in (await bob.get("/desk/owner"), await bob.post("/desk/owner", data=asked)):
                    assert (answer.status_code, "controls:read" in answer.text) == (403, True)
                    assert "sums look odd" not in answer.text
        finally:
            await mia.submit(page, "/desk/owner", action="lift", scope="topic:refund", reason="they were right")
        twice = await mia.submit(page, "/desk/owner", action="lift", scope="topic:refund", reason="they were right")
        assert (twice.status_code, "nothing is set on topic:refund" in twice.text) == (422, True)
        assert "No control is set." in await mia.look("/desk/owner")


async def test_the_same_form_with_another_word_is_refused_and_the_page_says_what_was_done(home: House, desk: ASGIApp) -> None:
    case = await held(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        page = await ann.look(path)
        assert (await ann.submit(page, f"{path}/decide", **shown(case, "approve"), once="form-1")).status_code == 303
        other = await ann.submit(page, f"{path}/decide", **shown(case, "reject"), once="form-1")
        assert (other.status_code, "already approved by ann" in other.text) == (409, True)
    assert len((await home.until(case.case_id, lambda view: bool(view.effects))).effects) == 1


async def test_a_reply_that_is_sent_twice_reaches_the_customer_once(home: House, desk: ASGIApp) -> None:
    case = await with_a_person(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        page = await ann.look(path)
        claimed = await ann.submit(page, f"{path}/act", action="claim")
        assert "The case is yours." in (yours := await ann.look(claimed.headers["location"]))
        assert "Send the reply" in yours
        reply = {"action": "reply", "text": "It is on its way.", "note": "asked the carrier", "once": "form-1"}
        for _ in range(2):
            assert (await ann.submit(page, f"{path}/act", **reply)).status_code in (303, 409)
        said = [one.text for one in await home.cases.transcript(case.case_id)]
        assert said.count("It is on its way.") == 1
        drafts = await home.rows("select kind, text from handrail.desk_drafts where case_id = %(c)s", c=case.case_id)
        assert ("note", "asked the carrier") in drafts


async def test_words_outlive_a_session_that_ends(home: House, desk: ASGIApp) -> None:
    case = await with_a_person(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, key := await key_of(home, "ann")) as ann:
        page = await ann.look(path)
        ann.cookies.clear()
        asked = await ann.submit(page, f"{path}/act", action="reply", text="Dear <b>customer</b>")
        assert (asked.status_code, "Dear &lt;b&gt;customer&lt;/b&gt;" in asked.text) == (401, True)
        back = await ann.post(
            "/desk/sign-in", data={"key": key, "to": path, "case_id": case.case_id, "text": "Dear <b>customer</b>"}
        )
        assert back.headers["location"] == path
        assert (await ann.submit(await ann.look(path), f"{path}/act", action="claim")).status_code == 303
        assert "Dear &lt;b&gt;customer&lt;/b&gt;" in await ann.look(path)


async def test_a_form_of_nobodys_session_changes_no_draft(home: House, desk: ASGIApp) -> None:
    case = await with_a_person(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        await ann.submit(await ann.look(path), f"{path}/act", action="draft", text="My own words")
        forged = await ann.post(f"{path}/act", data={"form_token": "", "action": "reply", "text": "Not mine"})
        assert forged.status_code == 409
    drafts = await home.rows("select text from handrail.desk_drafts where case_id = %(c)s", c=case.case_id)
    assert drafts == [("My own words",)]


async def test_no_made_up_address_or_number_does_harm(home: House, desk: ASGIApp) -> None:
    case = await held(home)
    path = f"/desk/cases/{case.case_id}"
    async with at_desk(desk, await key_of(home, "mia", *OWN, ApiScope.CONTROLS_SET)) as mia:
        assert "approved." not in await mia.look(f"/desk/?did=approve&of={case.case_id}")
        assert "The control is set" not in await mia.look("/desk/owner?did=set")
        page = await mia.look(path)
        long = "9" * 5_000
        odd = await mia.submit(page, f"{path}/decide", **{**shown(case, "approve"), "revision": long})
        assert odd.status_code == 422
        owner = await mia.look("/desk/owner")
        for form in ({"action": "set", "scope": "global", "level": "off", "minutes": long}, {"action": "real", "alarm": long}):
            assert (await mia.submit(owner, "/desk/owner", reason="x", **form)).status_code == 422
        moved = await mia.get(f"{path}/", headers={"host": "evil.example"})
        assert (moved.status_code, "evil.example" in str(moved.headers)) == (404, False)


async def test_an_owner_sees_four_weeks_of_each_indicator(home: House, desk: ASGIApp) -> None:
    days = (
        "INSERT INTO handrail.drift_days (indicator, topic, dimension, value, day, cases, bad, version, definitions) "
        "SELECT i.name, '', 'all', '', current_date - d, i.cases, i.bad, 1, 'd' "
        "FROM generate_series(1, 40) AS d, (VALUES ('escalation', 20, 5), ('edits', 2, 1), ('cases_opened', 22, 0)) "
        "AS i (name, cases, bad) RETURNING 1"
    )
    key = await key_of(home, "mia", ApiScope.CONTROLS_READ, ApiScope.CASES_HANDLE)
    async with at_desk(desk, key) as mia:
        assert "No day is counted yet." in await mia.look("/desk/owner")
        await home.rows(days)
        try:
            page = await mia.look("/desk/owner")
        finally:
            await home.rows("DELETE FROM handrail.drift_days WHERE definitions = 'd' RETURNING 1")
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th><td>([^<]+)</td><td>([^<]+)</td><td><svg', page)
    assert ("Cases opened", "22.0", "22.0") in rows
    assert sorted(row[1:] for row in rows) == [("22.0", "22.0"), ("25.0 %", "25.0 %"), ("too few to say (14 cases)", "50.0 %")]
    assert page.count("<polyline") == 3


async def test_words_for_a_case_that_ended_meanwhile_stay_on_the_page(home: House, desk: ASGIApp) -> None:
    case = await with_a_person(home)
    act = f"/desk/cases/{case.case_id}/act"
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        page = await ann.look(f"/desk/cases/{case.case_id}")
        await ann.submit(page, act, action="claim", once="o-1")
        await home.until(case.case_id, lambda view: view.assignee == "ann")
        await ann.submit(page, act, action="resolve", once="o-2")
        await home.until(case.case_id, lambda view: view.status == "Resolved")
        late = await ann.submit(page, act, action="reply", text="what I had typed <b>here</b>", once="o-3")
        assert late.status_code == 409
        assert "what I had typed &lt;b&gt;here&lt;/b&gt;" in late.text
        nowhere = await ann.submit(page, "/desk/cases/none/act", action="draft", text="lost")
        assert nowhere.status_code == 404
