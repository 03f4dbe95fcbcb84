"""Messages from outside to one case: however many requests bring them, they are one line."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.messages import IncomingMessage
from handrail.domain.team.commands import Receipt
from handrail.temporal.cases import doorway, lanes
from handrail.temporal.cases.doorway import DoorwayClient
from handrail.temporal.cases.lanes import AT_ONCE
from handrail.temporal.connect import Unreachable

NAMES = [f"m-{number}" for number in range(30)]
ROUNDS = 10
"""More rounds of the event loop than a message needs on its way to the server."""


class Server:
    """A server with one case, and the handle of its workflow: takes messages in their order, a `silent` one none."""

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent
        self.taken, self.left = list[str](), list[str]()
        self.most = self._under_way = 0

    def get_workflow_handle(self, workflow_id: str) -> Server:
        assert workflow_id == "case-c-1"
        return self

    async def execute_update(self, name: str, message: BaseModel, **about: Any) -> Receipt:
        assert (name, isinstance(message, IncomingMessage)) == ("send_message", True)
        taken = IncomingMessage.model_validate(message).message_id
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        try:
            if self.silent:
                await asyncio.Event().wait()
            self.taken.append(taken)
            for _ in range(ROUNDS):
                await asyncio.sleep(0)
        finally:
            self._under_way -= 1
        return Receipt(case_id="c-1", status=CaseStatus.WORKING, turn=1, message_id=taken)

    async def signal(self, name: str, message: BaseModel) -> None:
        assert name == "message"
        first = IncomingMessage.model_validate(message).message_id
        for _ in range(len(NAMES) - int(first.removeprefix("m-"))):  # a later one would be there earlier
            await asyncio.sleep(0)
        self.left.append(first)


@pytest.fixture
def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> DoorwayClient:
    monkeypatch.setattr(doorway, "acting_as", lambda client, identity: client)
    monkeypatch.setattr(lanes, "SPACING", 0.0)
    return DoorwayClient(server, "ann", task_queue="cases")  # type: ignore[arg-type]


async def said(client: DoorwayClient, seconds: float) -> list[Receipt]:
    """All messages, each by a request of its own."""
    return await asyncio.gather(
        *(client.say_soon("c-1", f"Words of {name}", message_id=name, seconds=seconds) for name in NAMES)
    )


@pytest.mark.parametrize("server", [Server()])
async def test_messages_of_many_requests_at_once_are_one_line(client: DoorwayClient, server: Server) -> None:
    receipts = await said(client, 30.0)
    assert [one.message_id for one in receipts] == NAMES
    assert (server.taken, server.left, server.most) == (NAMES, [], AT_ONCE)


@pytest.mark.parametrize("server", [Server(silent=True)])
async def test_messages_that_nobody_takes_in_time_are_left_in_their_order(client: DoorwayClient, server: Server) -> None:
    receipts = await said(client, 0.2)
    assert {(one.status, one.turn) for one in receipts} == {(CaseStatus.WORKING, 0)}
    assert (server.left, server.most) == (NAMES, AT_ONCE)


@pytest.mark.parametrize("server", [Server(silent=True)])
async def test_who_waits_in_line_waits_no_longer_than_told(client: DoorwayClient, server: Server) -> None:
    ahead = [asyncio.create_task(client.say_soon("c-1", "Hello", message_id=name, seconds=60.0)) for name in NAMES[:AT_ONCE]]
    async with asyncio.timeout(10):
        await client.say_soon("c-1", "Hello", message_id=NAMES[-1], seconds=0.01)
    assert server.left == [NAMES[-1]]
    for one in ahead:
        one.cancel()
    await asyncio.gather(*ahead, return_exceptions=True)
    assert server.left == [NAMES[-1]], "nobody waits for the others' answer any more"


@pytest.mark.parametrize("server", [Server()])
async def test_a_server_that_takes_no_signal_is_told_of_in_time(
    client: DoorwayClient, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(doorway, "START_SECONDS", 0.1)
    monkeypatch.setattr(server, "execute_update", never)
    monkeypatch.setattr(server, "signal", never)
    async with asyncio.timeout(10):
        found = await asyncio.gather(
            *(client.say_soon("c-1", "Hello", message_id=name, seconds=0.01) for name in NAMES), return_exceptions=True
        )
    assert {type(one) for one in found} == {Unreachable}
