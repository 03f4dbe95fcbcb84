"""Memories of cases, and what comes in for them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from handrail.domain.actions.approvals import (
    HumanRequest,
    Source,
)
from handrail.domain.case.cases import CaseOpen, CaseStatus
from handrail.domain.case.messages import IncomingMessage
from workflows.memory.case import CaseMemory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = Source(workflow_id="case-c", run_id="r", update_id="u")


def as_json(value: Any) -> RawValue:
    """The value as a handler receives it."""
    return RawValue(Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(value).encode()))


def memory(status: CaseStatus = CaseStatus.AWAITING_CUSTOMER) -> CaseMemory:
    """A case that was opened and heard."""
    opened = CaseOpen(case_id="c", customer_id="C", message=IncomingMessage(message_id="m-0", text="Hello"))
    found = CaseMemory.of(opened, NOW)
    found.inbox = []
    if status is not CaseStatus.WORKING:
        found.become(status, NOW)
    return found


def request(**fields: Any) -> HumanRequest:
    """A refund."""
    given = {"request_id": "a1", "action": "refund", "title": "Refund", "headline": "refund · 5 USD", **fields}
    return HumanRequest(arguments={"amount": 5}, **given)


def asked(expires_in_minutes: int = 60, **fields: Any) -> CaseMemory:
    """A case with an open approval."""
    found = memory(CaseStatus.AWAITING_APPROVAL)
    found.ask(request(expires_in_minutes=expires_in_minutes, **fields), NOW)
    return found


def sent(message_id: str = "m-1", text: str = "Are you there?") -> dict[str, str]:
    """A message as it comes in."""
    return {"message_id": message_id, "text": text}
