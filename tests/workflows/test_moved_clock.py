"""A worker on a play's clock: whatever a case takes as the time follows it; its deadlines last as long as they say."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner

from handrail.conformance.clock import MovedClock, MovedWorkflows
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.shop import business
from tests.support.house import House, house
from tests.workflows.conftest import ScriptedModel

THEN = datetime(2031, 5, 4, 8, 0, tzinfo=UTC)
"""A Sunday."""
RULE = """
id: then
applies_to: [cancel_order]
rules:
  default_action: allow
  rules:
    - id: in-2031
      expression: "now >= timestamp('2031-01-01T00:00:00Z')"
      action: require_approval
      confirm: always
      message: "It is {{now}}."
examples:
  - {name: before, facts: {now: "2030-12-31T23:59:00Z"}, expect: allow}
  - {name: then, facts: {now: "2031-01-01T00:00:00Z"}, expect: require_approval}
"""
LATE = timedelta(minutes=5)
TIMES = "select at from handrail.messages where case_id = %(c)s union all select at from handrail.audit where case_id = %(c)s"


@pytest.fixture
def clock(tmp_path: Path) -> MovedClock:
    return MovedClock(tmp_path / "clock")


@pytest.fixture
async def moved(
    home: House, temporal_client: Client, shop_url: str, scripted_model: ScriptedModel, clock: MovedClock, tmp_path: Path
) -> AsyncIterator[House]:
    definitions = tmp_path / "definitions"
    shutil.copytree(business.folder, definitions)
    (definitions / "policies" / "then.yaml").write_text(RULE)
    runner = MovedWorkflows(UnsandboxedWorkflowRunner(), clock)
    changed: dict[str, Any] = {"clock": clock, "runner": runner, "definitions": definitions}
    async with house(temporal_client, shop_url, scripted_model.root, **changed) as there:
        yield there


async def test_a_case_of_another_time_lives_wholly_in_it(moved: House, clock: MovedClock) -> None:
    clock.start(THEN)
    order = await moved.order(status="paid", total_under=90, language="en")
    case = await moved.open(order.customer_id, f"Please cancel order {order.order_id}. I ordered it twice.")
    assert case.confirmation is not None, case
    near(THEN, case.opened_at, case.updated_at, case.confirmation.asked_at, case.confirmation.due_at - timedelta(days=1))
    assert "Monday, 5 May 2031" in case.confirmation.words

    await moved.cases.say(case.case_id, "yes, please")
    case = await moved.until(case.case_id, lambda view: bool(view.approvals))
    asked = case.approvals[0]
    near(THEN, asked.opened_at, asked.due_at - timedelta(minutes=240))
    approve = DecisionInput(
        decision=DecisionKind.APPROVE, approval_id=asked.approval_id, revision=asked.revision, reviewer="ann"
    )
    await moved.cases.decide(case.case_id, approve)
    case = await moved.until(case.case_id, lambda view: view.status == "Resolved")
    near(THEN, case.effects[0].applied_at, case.updated_at, *(one[0] for one in await moved.rows(TIMES, c=case.case_id)))
    past = await moved.world.history.of(case.case_id, case.customer_id, [])
    assert past["history.cancel_order.count_1h"] == 1


async def test_a_case_of_the_past_is_neither_late_nor_closed_at_once(moved: House, clock: MovedClock) -> None:
    past = datetime(2025, 5, 4, 8, 0, tzinfo=UTC)
    clock.start(past)
    order = await moved.order(status="delivered", refunded=False, refundable_over=120, refundable_under=480)
    case = await moved.open(order.customer_id, "I want to talk to a person")
    assert (case.status, case.notice) == ("WithHuman", None)
    assert case.due_at is not None
    assert past < case.due_at < past + timedelta(days=3)


def near(at: datetime, *given: datetime) -> None:
    assert [one.isoformat() for one in given if not at <= one < at + LATE] == []
