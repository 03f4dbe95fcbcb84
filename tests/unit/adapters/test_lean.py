"""A case that is opened without Temporal's client is opened by the same request."""

from __future__ import annotations

from typing import Any
from unittest.mock import AsyncMock

import pytest
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest, StartWorkflowExecutionResponse
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from handrail.redaction.values import by_code
from handrail.temporal.cases.lean import begin, start_of
from handrail.temporal.cases.opening import CaseOpener
from handrail.temporal.cases.wanted import opened, wanted
from handrail.temporal.converter import data_converter

NOWHERE = "127.0.0.1:9"
WORDS = 'Wo ist meine Bestellung? "Grüße" 🙂 — my card is 4111 1111 1111 1111'


@pytest.fixture
async def client() -> Client:
    return await Client.connect(NOWHERE, namespace="shop", lazy=True, data_converter=data_converter)


async def test_it_sends_what_the_client_sends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[StartWorkflowExecutionRequest] = []

    async def start(request: StartWorkflowExecutionRequest, **_: Any) -> StartWorkflowExecutionResponse:
        sent.append(request)
        return StartWorkflowExecutionResponse()

    monkeypatch.setattr(client.service_client.workflow_service, "start_workflow_execution", start)
    opener = CaseOpener(client, task_queue="cases-here", redaction=by_code())
    receipt = await opener.open_case("c-1", "C-0001", WORDS, message_id="m-1", channel="web")
    case = wanted(by_code(), "c-1", "C-0001", WORDS, message_id="m-1", channel="web")
    assert await begin(client.service_client, case, namespace="shop", task_queue="cases-here")
    assert receipt == opened(case)
    by_client, lean = sent
    assert by_client.request_id != lean.request_id
    lean.request_id = by_client.request_id
    assert lean == by_client
    assert b"4111" not in lean.SerializeToString()


@pytest.mark.parametrize("status", [RPCStatusCode.ALREADY_EXISTS, RPCStatusCode.NOT_FOUND, RPCStatusCode.DEADLINE_EXCEEDED])
async def test_whatever_goes_wrong_is_left_to_the_client(
    client: Client, status: RPCStatusCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = AsyncMock(side_effect=RPCError("no", status, b""))
    monkeypatch.setattr(client.service_client.workflow_service, "start_workflow_execution", refusing)
    case = wanted(by_code(), "c-1", "C-0001", WORDS, message_id=None, channel="web")
    assert not await begin(client.service_client, case, namespace="shop", task_queue="cases")
    refusing.assert_awaited_once()


def test_two_starts_of_a_case_are_two_requests() -> None:
    case = wanted(by_code(), "c-1", "C-0001", WORDS, message_id=None, channel="web")
    one, other = (start_of(case, namespace="shop", task_queue="cases", identity="me") for _ in range(2))
    assert one.request_id != other.request_id
