"""The chat over the real house, for a browser without script: who gets in, what it shows, and ratings by link."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from handrail.chat.visiting import COOKIE
from handrail.domain.access.principals import ApiScope
from handrail.wiring.front.api import services_of
from handrail.wiring.front.rooms import with_rooms
from tests.support.chatting import lines, token_of
from tests.support.house import House
from tests.workflows.api.conftest import backend, fresh

SHOP = "https://shop.example"
CASE = re.compile(r'name="case_id" value="([^"]*)"')
QUESTION = re.compile(r'name="question" value="([^"]*)"')


@asynccontextmanager
async def browsing(app: ASGIApp, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that runs no script."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 1))
    sent = {"accept-language": "en", "origin": "http://chat", **headers}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://chat", timeout=60, headers=sent, follow_redirects=True
    ) as browser:
        yield browser


async def served(home: House, **changes: Any) -> ASGIApp:
    settings = home.settings.model_copy(
        update={"chat_origins": SHOP, "chat_visitors": True, "api_customer_calls_per_minute": 10_000, **changes}
    )
    services = await services_of(settings, home.temporal, home.pool)
    return with_rooms(settings, home.pool, services)


async def say(browser: httpx.AsyncClient, page: str, **form: str) -> str:
    """The page that comes of a form on the page."""
    once = re.search(r'name="once" value="([^"]*)"', page)
    case = CASE.search(page)
    assert once, page
    assert case, page
    asked = QUESTION.search(page)
    filled = {"once": once[1], "case_id": case[1], "question": asked[1] if asked else "", **form}
    answer = await browser.post("/chat/plain/say", data=filled)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_customer_asks_confirms_by_a_button_and_takes_the_words_along(home: House) -> None:
    order = await home.strangers_order(status="paid", total_under=90)
    app = await served(home)
    async with browsing(app) as browser:
        entered = await browser.post(
            "/chat/plain", data={"token": await token_of(home, order.customer_id)}, headers={"origin": SHOP}
        )
        assert entered.status_code == 200
        assert "automated assistant" in entered.text, "what answers is disclosed before the first message"
        assert "A person, please" in entered.text
        page = await say(browser, entered.text, text=f"Please cancel order {order.order_id}, <b>I</b> ordered it by mistake.")
        assert "&lt;b&gt;I&lt;/b&gt; ordered" in page
        assert f"<li>Cancel order {order.order_id}" in page, page
        page = await say(browser, page, press="yes", question="an-older-question")
        assert f"I have cancelled order {order.order_id}" not in page, "the yes to another question did it"
        page = await say(browser, page, press="yes")
        assert f"I have cancelled order {order.order_id}" in page, page
        assert "Automatic message" in page
        assert "Automatic assistant" in page
        found = CASE.search(page)
        assert found
        case_id = found[1]
        rated = await browser.post("/chat/plain/rate", data={"case_id": case_id, "csat": "4", "comment": "<i>fine</i>"})
        assert rated.status_code == 200
        kept = await browser.get(f"/chat/plain/transcript/{case_id}")
        assert kept.headers["content-disposition"] == f'attachment; filename="{case_id}.txt"'
        assert kept.headers["content-type"].startswith("text/plain")
        assert "ordered it by mistake" in kept.text
        assert "Automatic assistant · " in kept.text
    assert await home.rows("select csat, comment from handrail.ratings where case_id = %(c)s", c=case_id) == [
        (4, "<i>fine</i>")
    ]
    assert await home.rows("select distinct channel from handrail.arrivals where case_id = %(c)s", c=case_id) == [("widget",)]
    assert not await home.rows("select 1 from handrail.departures where case_id = %(c)s", c=case_id)


async def test_a_visitor_is_nobody_known_and_a_stranger_sees_nothing(home: House) -> None:
    app = await served(home)
    async with browsing(app) as browser, browsing(app) as other:
        page = await say(browser, (await browser.get("/chat/plain")).text, text="Where is my order O-10001?")
        found = CASE.search(page)
        assert found
        assert found[1]
        (row,) = await home.rows("select customer_id, status, reason from handrail.cases where case_id = %(c)s", c=found[1])
        assert str(row[0]).startswith("visitor-")
        assert row[1:] == ("WithHuman", "unknown_customer")
        assert not await home.rows("select 1 from handrail.actions where case_id = %(c)s", c=found[1]), (
            "something was looked up"
        )
        assert (await other.get(f"/chat/plain/transcript/{found[1]}")).status_code == 401
        visitor = (await other.post("/chat/visitor")).json()["token"]
        other.cookies.set(COOKIE, visitor, path="/chat")
        assert (await other.get(f"/chat/plain/transcript/{found[1]}")).status_code == 404
        stolen = await other.post("/chat/plain/say", data={"once": fresh("m"), "case_id": found[1], "text": "me too"})
        assert stolen.status_code == 404
        bearer = {"authorization": f"Bearer {visitor}", "accept": "application/json"}
        assert (await other.get(f"/v1/cases/{found[1]}/messages", headers=bearer)).status_code == 404
        assert (await other.get(f"/chat/transcript/{found[1]}", headers=bearer)).json()["code"] == "UnknownCase"
        visitors = "select count(distinct customer_id) from handrail.api_tokens where caller = 'chat'"
        before = await home.rows(visitors)
        again = await other.post("/chat/visitor", headers=bearer)
        assert (again.status_code, await home.rows(visitors)) == (201, before), "a visitor who comes back is the same one"


async def test_forged_and_expired_tokens_foreign_forms_and_closed_doors(home: House) -> None:
    order = await home.order(status="shipped")
    app, closed = await served(home), await served(home, chat_visitors=False, chat_origins="")
    good, old = await token_of(home, order.customer_id), await token_of(home, order.customer_id, minutes=-1)
    async with browsing(app) as browser, browsing(closed) as outside:
        for token in (old, good[:-1] + ("a" if good[-1] != "a" else "b"), "", "hr_test_" + "a" * 12 + "_" + "b" * 43):
            assert (await browser.post("/chat/plain", data={"token": token})).status_code == 401, token
        assert (
            await browser.post("/chat/plain", data={"token": good}, headers={"origin": "https://evil.example"})
        ).status_code == 403
        evil = {"origin": "https://evil.example"}
        form = {"once": fresh("m"), "case_id": "", "text": "hello"}
        assert (await browser.post("/chat/plain/say", data=form, headers=evil)).status_code == 403
        assert (await browser.get(f"/chat/plain?token={good}")).status_code == 400, "no token in an address"
        refused = await browser.post("/chat/visitor", headers={"authorization": f"Bearer {good}"})
        assert refused.status_code == 403, "a customer's token makes no visitor's"
        # What no visitor may do is said on the page, and refused.
        assert "Please sign in on this website first" in (await outside.get("/chat/plain")).text
        assert (await outside.post("/chat/plain/say", data=form)).status_code == 403
        assert (await outside.post("/chat/plain", data={"token": good}, headers={"origin": SHOP})).status_code == 403
        assert (await outside.get("/chat/sample")).status_code == 404
        frame = await browser.get("/chat/?lang=de-AT")
        policy = frame.headers["content-security-policy"]
        assert f"frame-ancestors 'self' {SHOP};" in policy
        assert "'unsafe" not in policy
        assert 'lang="de"' in frame.text
        assert "automatischer Assistent" in frame.text
        assert "frame-ancestors 'self';" in (await outside.get("/chat/")).headers["content-security-policy"]
        for _ in range(30):
            last = await browser.post("/chat/visitor")
        assert last.status_code == 429
        assert int(last.headers["retry-after"]) > 0


async def test_a_link_rates_by_post_alone(home: House) -> None:
    order = await home.strangers_order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    app = await served(home, public_url="https://support.example.com")
    rated = "select csat, changes from handrail.ratings where case_id = %(c)s"
    async with (
        await backend(home, app, [ApiScope.CASES_WRITE, ApiScope.CASES_READ]) as house,
        browsing(app, **{"accept-language": "sv"}) as mail,
    ):
        made = await house.post(f"/v1/cases/{case.case_id}/rating_link")
        assert made.status_code == 201, made.text
        url = made.json()["url"]
        assert url.startswith("https://support.example.com/chat/rate/")
        customer = {"authorization": f"Bearer {await token_of(home, order.customer_id)}"}
        assert (await house.post(f"/v1/cases/{case.case_id}/rating_link", headers=customer)).status_code == 403
        path = url.removeprefix("https://support.example.com")
        for _ in range(3):
            opened = await mail.get(f"{path}?csat=5")
        assert 'value="5" aria-label="5 of 5" required checked' in opened.text, "in the case's language, and chosen"
        assert await home.rows(rated, c=case.case_id) == [], "opening it rated"
        assert (await mail.post(path, data={})).status_code == 422
        assert (await mail.post(path, data={"csat": "5"})).status_code == 200
        assert "Thank you" in (await mail.post(path, data={"csat": "2"})).text
        assert await home.rows(rated, c=case.case_id) == [(2, 1)]
        for wrong in (path[:-1] + ("a" if path[-1] != "a" else "b"), "/chat/rate/x"):
            assert (await mail.get(wrong)).status_code == 404
        await home.rows(
            "update handrail.rating_links set expires_at = now() where case_id = %(c)s returning 1", c=case.case_id
        )
        assert (await mail.post(path, data={"csat": "1"})).status_code == 404
        # The customer's token and the backend's key rate, too.
        for headers in (customer, {}):
            given = await house.post(f"/v1/cases/{case.case_id}/rate", json={"csat": 3}, headers=headers)
            assert given.status_code == 200, given.text
        assert await home.rows(rated, c=case.case_id) == [(3, 2)]


async def test_a_line_break_is_one_character_and_what_is_too_long_stays_in_its_form(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    app = await served(home, public_url="https://support.example.com")
    comment = "select comment from handrail.ratings where case_id = %(c)s"
    async with (
        await backend(home, app, [ApiScope.CASES_WRITE, ApiScope.CASES_READ]) as house,
        browsing(app) as browser,
    ):
        path = (await house.post(f"/v1/cases/{case.case_id}/rating_link")).json()["url"].partition(".com")[2]
        entered = await browser.post(
            "/chat/plain", data={"token": await token_of(home, order.customer_id)}, headers={"origin": SHOP}
        )
        for form, csat in ((path, "4"), ("/chat/plain/rate", "3")):
            rated = {"case_id": case.case_id, "csat": csat}
            stood = await home.rows(comment, c=case.case_id)
            over = await browser.post(form, data={**rated, "comment": lines(2_001)})
            assert over.status_code == 422, form
            assert "at most 2,000 characters" in over.text, "the reason is wrong"
            assert lines(2_001).replace("\r\n", "\n") in over.text, "what was typed is lost"
            assert f'value="{csat}" aria-label="{csat} of 5" required checked' in over.text
            none = await browser.post(form, data={"case_id": case.case_id, "comment": "so <b>good</b>"})
            assert (none.status_code, "choose a number" in none.text, "so &lt;b&gt;good" in none.text) == (422, True, True)
            assert await home.rows(comment, c=case.case_id) == stood
            kept = await browser.post(form, data={**rated, "comment": lines(1_999)})
            assert (kept.status_code, "Thank you for your rating." in kept.text) == (200, True)
            assert await home.rows(comment, c=case.case_id) == [(lines(1_999).replace("\r\n", "\n"),)]
        said = {"once": fresh("m"), "case_id": case.case_id}
        over = await browser.post("/chat/plain/say", data={**said, "text": lines(8_001)})
        assert (over.status_code, "at most 8,000 characters" in over.text) == (422, True)
        assert lines(8_001).replace("\r\n", "\n") in over.text
        assert f'value="{said["once"]}"' in over.text, "sent again it would count twice"
        empty = await browser.post("/chat/plain/say", data={**said, "text": " \r\n"})
        assert (empty.status_code, "nothing to read" in empty.text) == (422, True)
        assert entered.status_code == 200
        assert (await browser.post("/chat/plain/say", data={**said, "text": lines(7_999)})).status_code == 200


async def test_a_message_is_known_to_have_arrived_while_no_worker_runs(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handrail.chat.plain.PATIENCE_SECONDS", 0.2)
    order = await home.order(status="shipped")
    app = await served(home, task_queue=fresh("nobody"))
    async with browsing(app, **{"accept-language": "de"}) as browser, browsing(app) as other:
        await browser.post("/chat/plain", data={"token": await token_of(home, order.customer_id)}, headers={"origin": SHOP})
        page = await say(
            browser, (await browser.get("/chat/plain?fresh=1")).text, text=f"Wo ist meine Bestellung {order.order_id}?"
        )
        assert "Ihre Nachricht ist angekommen und wird beantwortet." in page
        link = re.search(r'angekommen und wird beantwortet\. <a href="([^"]+)"', page)
        assert link, "nothing says how to look again"
        again = await browser.get(link[1].replace("&amp;", "&"))
        assert "Ihre Nachricht ist angekommen" in again.text
        assert 'http-equiv="refresh"' not in page, "nobody's page changes under their eyes"
        for address in ("/chat/plain", f"/chat/plain?sent={fresh('m')}"):
            assert "angekommen" not in (await browser.get(address)).text, address
        await other.post("/chat/plain/say", data={"once": fresh("m"), "case_id": "", "text": "hello"})
        assert "has arrived" not in (await other.get(link[1].replace("&amp;", "&"))).text, "another's message"


@pytest.mark.parametrize(
    "wrong", [{"channel": "sms", "address": "+1"}, *({"channel": one} for one in ("mail", "drill", "branch"))]
)
async def test_a_customer_names_no_way_for_replies_and_no_channel_of_the_business(home: House, wrong: dict[str, str]) -> None:
    order = await home.order(status="shipped")
    app = await served(home)
    headers = {"authorization": f"Bearer {await token_of(home, order.customer_id)}", "idempotency-key": fresh()}
    async with browsing(app) as browser:
        refused = await browser.post("/v1/cases", json={"text": "hello", **wrong}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "InvalidInput")
