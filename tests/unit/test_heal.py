"""One stuck case that cannot be seen to keeps no other from it, and is said once."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.temporal.heal import Healed, Healer, Remedy


async def three(client: Client, query: str) -> AsyncIterator[Any]:
    """List three stuck runs."""
    for name in ("a", "b", "c"):
        yield SimpleNamespace(workflow_id=f"case-{name}", run_id=f"run-{name}")


@pytest.fixture(autouse=True)
def stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server report three stuck runs."""
    monkeypatch.setattr("handrail.temporal.heal.executions", three)


async def test_an_error_about_one_case_does_not_end_the_round(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    async def heal(self: Healer, workflow_id: str, run_id: str) -> Healed:
        seen.append(workflow_id)
        if workflow_id == "case-a":
            raise RPCError("gone", RPCStatusCode.NOT_FOUND, b"")
        if workflow_id == "case-b":
            raise StopIteration
        return Healed(workflow_id, run_id, Remedy.BEGUN_AGAIN)

    monkeypatch.setattr(Healer, "_heal", heal)
    healer = Healer(cast(Client, None), "cases")
    with caplog.at_level(logging.WARNING):
        assert [one.workflow_id for one in await healer.once()] == ["case-c"]
    assert seen == ["case-a", "case-b", "case-c"]


async def test_a_case_that_is_left_is_said_once_and_not_fetched_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fetched: list[str] = []

    async def heal(self: Healer, workflow_id: str, run_id: str) -> Healed:
        fetched.append(workflow_id)
        return Healed(workflow_id, run_id, Remedy.LEFT)

    monkeypatch.setattr(Healer, "_heal", heal)
    healer = Healer(cast(Client, None), "cases")
    for _ in range(3):
        assert len(await healer.once()) == 3
    assert fetched == ["case-a", "case-b", "case-c"]
