"""The chat in a real Chromium, on a company's website of another origin: by keys alone, in two tabs, dropped and resumed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from typing import Any, Literal, cast

import pytest

from tests.support.chatting import Website, website
from tests.support.house import House, wait_for

pytest.importorskip("playwright.async_api", reason="playwright is not installed: make setup")
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Frame, FrameLocator, Page, Request, Route, expect

from tests.acceptance.browser import PATIENCE, chromium

SERIOUS = ("serious", "critical")
NARROW = 320
WIDTHS = (NARROW, 768, 1280)
TAKEN_OVER = "A person has taken over. You are no longer talking to the automatic assistant."
BREAKS_ONCE = "log => { log.append = () => { delete log.append; throw new Error('it broke'); }; }"
LOADED, NOT_SHOWN = "Failed to load resource", "is not shown"
"""Chromium says so of each answer that refuses, also of one that the chat expects."""


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as found:
        yield found


@asynccontextmanager
async def window(browser: Browser, **options: Any) -> AsyncIterator[BrowserContext]:
    """A browser window in which nothing may go wrong unseen."""
    context = await browser.new_context(**{"locale": "en-US", **options})
    context.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    context.on("weberror", lambda one: wrong.append(str(one.error)))
    context.on("console", lambda one: wrong.append(one.text) if is_wrong(one) else None)
    try:
        yield context
    finally:
        await context.close()
    assert not wrong


def is_wrong(said: ConsoleMessage) -> bool:
    """Whether the console's line tells of an error that a page did not expect."""
    return said.type == "error" and not any(words in said.text for words in (LOADED, NOT_SHOWN))


async def opened(context: BrowserContext, site: Website) -> tuple[Page, FrameLocator]:
    """A page of the website with the chat open, which has looked for the customer's newest case."""
    page = await context.new_page()
    await page.goto(site.at)
    async with page.expect_response(lambda one: one.url.endswith("/v1/cases?limit=1") and one.ok):
        await page.get_by_role("button", name="Open chat").click()
    return page, page.frame_locator("iframe")


