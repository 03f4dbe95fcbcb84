"""The Temporal Web UI over encrypted histories: on the stack of one machine it shows, takes and refuses as ever."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from handrail.embedded.ports import free_block
from handrail.embedded.sealing import key_file
from handrail.embedded.state import Stack
from tests.acceptance.browser import Desk, chromium, desk
from tests.acceptance.test_stack import ROOT, environment, handrail, standing, until
from tests.conftest import stack_folder

ENDED = ("Resolved", "AwaitingCustomer")


@pytest.fixture(scope="module")
def sealed_stack() -> Iterator[Stack]:
    """A whole stack that encrypts, with its sample cases."""
    with stack_folder() as folder:
        begin = ("up", "--encrypt", "--detach", "--data-dir", str(folder), "--port-base", str(free_block(7)))
        done = subprocess.run(
            [sys.executable, "-m", "handrail.cli.main", *begin],
            cwd=ROOT,
            env={name: value for name, value in environment().items() if not name.startswith("OPENAI_")},
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        try:
            yield standing(folder)
        finally:
            handrail("down", "--data-dir", folder)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, once."""
    async with chromium() as one:
        yield one


@pytest.fixture
async def reviewer(browser: Browser, sealed_stack: Stack) -> AsyncIterator[Desk]:
    """A reviewer's window."""
    async with desk(browser, sealed_stack.temporal_ui) as one:
        yield one


def case(stack: Stack, case_id: str) -> dict[str, Any]:
    """The case, by the command line, which finds the stack's key by itself."""
    done = handrail("case", "show", case_id, "--json", HANDRAIL_DATA_DIR=str(stack.data_dir))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def waiting(stack: Stack) -> dict[str, Any]:
    """A sample case whose refund waits for somebody, once the worker has come to one."""

    def held() -> list[dict[str, Any]]:
        done = handrail("case", "list", "--status", "AwaitingApproval", "--json", HANDRAIL_DATA_DIR=str(stack.data_dir))
        found = json.loads(done.stdout)
        return list(found if isinstance(found, list) else found["cases"])

    until(lambda: bool(held()), "a sample whose refund waits")
    return case(stack, str(held()[0]["case_id"]))


def test_the_key_is_for_its_owner_alone(sealed_stack: Stack) -> None:
    file = key_file(sealed_stack.data_dir)
    assert file.stat().st_mode & 0o777 == 0o600
    assert sealed_stack.encrypts
    known = (
        Path(sealed_stack.data_dir / "temporal.db").read_bytes() + Path(sealed_stack.data_dir / "temporal.db-wal").read_bytes()
    )
    assert b"binary/handrail-sealed" in known
    assert b"customer_id" not in known


async def test_the_packet_is_read_an_edit_refused_and_the_refund_approved(sealed_stack: Stack, reviewer: Desk) -> None:
    held = waiting(sealed_stack)
    case_id, first = held["case_id"], held["approvals"][0]
    await reviewer.open_case(case_id)
    await reviewer.shows(first["headline"])

    dialog = await reviewer.start("Update")
    await reviewer.choose(dialog, "decide")
    await reviewer.write(dialog, '"yes"')
    await expect(dialog.get_by_role("textbox", name="Data")).to_contain_text("yes")
    await reviewer.submit(dialog)
    await reviewer.refused(dialog, "input: is a str; send a JSON object with decision")

    await reviewer.send("Update", "1 · Approve")
    for _ in range(60):
        view = case(sealed_stack, case_id)
        if view["status"] in ENDED:
            break
        await reviewer.page.wait_for_timeout(500)
    assert view["status"] in ENDED
    assert [one["status"] for one in view["effects"]] == ["applied"]
