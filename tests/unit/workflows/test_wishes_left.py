"""Wishes that nobody has seen to, where a deadline passes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from temporalio import workflow

from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.classification import FurtherWish
from workflows.memory.case import CaseMemory
from workflows.steps import deadlines

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def test_a_case_with_a_wish_left_is_not_closed_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "now", lambda: NOON)
    memory = CaseMemory.named("c-1", NOON)
    memory.row = memory.row.model_copy(update={"status": CaseStatus.AWAITING_CUSTOMER})
    memory.besides = [FurtherWish(topic="order_status", sentences=["Where is it?"])]
    await deadlines.passed(memory, "close")
    assert (memory.closing, memory.interruption and memory.interruption.reason) == (None, "further_wish")
    memory.besides, memory.interruption = [], None
    await deadlines.passed(memory, "close")
    assert (memory.closing, memory.interruption) == ("clock", None)