async def looked_at(page: Page, shown: Page | Frame, *widths: int) -> list[tuple[Any, ...]]:
    """What is wrong with what is shown, light and dark: for people who hear it, and wider than the window."""
    problems: list[tuple[Any, ...]] = []
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for width, scheme in product(widths, schemes):
        await page.set_viewport_size({"width": width, "height": 640})
        await page.emulate_media(color_scheme=scheme)
        here = (shown.url, width, scheme)
        # A frame evaluates what a page does.
        found = (await Axe().run(cast(Page, shown))).response["violations"]
        problems += [(*here, one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS]
        over = await shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        problems += [(*here, "wider than the window", over)] if over > 0 else []
    return problems


async def press(page: Page, *keys: str) -> None:
    """One key after the other, wherever the focus is."""
    for key in keys:
        await page.keyboard.press(key)


async def focused(page: Page) -> str:
    """What has the focus on the website's page; in the frame, the frame."""
    return str(
        await page.evaluate(
            "() => { const a = document.activeElement; return (a.shadowRoot?.activeElement ?? a).tagName.toLowerCase(); }"
        )
    )


async def test_by_keys_alone_a_customer_asks_says_yes_rates_and_leaves(home: House, browser: Browser) -> None:
    order = await home.strangers_order(status="paid", total_under=90)
    async with website(home) as site, window(browser) as context:
        # The first token has ended by the time it is used; the page's backend mints another.
        site.customer, site.ended = order.customer_id, 1
        page = await context.new_page()
        await page.goto(site.at)
        await expect(page.get_by_role("button", name="Open chat")).to_be_visible()
        for wanted in ("a", "button"):
            await page.keyboard.press("Tab")
            assert await focused(page) == wanted
        await page.keyboard.press("Enter")
        chat = page.frame_locator("iframe")
        await expect(chat.get_by_text("You are talking to our automated assistant")).to_be_visible()
        await expect(chat.get_by_label("Your message")).to_be_focused()
        text = f"Please cancel order {order.order_id}, <img src=x onerror=alert(1)> I ordered it by mistake."
        await page.keyboard.type(text)
        await page.keyboard.press("Enter")
        await expect(chat.locator("#log .customer .words")).to_have_text(text)
        assert await chat.locator("#log img").count() == 0
        await expect(chat.locator("#asks li")).to_contain_text(f"Cancel order {order.order_id}")
        assert site.minted == 2
        problems = await looked_at(page, page.frames[1], NARROW)
        await press(page, "Shift+Tab", "Shift+Tab")
        await expect(chat.get_by_role("button", name="Yes")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(chat.locator("#log .assistant")).to_contain_text(f"I have cancelled order {order.order_id}")
        await expect(chat.locator("#asks")).to_be_hidden()
        await expect(chat.get_by_role("radio")).to_have_count(5)
        assert not [*problems, *await looked_at(page, page.frames[1], NARROW)]
        await press(page, "Shift+Tab", "Shift+Tab", "Shift+Tab", "ArrowLeft")
        await expect(chat.get_by_role("radio", name="4 of 5")).to_be_checked()
        await press(page, "Tab", "Tab")
        await expect(chat.get_by_role("button", name="Send rating")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(chat.get_by_role("status")).to_have_text(re.compile(r"^Thank you for your rating\. .+\.$"))
        await expect(chat.get_by_label("Your message")).to_be_focused()
        await press(page, "Tab", "Tab", "Tab")
        await expect(chat.get_by_role("button", name="Download the conversation")).to_be_focused()
        async with page.expect_download() as download:
            await page.keyboard.press("Enter")
        words = (await (await download.value).path()).read_text(encoding="utf-8")
        assert text in words
        assert "Automatic assistant · " in words
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Open chat")).to_be_focused()
        await expect(page.locator("iframe")).to_be_hidden()
        await page.keyboard.press("Tab")
        assert await focused(page) != "iframe", "closed, the chat takes the focus"
    rated = "select csat from handrail.ratings inner join handrail.cases using (case_id) where customer_id = %(c)s"
    assert await home.rows(rated, c=order.customer_id) == [(4,)]


POSTS = re.compile(r"/v1/cases(/[^/]+/messages)?$")


class Losing:
    """A network between the browser and the house: it loses requests, or answers of what was taken, while it is told to."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.lose: Literal["", "request", "answer"] = ""
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle(self, route: Route) -> None:
        """Pass a message on, or lose it."""
        if route.request.method != "POST":
            await route.continue_()
            return
        self.keys.append(route.request.headers["idempotency-key"])
        lose = self.lose
        await self.gate.wait()
        if lose == "answer":
            await route.fetch()
        await (route.abort() if lose else route.continue_())


async def test_what_was_not_sent_stays_and_is_sent_again_once(home: House, browser: Browser) -> None:
    order = await home.strangers_order(status="paid", total_under=90)
    net = Losing()
    async with website(home, same_site=True) as site, window(browser) as context:
        site.customer = order.customer_id
        await context.route(POSTS, net.handle)
        page, chat = await opened(context, site)
        again = chat.get_by_role("button", name="Send again")
        net.lose = "answer"
        await chat.get_by_label("Your message").fill(f"Please cancel order {order.order_id}, I ordered it by mistake.")
        await page.keyboard.press("Enter")
        await expect(again).to_have_count(1)
        await expect(chat.locator("#log .failed .words")).to_contain_text(order.order_id)
        assert not await looked_at(page, page.frames[1], NARROW)
        net.lose = ""
        await again.click()
        await expect(chat.locator("#asks li")).to_contain_text(f"Cancel order {order.order_id}")
        await expect(again).to_have_count(0)
        net.lose = "request"
        await chat.get_by_role("button", name="Yes").click()
        await expect(chat.locator("#log .failed .words")).to_have_text("Yes")
        await expect(chat.get_by_role("button", name="Yes")).to_be_visible()
        net.lose = ""
        await again.click()
        await expect(chat.locator("#log .assistant")).to_contain_text(f"I have cancelled order {order.order_id}")
        # What is on its way is not sent by a second press, whether that follows at once or while it waits.
        net.gate.clear()
        await chat.get_by_role("button", name="A person, please").dblclick()
        await chat.get_by_role("button", name="A person, please").click()
        net.gate.set()
        await expect(chat.locator("#log .system, #log .assistant").last).to_contain_text("person")
        await expect(chat.locator("#log .pending")).to_have_count(0)
    said = "select m.text from handrail.messages m inner join handrail.cases c using (case_id) "
    said += "where c.customer_id = %(c)s and m.author = 'customer' order by m.sequence"
    words = [one for (one,) in await home.rows(said, c=order.customer_id)]
    assert [one.split()[0] for one in words] == ["Please", "Yes", "I"], words
    assert len(net.keys) == 5
    assert len(set(net.keys)) == 3


async def test_two_tabs_share_a_stream_that_resumes_and_tell_who_answers(home: House, browser: Browser) -> None:
    order = await home.strangers_order(status="shipped")
    async with website(home, same_site=True) as site, window(browser) as context:
        site.customer = order.customer_id
        streams: list[str] = []

        def noted(request: Request) -> None:
            if request.url.endswith("/events"):
                streams.append(request.headers.get("last-event-id", ""))

        context.on("request", noted)

        async def one_reader() -> bool:
            return site.tail.readers == 1

        first, chat = await opened(context, site)
        second, other = await opened(context, site)
        await expect(chat.get_by_role("button", name="A person, please")).to_be_visible()
        # No list has the conversation before its first turn has ended; the other tab knows it, loaded again or not.
        await home.model.script(order.order_id, {"latency_seconds": 3})
        await chat.get_by_label("Your message").fill(f"Where is my order {order.order_id}?")
        await chat.get_by_role("button", name="Send", exact=True).click()
        await expect(other.locator("#state")).not_to_be_empty()
        await second.reload()
        await expect(other.locator("#state")).not_to_be_empty()
        for one in (chat, other):
            await expect(one.locator("#log .assistant")).to_have_count(1)
        await wait_for(one_reader)
        assert streams == ["0"]
        # The reader's tab goes away: the other reads on behind the last event that it heard.
        await first.close()
        await wait_for(one_reader)
        await other.get_by_role("button", name="A person, please").click()
        await expect(other.locator("#log .system")).to_have_count(1)
        assert len(streams) == 2
        assert int(streams[1]) > 0
        ((case_id,),) = await home.rows("select case_id from handrail.cases where customer_id = %(c)s", c=order.customer_id)
        await home.cases.claim(case_id, "ann")
        await expect(other.locator("#log .turn")).to_have_text([TAKEN_OVER])
        # Whatever cannot be shown is reported, and the same stream goes on behind it.
        await other.locator("#log").evaluate(BREAKS_ONCE)
        async with context.expect_console_message(lambda one: NOT_SHOWN in one.text) as reported:
            await home.cases.reply(case_id, "ann", "Lost from sight.", message_id="r-0")
        assert "it broke" in (await reported.value).text
        await home.cases.reply(case_id, "ann", "One moment.", message_id="r-1")
        await expect(other.locator("#log .person .words")).to_have_text("One moment.")
        assert len(streams) == 2
        # The stream is cut off; what happens meanwhile is told once it is back, once.
        site.cut()
        await home.cases.reply(case_id, "ann", "I looked: it is on its way. <b>Ann</b>", message_id="r-2")
        await home.cases.hand_back(case_id, "ann", "Tell them when it comes.")
        site.mend()
        await expect(other.locator("#log .person .words")).to_have_text(
            ["One moment.", "I looked: it is on its way. <b>Ann</b>"]
        )
        await expect(other.locator("#log .turn")).to_have_text([TAKEN_OVER, "The automatic assistant is answering again."])
        assert len(streams) > 2
        assert int(streams[-1]) > int(streams[1])
        told = await other.locator("#log li[data-id]").evaluate_all("all => all.map(one => one.dataset.id)")
        assert len(told) == len(set(told))


async def test_every_page_is_accessible_and_fits_at_three_widths(home: House, browser: Browser) -> None:
    async with website(home) as site, window(browser) as context:
        page = await context.new_page()
        await page.goto(f"{site.root}/chat/")
        await page.get_by_label("Your message").fill("Is anybody there?")
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.locator("#log .system")).to_have_count(1)
        problems = await looked_at(page, page, *WIDTHS)
        for path in (f"{site.root}/chat/plain", f"{site.root}/chat/none", site.at):
            await page.goto(path)
            if path == site.at:
                await page.get_by_role("button", name="Open chat").wait_for()
            problems += await looked_at(page, page, *WIDTHS)
        assert not problems


async def test_a_browser_without_script_finds_the_plain_page(home: House, browser: Browser) -> None:
    async with website(home) as site, window(browser, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(site.at)
        await page.get_by_role("link", name="Write to us").click()
        await expect(page.get_by_text("You are talking to our automated assistant")).to_be_visible()
        await page.get_by_role("button", name="A person, please").click()
        await expect(page.locator("#log .system")).to_have_count(1)
        await expect(page.get_by_role("status")).to_contain_text("A person will answer you.")
