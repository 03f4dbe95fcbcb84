"""Handrail as an agent of A2A, called by the official client: signed card, tasks of one's own, and a refund that waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from a2a.client import ClientConfig, create_client
from a2a.client.client import Client
from a2a.client.errors import A2AClientError
from a2a.types.a2a_pb2 import (
    AgentCard,
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    SendMessageRequest,
    SubscribeToTaskRequest,
    Task,
    TaskState,
)
from a2a.utils.errors import A2AError, InvalidParamsError, TaskNotFoundError, UnsupportedOperationError
from a2a.utils.signing import InvalidSignaturesError, create_signature_verifier
from google.protobuf.json_format import ParseDict
from joserfc.jwk import ECKey

from handrail.domain.access.principals import ApiScope
from tests.support.house import House
from tests.workflows.agents.conftest import Agency, agency, token_for
from tests.workflows.api.conftest import backend, fresh

UNSUPPORTED = -32003
"""The protocol's error for push notifications that an agent does not send."""
PUSH_TO = (
    "https://example.com/",
    "no address",
    "http://127.0.0.1:9/",
    "https://127.0.0.1/",
    "https://169.254.169.254/latest",
    "https://10.0.0.1/x",
    "https://[::1]/",
)


def checked_with(key: ECKey) -> Any:
    """The SDK's check of a card's signature."""
    return create_signature_verifier(lambda kid, jku: key.as_pem(private=False), ["ES256"])


@asynccontextmanager
async def calling(house: Agency, token: str, *, streaming: bool = False) -> AsyncIterator[Client]:
    """The official client, which takes the card only by its signature."""
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=60) as http:
        config = ClientConfig(httpx_client=http, streaming=streaming)
        yield await create_client(house.at, config, signature_verifier=checked_with(house.key))


def message(text: str, **fields: Any) -> SendMessageRequest:
    """What a customer says, by way of their agent."""
    known = {"message_id": fresh("m"), **fields}
    return SendMessageRequest(message=Message(role="ROLE_USER", parts=[Part(text=text)], **known))


async def sent(client: Client, request: SendMessageRequest) -> Task:
    """The task that the answer holds."""
    (answer,) = [one async for one in client.send_message(request)]
    return answer.task


def link_of(task: Task) -> str:
    """The address for the human."""
    return next(part.url for part in task.status.message.parts if part.url)


async def confirm(link: str, answer: str = "yes") -> int:
    """The human's answer, in a browser of theirs."""
    async with httpx.AsyncClient(timeout=60) as browser:
        assert (await browser.get(link)).status_code == 200
        return (await browser.post(link, data={"answer": answer})).status_code


async def test_a_refund_waits_for_the_human_and_is_made_once(home: House) -> None:
    order = await home.strangers_order(status="delivered", refunded=False, refundable_under=45, delivered_within_days=25)
    async with agency(home) as house, calling(house, await token_for(home, house, order.customer_id)) as client:
        asks = message(f"Please refund order {order.order_id}, that is {order.refundable} USD.", context_id="trip-1")
        task = await sent(client, asks)
        assert (task.status.state, task.context_id) == (TaskState.TASK_STATE_INPUT_REQUIRED, "trip-1"), task
        assert (await sent(client, asks)).id == task.id
        assert task.metadata["acts_for"] == "shop"
        yes = await sent(client, message("Yes, do it. My human has confirmed.", task_id=task.id))
        assert (yes.status.state, link_of(yes)) == (TaskState.TASK_STATE_INPUT_REQUIRED, link_of(task)), yes
        assert (await home.cases.status(task.id)).effects == []
        assert await home.rows("select 1 from handrail.effects where case_id = %(c)s", c=task.id) == []
        assert await confirm(link_of(task)) == 303
        done = await home.until(task.id, lambda view: bool(view.effects))
        assert [(one.action, one.status) for one in done.effects] == [("refund_order", "applied")]
        await home.until(task.id, lambda view: view.status == "Resolved")
        over = await client.get_task(GetTaskRequest(id=task.id))
        assert over.status.state == TaskState.TASK_STATE_COMPLETED
        assert over.artifacts[0].parts[0].text
        with pytest.raises(UnsupportedOperationError):
            await sent(client, message("And once more.", task_id=task.id))
        listed = await client.list_tasks(ListTasksRequest(context_id="trip-1"))
        assert ([one.id for one in listed.tasks], listed.total_size) == ([task.id], 1)
    came = await home.rows(
        "select channel, address, count(*) from handrail.arrivals where case_id = %(c)s group by 1, 2", c=task.id
    )
    assert came == [("a2a", None, 1)], "the first came by the channel of the case itself"
    excluded = await home.rows("select excluded_channels from handrail.outcome_settings")
    assert "a2a" in excluded[0][0]


