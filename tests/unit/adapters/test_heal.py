"""One stranded case that cannot be seen to keeps no other from it; a deployment that is taken back strands nobody."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.temporal.repair.heal import Healer
from handrail.temporal.repair.reconcile import Reconciler


def run(name: str, run_id: str | None = None, *, is_open: bool = True) -> Any:
    """A run as the server lists it."""
    return SimpleNamespace(workflow_id=f"case-{name}", case_id=name, run_id=run_id or f"run-{name}", open=is_open)


class Given:
    """Notes which cases were given to a person."""

    def __init__(self) -> None:
        self.cases: list[str] = []

    async def strand(self, one: Any) -> None:
        if one.case_id == "a":
            raise RPCError("gone", RPCStatusCode.NOT_FOUND, b"")
        if one.case_id == "b":
            raise StopIteration
        self.cases.append(one.case_id)


NEWEST = {"case-d": run("d", "another"), "case-e": run("e", is_open=False)}


@pytest.fixture(autouse=True)
def stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server report five stuck runs."""

    async def listed(client: Client, query: str) -> AsyncIterator[Any]:
        for name in "abcde":
            yield run(name)

    async def newest(client: Client, workflow_id: str) -> Any:
        return NEWEST.get(workflow_id) or run(workflow_id.removeprefix("case-"))

    monkeypatch.setattr("handrail.temporal.repair.heal.executions", listed)
    monkeypatch.setattr("handrail.temporal.repair.heal.execution", newest)


def healer(given: Given, grace: float) -> Healer:
    return Healer(cast(Client, None), cast(Reconciler, given), "cases", grace)


async def test_an_error_about_one_case_does_not_end_the_round(caplog: pytest.LogCaptureFixture) -> None:
    """One that went on in another run, or ended meanwhile, is left alone."""
    given = Given()
    with caplog.at_level(logging.ERROR):
        assert await healer(given, 0).once() == ["c"]
    assert given.cases == ["c"]
    assert sum("could not be seen to" in one.message for one in caplog.records) == 2


async def test_a_run_that_was_just_seen_is_left_for_a_while() -> None:
    given = Given()
    patient = healer(given, 3_600)
    assert await patient.once() == await patient.once() == []
    assert given.cases == []
