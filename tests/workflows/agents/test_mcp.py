"""Handrail as an MCP server, called by the official client: over the stateless protocol of 2026, and over the one before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import mcp_types
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitRequestParams, ElicitResult

from handrail.api.app import VERSION
from handrail.domain.access.principals import ApiScope
from tests.support.house import House
from tests.workflows.agents.conftest import Agency, agency, token_for
from tests.workflows.api.conftest import backend, fresh


@asynccontextmanager
async def calling(at: str, token: str, **options: Any) -> AsyncIterator[Client]:
    """The official client with a bearer."""
    headers = {"authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{at}/mcp", http_client=http), **options) as client,
    ):
        yield client


async def called(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What the tool gives."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """The words with which the tool refuses."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result.structured_content
    (said,) = result.content
    assert isinstance(said, mcp_types.TextContent)
    return said.text.removeprefix(f"Error executing tool {tool}: ")


async def test_an_agent_opens_a_case_and_its_human_confirms(home: House) -> None:
    order = await home.strangers_order(status="paid", total_under=90)
    async with agency(home) as house, calling(house.at, await token_for(home, house, order.customer_id)) as client:
        assert client.protocol_version >= "2026-07-28"
        tools = {one.name: one for one in (await client.list_tools()).tools}
        assert set(tools) == {"open_case", "say", "get_case", "list_waiting", "decide"}
        assert all(one.output_schema for one in tools.values())
        words = {"text": f"Please cancel order {order.order_id}.", "message_id": fresh("m"), "wait_seconds": 30}
        case = await called(client, "open_case", **words)
        assert (case["waits_for"], case["acts_for"]) == ("customer", "shop"), case
        assert "machine that acts for shop" in case["reply"]
        again = await called(client, "open_case", **words)
        assert (again["case_id"], again["question"]["link"]) == (case["case_id"], case["question"]["link"])
        assert "CaseConflict" in await refused(client, "open_case", **{**words, "text": "Something else."})
        yes = {"case_id": case["case_id"], "text": "Yes, my human agrees.", "message_id": fresh("m"), "wait_seconds": 30}
        assert (await called(client, "say", **yes))["waits_for"] == "customer"
        assert (await home.cases.status(case["case_id"])).effects == []
        ((channel,),) = await home.rows("select channel from handrail.cases where case_id = %(c)s", c=case["case_id"])
        assert channel == "mcp"
        came = await home.rows(
            "select message_id, channel, address from handrail.arrivals where case_id = %(c)s", c=case["case_id"]
        )
        assert came == [(yes["message_id"], "mcp", None)], "the first came by the case's own channel"
        assert (await confirm(house, case["question"]["link"])).status_code == 303
        await home.until(case["case_id"], lambda view: bool(view.effects))
        assert (await called(client, "get_case", case_id=case["case_id"]))["question"] is None


async def confirm(house: Agency, link: str) -> httpx.Response:
    """The human's yes, in a browser of theirs."""
    async with httpx.AsyncClient(timeout=60) as browser:
        assert (await browser.get(link)).status_code == 200
        return await browser.post(link, data={"answer": "yes"})


async def test_a_client_that_shows_pages_is_asked_to_in_a_round_of_the_call(home: House) -> None:
    order = await home.strangers_order(status="paid", total_under=90)
    shown: list[str] = []
    async with agency(home) as house:

        async def show(context: Any, params: ElicitRequestParams) -> ElicitResult:
            assert isinstance(params, mcp_types.ElicitRequestURLParams)
            shown.append(params.url)
            await confirm(house, params.url)
            return ElicitResult(action="accept")

        token = await token_for(home, house, order.customer_id)
        async with calling(house.at, token, elicitation_callback=show) as client:
            words = {"text": f"Please cancel order {order.order_id}.", "message_id": fresh("m"), "wait_seconds": 30}
            case = await called(client, "open_case", **words)
            await home.until(case["case_id"], lambda view: bool(view.effects))
    assert len(shown) == 1


async def test_another_customers_case_is_as_unknown_as_one_that_never_was(home: House) -> None:
    order = await home.order(status="delivered")
    foreign = await home.open(order.customer_id, f"Where is order {order.order_id}?")
    other = "C-0001" if order.customer_id != "C-0001" else "C-0002"
    async with agency(home) as house, calling(house.at, await token_for(home, house, other), mode="legacy") as client:
        assert client.protocol_version < "2026-07-28"
        theirs = await refused(client, "get_case", case_id=foreign.case_id)
        never = await refused(client, "get_case", case_id="there-never-was-one")
        assert theirs.replace(foreign.case_id, "X") == never.replace("there-never-was-one", "X")
        said = {"case_id": foreign.case_id, "text": "Yes.", "message_id": fresh("m")}
        assert await refused(client, "say", **said) == theirs
        assert "ScopeMissing" in await refused(client, "list_waiting")
        one = {"case_id": foreign.case_id, "approval_id": "a", "revision": 1, "decision": "approve"}
        assert "ScopeMissing" in await refused(client, "decide", **one)
        assert "InvalidInput" in await refused(client, "open_case", text="Hi", message_id="no id!")


WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "open_case",
        {"text": 5},
        "text: is no text. Give the customer's words, 1 to 8,000 characters. "
        "message_id: is missing. Give one for each message, the same when it is sent again.",
    ),
    ("open_case", {"text": "", "message_id": "m-1"}, "text: is empty. Give the customer's words, 1 to 8,000 characters."),
    (
        "open_case",
        {"text": "Hi", "message_id": "m" * 121},
        "message_id: has more than 120 characters. Give one for each message, the same when it is sent again.",
    ),
    (
        "say",
        {"case_id": "c-1", "text": "Hi", "message_id": "m-1", "wait_seconds": 31},
        "wait_seconds: is more than 30. Give how many seconds to wait for the answer, 0 to 30.",
    ),
    ("get_case", {}, "case_id: is missing. Give the case_id that open_case gave."),
    ("list_waiting", {"limit": 0}, "limit: is less than 1. Give 1 to 20."),
    ("list_waiting", {"limit": "many"}, "limit: is no whole number. Give 1 to 20."),
    (
        "decide",
        {"case_id": "c-1", "approval_id": "a", "revision": 1.5, "decision": "maybe", "arguments": "x"},
        "revision: is no whole number. Give the revision that was seen, from 1. "
        "decision: is no such word. Give approve or reject or edit or answer. "
        "arguments: is no object. Give with edit: the fields that change.",
    ),
]


async def test_wrong_arguments_are_refused_in_the_words_of_the_house(home: House) -> None:
    async with agency(home) as house, calling(house.at, await token_for(home, house, "C-0001")) as client:
        for tool, arguments, words in WRONG:
            assert await refused(client, tool, **arguments) == f"InvalidInput: {words}"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_unknown_tool_is_an_error_of_the_protocol_and_the_server_has_a_version(home: House, mode: Any) -> None:
    async with agency(home) as house, calling(house.at, await token_for(home, house, "C-0001"), mode=mode) as client:
        assert client.server_info is not None
        assert client.server_info.version == VERSION
        with pytest.raises(MCPError) as unknown:
            await client.call_tool("no_such_tool", {})
        assert unknown.value.code == mcp_types.INVALID_PARAMS
        known = "Known: decide, get_case, list_waiting, open_case, say."
        assert unknown.value.message == f"name: there is no tool 'no_such_tool'. {known}"


async def test_nobody_decides_in_a_case_that_they_spoke_for(home: House) -> None:
    order = await home.strangers_order(
        status="delivered", refunded=False, refundable_over=120, refundable_under=480, delivered_within_days=25
    )
    scopes = [ApiScope.CASES_WRITE, ApiScope.CASES_READ, ApiScope.QUEUE_READ, ApiScope.APPROVALS_DECIDE]
    async with (
        agency(home) as house,
        await backend(home, house.app, scopes, "ann") as ann,
        await backend(home, house.app, scopes, "bea") as bea,
        calling(house.at, ann.secret) as opener,
        calling(house.at, bea.secret) as other,
    ):
        text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
        words = {"text": text, "message_id": fresh("m"), "customer_id": order.customer_id, "wait_seconds": 30}
        case = await called(opener, "open_case", **words)
        assert case["approvals"] == []
        assert (await confirm(house, case["question"]["link"])).status_code == 303
        await home.until(case["case_id"], lambda view: view.status == "AwaitingApproval")
        (asked,) = (await called(opener, "get_case", case_id=case["case_id"]))["approvals"]
        assert asked["arguments"]["order_id"] == order.order_id
        exactly = {"approval_id": asked["approval_id"], "revision": asked["revision"]}
        wanted = {"case_id": case["case_id"], "decision": "approve", **exactly}
        assert "NotAdmitted" in await refused(opener, "decide", **wanted)
        assert case["case_id"] in [one["case_id"] for one in (await called(other, "list_waiting", limit=20))["cases"]]
        assert "MatchFailed" in await refused(other, "decide", **{**wanted, "revision": 900})
        assert (await called(other, "decide", **wanted))["status"] == "approved"
        done = await home.until(case["case_id"], lambda view: bool(view.effects))
        assert [one.status for one in done.effects] == ["applied"]


async def test_without_a_bearer_that_counts_nobody_comes_in(home: House) -> None:
    oidc = {"api_oidc_issuer": "https://login.example.com", "api_oidc_audience": "handrail"}
    async with agency(home, **oidc) as house, httpx.AsyncClient(base_url=house.at) as nobody:
        for headers in ({}, {"authorization": "Bearer hr_test_abcdefghijkl_x"}, {"authorization": "Basic eDp5"}):
            answer = await nobody.post("/mcp", json={}, headers=headers)
            assert answer.status_code == 401, answer.text
            assert "oauth-protected-resource/mcp" in answer.headers["www-authenticate"]
        known = (await nobody.get("/.well-known/oauth-protected-resource/mcp")).json()
        assert known["authorization_servers"] == ["https://login.example.com/"]
        assert known["resource"] == f"{house.at}/mcp"
