"""Every room of pages: HEAD as GET, no JSON for a browser, and a page within seconds also while the record is dumb."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp

from handrail.domain.access.principals import ApiScope
from handrail.drills.chaos.proxy import FaultyProxy, NetworkFault
from handrail.embedded.ports import free_block
from handrail.postgres.pool import open_pool
from handrail.wiring.front.api import services_of
from handrail.wiring.front.rooms import with_rooms
from tests.support.chatting import token_of
from tests.support.deskside import FORM_TOKEN, key_of
from tests.support.house import House
from tests.workflows.agents.conftest import SIGNING_KEY
from tests.workflows.api.conftest import backend, fresh

BROWSER = {"accept": "text/html,*/*;q=0.8", "accept-language": "de"}
KEY_IN_URL = "?token=hrc_" + "a" * 43
DEADLINE_SECONDS = 60


async def served(home: House, pool: Any = None) -> ASGIApp:
    known = {"agents_key": SecretStr(SIGNING_KEY), "chat_visitors": True, "public_url": "http://rooms"}
    settings = home.settings.model_copy(update={**known, "api_customer_calls_per_minute": 10_000})
    services = await services_of(settings, home.temporal, pool or home.pool)
    return with_rooms(settings, pool or home.pool, services)


def browsing(app: ASGIApp) -> httpx.AsyncClient:
    """A browser that follows nothing by itself."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 1))
    return httpx.AsyncClient(transport=transport, base_url="http://rooms", timeout=60, headers=BROWSER)


async def link_of(home: House, app: ASGIApp) -> str:
    """The path of a link by which a case is rated."""
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    async with await backend(home, app, [ApiScope.CASES_WRITE, ApiScope.CASES_READ]) as house:
        made = await house.post(f"/v1/cases/{case.case_id}/rating_link")
    return str(made.json()["url"]).removeprefix("http://rooms")


async def test_head_is_get_without_a_body_on_every_page(home: House) -> None:
    app = await served(home)
    pages = ["/chat/", "/chat/plain", "/chat/widget.js", "/chat/none", "/chat/static/chat.css", await link_of(home, app)]
    pages += ["/desk/", "/desk/sign-in", "/desk/none", "/desk/static/desk.css", "/confirm/none.of.ours"]
    async with browsing(app) as browser:
        for page in pages:
            got, head = await browser.get(page), await browser.head(page)
            assert (head.status_code, head.content) == (got.status_code, b""), page
            names = ("content-type", "content-length", "cache-control", "referrer-policy", "location")
            assert [head.headers.get(one) for one in names] == [got.headers.get(one) for one in names], page
            assert all("default-src 'none'" in one.headers["content-security-policy"] for one in (got, head)), page


async def test_no_browser_is_answered_with_json(home: House) -> None:
    app = await served(home)
    link = await link_of(home, app)
    async with browsing(app) as browser:
        for path in ("/chat/plain", link, "/desk/sign-in", "/confirm/none.of.ours"):
            for answer in (
                await browser.get(path + KEY_IN_URL),
                await browser.post(path, data={"text": "x" * 300_000}),
                await browser.post(path, content=chunks(), headers={"content-type": "application/x-www-form-urlencoded"}),
                await browser.post(path, content=b"--", headers={"content-type": "multipart/form-data; boundary=x"}),
                await browser.put(path),
            ):
                assert answer.headers["content-type"].startswith("text/html"), (path, answer.status_code)
                assert 400 <= answer.status_code < 500, (path, answer.status_code)
                assert "<html lang=" in answer.text


async def chunks() -> Any:
    """A form whose length nobody announces."""
    for _ in range(40):
        yield b"text=" + b"x" * 10_000


async def test_a_dumb_record_is_a_page_of_trouble_within_seconds(
    home: House, shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handrail.pages.guarded.PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr("handrail.wiring.front.api.PROBE", timedelta(seconds=0.5))
    link = await link_of(home, await served(home))
    there = urlsplit(shop_url).port or 5432
    line = FaultyProxy(free_block(1), there)
    async with line.listening():
        pool = await open_pool(shop_url.replace(f":{there}/", f":{line.port}/"), size=10)
        try:
            app = await served(home, pool)
            async with browsing(app) as browser:
                await browser.post("/desk/sign-in", data={"key": await key_of(home, "ann"), "to": "/desk/"})
                board = await browser.get("/desk/")
                form_token = FORM_TOKEN.search(board.text)
                assert form_token
                browser.cookies.set("handrail_chat", await token_of(home, "C-1"), path="/chat")
                line.hurt(NetworkFault.SILENCE)
                asked = [browser.get(path) for path in ("/desk/", "/desk/owner", "/desk/score", "/chat/plain", link)]
                form = {"form_token": form_token[1], "case_id": "", "once": fresh("m"), "text": "hello", "csat": "4"}
                asked += [browser.post(path, data=form) for path in ("/desk/score", "/chat/plain/say", link)]
                async with asyncio.timeout(DEADLINE_SECONDS):
                    answers = await asyncio.gather(*asked, browser.get("/healthz/ready"))
            for answer in answers[:-1]:
                assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True), answer.url
                assert answer.headers["content-type"].startswith("text/html"), answer.url
            assert "Es kann noch geschehen" in answers[5].text, "what was sent may be taken yet"
            assert answers[-1].json()["away"]["record"] == "does not answer"
        finally:
            line.heal()
            await pool.close()
