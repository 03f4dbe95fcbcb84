"""The desk in a real Chromium: by keys alone, without script, at three widths, and for people who hear the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from handrail.domain.access.principals import ApiScope
from handrail.domain.actions.approvals import DecisionInput
from handrail.domain.case.cases import CaseView
from tests.support.deskside import OWN, key_of, serving
from tests.support.house import House, wait_for

pytest.importorskip("playwright.async_api", reason="playwright is not installed: make setup")
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.acceptance.browser import PATIENCE, chromium

SERIOUS = ("serious", "critical")
WIDTHS = (320, 768, 1280)
DUE_AT_ONCE = "update handrail.approvals set due_at = now() + interval '1 minute' where case_id = %(c)s"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as found:
        yield found


@dataclass(frozen=True, slots=True)
class Window:
    """A reviewer's window; `keys` counts what they pressed."""

    page: Page
    at: str
    pressed: list[str]

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.pressed.append(key)
            await self.page.keyboard.press(key)


@asynccontextmanager
async def window(browser: Browser, at: str, key: str, **options: Any) -> AsyncIterator[Window]:
    """A window of somebody who signed in."""
    context = await browser.new_context(locale="en-US", **options)
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    try:
        await page.goto(at)
        await page.fill("#key", key)
        await page.press("#key", "Enter")
        await page.wait_for_url(at)
        yield Window(page, at, [])
    finally:
        await context.close()


async def refund(home: House) -> CaseView:
    """A refund that waits for approval, and is due before anything else."""
    order = await home.strangers_order(status="delivered", refunded=False, refundable_over=120, refundable_under=480)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    assert await home.rows(f"{DUE_AT_ONCE} returning 1", c=case.case_id)
    return case


async def test_the_oldest_case_is_read_edited_and_approved_by_twelve_keys_at_most(home: House, browser: Browser) -> None:
    case, _ = await refund(home), await refund(home)
    zoomed = {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2}
    async with serving(home) as at, window(browser, at, await key_of(home, "ann"), **zoomed) as ann:
        await expect(ann.page.locator("a.row").first).to_be_focused()
        await ann.press("Enter")
        await ann.page.wait_for_url(f"**/cases/{case.case_id}")
        await ann.press("e")
        amount = ann.page.get_by_label("Amount")
        while not await amount.evaluate("field => field === document.activeElement"):
            await ann.press("Tab")
        await ann.press("4", "0", "Enter")
        await ann.page.wait_for_url("**/desk/?did=edit**")
        await expect(ann.page.get_by_role("status")).to_contain_text("approved with your changes")
        assert len(ann.pressed) <= 12, ann.pressed
        await expect(ann.page.locator("a.row").first).to_be_focused()
    done = await home.until(case.case_id, lambda view: bool(view.effects))
    assert float(done.effects[0].arguments["amount"]) == 40


async def test_the_same_without_script(home: House, browser: Browser) -> None:
    case = await refund(home)
    async with serving(home) as at, window(browser, at, await key_of(home, "ann"), java_script_enabled=False) as ann:
        await ann.page.get_by_role("row").filter(has_text=case.case_id).get_by_role("link").click()
        await ann.page.locator("summary", has_text="Change it first").click()
        await ann.page.get_by_label("Amount").fill("41.50")
        await ann.page.get_by_role("button", name="Approve with these changes").click()
        await ann.page.wait_for_url("**/desk/?did=edit**")
    done = await home.until(case.case_id, lambda view: bool(view.effects))
    assert float(done.effects[0].arguments["amount"]) == 41.5


async def test_keys_do_nothing_while_somebody_types_and_can_be_switched_off(home: House, browser: Browser) -> None:
    case = await refund(home)
    async with serving(home) as at, window(browser, at, await key_of(home, "ann")) as ann:
        await ann.page.goto(f"{at}cases/{case.case_id}")
        note = ann.page.get_by_label("Note, for the record and the agent")
        await note.focus()
        await ann.press("a", "r", "e", "?", "Enter")
        await expect(note).to_have_value("are?\n")
        assert (await home.cases.status(case.case_id)).status == "AwaitingApproval"
        await ann.page.locator("#content").focus()
        await ann.press("a")
        await expect(ann.page.get_by_role("button", name="Approve: ")).to_be_focused()
        await ann.press("?")
        await ann.page.get_by_role("button", name="Keys off").click()
        await ann.page.locator("#content").focus()
        await ann.press("r")
        await expect(ann.page.locator("#content")).to_be_focused()
        await ann.page.get_by_role("button", name="Keys on").click()
        await ann.press("r")
        await expect(ann.page.get_by_role("button", name="Reject: ")).to_be_focused()


async def test_new_rows_come_by_themselves_and_the_focus_stays(home: House, browser: Browser) -> None:
    looks_again = "document.dispatchEvent(new Event('visibilitychange'))"
    first = await refund(home)
    async with serving(home) as at, window(browser, at, await key_of(home, "ann")) as ann:
        row = ann.page.locator(f'a.row[href$="{first.case_id}"]')
        await row.focus()
        second = await refund(home)
        await ann.page.evaluate(looks_again)
        await expect(ann.page.locator(f'a.row[href$="{second.case_id}"]')).to_be_visible()
        await expect(ann.page.locator("#news")).to_have_text("1 new")
        await expect(row).to_be_focused()
        asked = first.approvals[0]
        no = DecisionInput(approval_id=asked.approval_id, revision=asked.revision, decision="reject", reviewer="ann")
        await home.cases.decide(first.case_id, no)
        await home.until(first.case_id, lambda case: all(one.status != "open" for one in case.approvals))

        async def gone() -> bool:
            """A look that began before the decision was recorded still finds the row; the next one does not."""
            await ann.page.evaluate(looks_again)
            with suppress(AssertionError):
                await expect(row).to_have_count(0, timeout=2_000)
                return True
            return False

        await wait_for(gone)
        assert await ann.page.evaluate("document.activeElement.classList.contains('row')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_accessible_and_fits_at_three_widths(home: House, browser: Browser, scheme: str) -> None:
    asked, order = await refund(home), await home.strangers_order(status="delivered")
    waiting = await home.open(order.customer_id, "I want to speak to a person, please.")
    await home.cases.claim(waiting.case_id, "ann")
    await home.until(waiting.case_id, lambda case: case.assignee == "ann")
    key = await key_of(home, "ann", *OWN, ApiScope.CONTROLS_SET)
    async with serving(home) as at, window(browser, at, key, color_scheme=scheme) as ann:
        problems = []
        paths = ("", f"cases/{asked.case_id}", f"cases/{waiting.case_id}", "owner", "score", "cases/none", "sign-in")
        for path in paths:
            for width in WIDTHS:
                await ann.page.set_viewport_size({"width": width, "height": 800})
                await ann.page.goto(f"{at}{path}")
                found = (await Axe().run(ann.page)).response["violations"]
                problems += [(path, width, one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS]
                over = await ann.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                problems += [(path, width, "wider than the window", over)] if over > 0 else []
        assert not problems