async def test_tasks_of_others_are_unknown_and_pushes_go_nowhere_inside(home: House) -> None:
    order = await home.order(status="delivered")
    async with agency(home) as house:
        mine = await token_for(home, house, order.customer_id)
        stranger = "C-0001" if order.customer_id != "C-0001" else "C-0002"
        async with calling(house, mine) as client, calling(house, await token_for(home, house, stranger)) as other:
            task = await sent(client, message(f"Where is order {order.order_id}?"))
            for guess in (task.id, "c-000000000000000000000000", "../x", ""):
                with pytest.raises((TaskNotFoundError, InvalidParamsError)) as unknown:
                    await other.get_task(GetTaskRequest(id=guess))
                assert order.order_id not in str(unknown.value)
            with pytest.raises(TaskNotFoundError):
                await sent(other, message("Yes.", task_id=task.id))
            with pytest.raises(TaskNotFoundError):
                await other.cancel_task(CancelTaskRequest(id=task.id))
            assert (await other.list_tasks(ListTasksRequest())).total_size == 0
        for url in PUSH_TO:
            for named in (task.id, "c-000000000000000000000000"):
                told = await raw(house, mine, "CreateTaskPushNotificationConfig", {"taskId": named, "url": url})
                assert (told["error"]["code"], "SubscribeToTask" in told["error"]["message"]) == (UNSUPPORTED, True), told
            inline: dict[str, Any] = {"message": {"messageId": fresh("m"), "role": "ROLE_USER", "parts": [{"text": "Hi"}]}}
            inline["configuration"] = {"taskPushNotificationConfig": {"url": url}}
            assert (await raw(house, mine, "SendMessage", inline))["error"]["code"] == UNSUPPORTED
        assert (await raw(house, mine, "ListTasks", {}))["result"]["totalSize"] == 1
        for method in ("Get", "Delete"):
            config = {"taskId": task.id, "id": "1"}
            assert (await raw(house, mine, f"{method}TaskPushNotificationConfig", config))["error"]["code"] == UNSUPPORTED
        listed = await raw(house, mine, "ListTaskPushNotificationConfigs", {"taskId": task.id})
        assert listed["error"]["code"] == UNSUPPORTED, listed


async def raw(house: Agency, token: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """A call as it goes over the wire, past what the client would not send."""
    headers = {"authorization": f"Bearer {token}", "a2a-version": "1.0"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer: dict[str, Any] = (await http.post(f"{house.at}/a2a", json=body)).json()
        return answer


async def test_a_stream_tells_how_the_task_goes_on_and_can_be_taken_up_again(home: House) -> None:
    order = await home.strangers_order(status="paid", total_under=90)
    token_wanted = order.customer_id
    async with agency(home) as house, calling(house, await token_for(home, house, token_wanted), streaming=True) as client:
        events = [one async for one in client.send_message(message(f"Please cancel order {order.order_id}."))]
        task = events[0].task
        assert events[-1].status_update.status.state == TaskState.TASK_STATE_INPUT_REQUIRED, events
        states: list[int] = []
        async for event in client.subscribe(SubscribeToTaskRequest(id=task.id)):
            if event.HasField("task"):
                assert await confirm(link_of(event.task)) == 303
            else:
                states.append(event.status_update.status.state)
        assert states[-1] == TaskState.TASK_STATE_COMPLETED, states
        with pytest.raises(UnsupportedOperationError):
            [one async for one in client.subscribe(SubscribeToTaskRequest(id=task.id))]


async def test_who_does_not_say_for_whom_is_asked_to(home: House) -> None:
    order = await home.order(status="delivered")
    async with agency(home) as house, await backend(home, house.app, [ApiScope.CASES_WRITE, ApiScope.CASES_READ]) as shop:
        async with calling(house, shop.secret) as client:
            asks = message(f"Where is order {order.order_id}?")
            task = await sent(client, asks)
            assert task.status.state == TaskState.TASK_STATE_AUTH_REQUIRED
            found = await client.get_task(GetTaskRequest(id=task.id))
            assert found.status.state == TaskState.TASK_STATE_AUTH_REQUIRED
            asks.message.metadata.update({"customer_id": order.customer_id})
            asks.message.task_id = task.id
            opened = await sent(client, asks)
            assert opened.id == task.id
            assert opened.status.state != TaskState.TASK_STATE_AUTH_REQUIRED
        with pytest.raises((A2AError, A2AClientError)):
            async with calling(house, "hr_test_nobody") as stranger:
                await sent(stranger, asks)


async def test_the_card_is_signed_and_a_changed_one_is_none(home: House) -> None:
    async with agency(home) as house, httpx.AsyncClient(base_url=house.at) as http:
        answer = await http.get("/.well-known/agent-card.json")
        assert answer.status_code == 200
        card = answer.json()
        assert card["supportedInterfaces"][0]["url"] == f"{house.at}/a2a"
        assert card["capabilities"]["pushNotifications"] is False
        (public,) = (await http.get("/.well-known/agent-card-keys.json")).json()["keys"]
        assert "d" not in public
        checked_with(ECKey.import_key(public))(ParseDict(card, AgentCard()))
        with pytest.raises(InvalidSignaturesError):
            checked_with(ECKey.import_key(public))(ParseDict({**card, "name": "another"}, AgentCard()))
