"""A reviewer at the Temporal Web UI, in a real Chromium: what they open, choose, type and read."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, FrameLocator, Locator, Page, async_playwright, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
WAITING = 'CaseStatus="AwaitingApproval" AND ExecutionStatus IN ("Running", "Paused")'
PATIENCE = 30_000
"""Milliseconds for which what is expected of a page is waited for; the library's own five seconds are few on a slow one."""
CLOSING_MILLISECONDS = 2_000
What = Literal["Signal", "Update"]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser that goes nowhere but where it is sent; where no Chromium is installed, the test is skipped."""
    executable = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip("no Chromium on the PATH: on Debian, apt-get install chromium")
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def desk(browser: Browser, ui: str) -> AsyncIterator[Desk]:
    """A fresh browser window of a reviewer."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US", timezone_id="UTC")
    context.set_default_timeout(PATIENCE)
    try:
        yield Desk(await context.new_page(), f"{ui}/namespaces/default/workflows")
    finally:
        await context.close()


@dataclass(frozen=True, slots=True)
class Desk:
    """One window. `root` is the page of all workflows."""

    page: Page
    root: str

    async def waiting_list(self) -> None:
        """The list of cases that wait for an approval."""
        await self.page.goto(f"{self.root}?query={quote(WAITING, safe='')}")
        await expect(self.page.get_by_role("columnheader", name="Workflow ID")).to_be_visible()

    async def open_listed(self, case_id: str) -> None:
        """A click on the case in the list, then on the tab that holds the packet."""
        await self.page.get_by_role("link", name=f"case-{case_id}", exact=True).first.click()
        await self.tab("user-metadata")
        await self.packet().locator("h2").wait_for()

    async def open_case(self, case_id: str) -> None:
        """The packet of the case's newest run."""
        await self.page.goto(f"{self.root}/case-{case_id}")
        await self.tab("user-metadata")
        await self.packet().locator("h2").wait_for()

    async def tab(self, name: str) -> None:
        """A tab of the case's page."""
        await self.page.get_by_test_id(f"{name}-tab").click()

    def packet(self) -> FrameLocator:
        """Current details as they are rendered."""
        return self.page.frame_locator("#user-metadata-current-details")

    async def refresh(self) -> None:
        """What the page asks for: press R."""
        await self.page.locator("body").press("r")

    async def shows(self, words: str) -> None:
        """The packet holds the words, now or after a few presses of R."""
        body = self.packet().locator("main")
        for _ in range(40):
            if words in " ".join((await body.inner_text()).split()):
                return
            await self.refresh()
            await self.page.wait_for_timeout(250)
        await expect(body).to_contain_text(words)

    async def start(self, what: What) -> Locator:
        """More Actions, then the dialog."""
        await self.page.get_by_role("button", name="More Actions").click()
        await self.page.get_by_role("menuitem", name=f"Send {'an' if what == 'Update' else 'a'} {what}").click()
        dialog = self.page.locator("dialog[open]")
        await dialog.wait_for()
        return dialog

    async def choose(self, dialog: Locator, name: str) -> None:
        """An entry of the dialog's list, by the beginning of its name."""
        beginning = re.compile(rf"^\s*{re.escape(name)}")
        await dialog.get_by_test_id(re.compile(r"^(update|signal)-select-button$")).click()
        await dialog.get_by_role("option").filter(has=self.page.locator("span", has_text=beginning)).click()

    async def write(self, dialog: Locator, text: str) -> None:
        """Into the box called Data, in place of what stands there."""
        box = dialog.get_by_role("textbox", name="Data")
        await box.click()
        await box.press("ControlOrMeta+a")
        await box.press("Delete")
        if text:
            await self.page.keyboard.insert_text(text)

    async def submit(self, dialog: Locator) -> None:
        """One click."""
        await dialog.get_by_role("button", name="Submit").click()

    async def refused(self, dialog: Locator, words: str) -> None:
        """The dialog stays open and holds the words, and no trace of a program."""
        await expect(dialog).to_contain_text(words)
        await expect(dialog).not_to_contain_text("Traceback")
        await expect(dialog).not_to_contain_text(".py")
        await dialog.get_by_role("button", name="Cancel").last.click()
        await expect(dialog).to_be_hidden()

    async def send(self, what: What, name: str, data: str = "") -> None:
        """All of it, and the page says that it went well."""
        said = self.page.locator("p").filter(has_text="Update successful" if what == "Update" else "Workflow signaled")
        dialog = await self.start(what)
        await self.choose(dialog, name)
        if data:
            await self.write(dialog, data)
        await self.submit(dialog)
        await expect(said).to_be_visible()
        await expect(dialog).to_be_hidden()
        # Two announcements at once break this version of the page: the second dialog stays open, its buttons dead.
        with suppress(PlaywrightTimeout):  # it goes by itself after a while
            await said.locator("..").get_by_role("button", name="Close").click(timeout=CLOSING_MILLISECONDS)
        await expect(said).to_be_hidden()
