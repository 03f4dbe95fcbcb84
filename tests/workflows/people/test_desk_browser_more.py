"""Several at once, the moment in which a reply can be taken back, and the page on paper, in a real Chromium."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from handrail.domain.access.principals import ApiScope
from tests.support.deskside import OWN, key_of, serving
from tests.support.house import House
from tests.workflows.people.test_desk_batch import BATCH, address, definitions, held

pytest.importorskip("playwright.async_api", reason="playwright is not installed: make setup")
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.workflows.people.test_desk_browser import SERIOUS, WIDTHS, browser, window

__all__ = ["browser"]


async def sound(page: Page, name: str) -> None:
    """No serious finding and nothing beside the page, at any width; kept as a picture where somebody wants to see it."""
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        found = (await Axe().run(page)).response["violations"]
        assert not [one["id"] for one in found if one["impact"] in SERIOUS], (name, width, found)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
    if folder := os.environ.get("HANDRAIL_TEST_PICTURES"):
        await page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_several_at_once_and_taking_back_are_read_by_everybody(
    home: House, browser: Browser, tmp_path: Path, scheme: Any
) -> None:
    cases = [await held(home, 130, 170) for _ in range(2)]
    order = await home.strangers_order(status="delivered", refunded=False, refundable_over=120, refundable_under=480)
    person = await home.open(order.customer_id, "I want to speak to a person, please.")
    changes = {"definitions": definitions(tmp_path, BATCH), "desk_undo_seconds": 300.0}
    key = await key_of(home, "ann", *OWN, ApiScope.CONTROLS_READ)
    async with serving(home, **changes) as at, window(browser, at, key, color_scheme=scheme) as ann:
        root = at.removesuffix("/desk/")
        await ann.page.goto(root + address(*cases))
        await expect(ann.page.get_by_role("button", name="Approve these 2")).to_be_visible()
        await sound(ann.page, f"batch-{scheme}")
        await ann.page.get_by_role("button", name="Approve these 2").click()
        await ann.page.wait_for_url("**/desk/batch/*")
        await expect(ann.page.get_by_role("status")).to_contain_text("Approved.")
        await sound(ann.page, f"batch-done-{scheme}")
        await ann.page.goto(f"{at}cases/{person.case_id}")
        await ann.page.get_by_role("button", name="Take the case").click()
        await ann.page.get_by_label("Reply to the customer").fill("Dear customer, I look into it.")
        await ann.page.get_by_role("button", name="Send the reply", exact=True).click()
        await expect(ann.page.locator("[data-leaves]")).to_contain_text("seconds")
        await sound(ann.page, f"held-{scheme}")
        await ann.page.get_by_role("button", name="Take the reply back").click()
        await expect(ann.page.get_by_label("Reply to the customer")).to_have_value("Dear customer, I look into it.")
        await sound(ann.page, f"taken-back-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_leaving_a_case_to_others_is_read_by_everybody(home: House, browser: Browser, scheme: Any) -> None:
    case = await held(home, 130, 170)
    key = await key_of(home, "ann", *OWN)
    async with serving(home) as at, window(browser, at, key, color_scheme=scheme) as ann:
        await ann.page.goto(f"{at}cases/{case.case_id}")
        await ann.page.get_by_role("button", name="DE", exact=True).click()
        await expect(ann.page.get_by_text("über 100 USD entscheidet ein Mensch")).to_be_visible()
        await ann.page.get_by_text("Ich sollte das nicht entscheiden").click()
        await ann.page.get_by_label("Warum nicht").fill("Das ist die Bestellung meiner Cousine.")
        await sound(ann.page, f"recuse-{scheme}")
        await ann.page.get_by_role("button", name="Anderen überlassen").click()
        await expect(ann.page.get_by_role("status")).to_contain_text("Andere bekommen ihn")
        await ann.page.goto(f"{at}cases/{case.case_id}")
        await expect(ann.page.get_by_text("Sie haben gesagt, dass Sie diesen Fall nicht entscheiden sollten")).to_be_visible()
        await sound(ann.page, f"recused-{scheme}")


async def test_a_case_prints_whole_on_a4(home: House, browser: Browser, tmp_path: Path) -> None:
    case = await held(home, 130, 170)
    async with serving(home) as at, window(browser, at, await key_of(home, "ann")) as ann:
        await ann.page.goto(f"{at}cases/{case.case_id}")
        await ann.page.emulate_media(media="print")
        await expect(ann.page.get_by_role("heading", name=case.case_id)).to_be_visible()
        for gone in ("button", "header", "footer", "textarea"):
            assert await ann.page.locator(f"{gone}:visible").count() == 0, gone
        for part in (case.approvals[0].request.title, "refund_amount/refund-needs-approval", "Please refund order"):
            await expect(ann.page.get_by_text(part).first).to_be_visible()
        facts = ann.page.locator("main details").filter(has_not=ann.page.locator("form"))
        for number in range(await facts.count()):
            inner = facts.nth(number).locator(":scope > :not(summary)").first
            assert await inner.evaluate("one => one.checkVisibility({contentVisibilityAuto: true})"), number
        pdf = await ann.page.pdf(prefer_css_page_size=True)
        assert pdf.startswith(b"%PDF")
        assert b"/MediaBox [0 0 595" in pdf or b"/MediaBox [0 0 594" in pdf
    if folder := os.environ.get("HANDRAIL_TEST_PICTURES"):
        (Path(folder) / "case.pdf").write_bytes(pdf)
