"""MCP servers, over streamable HTTP or stdio. A connection, and over stdio a process, lives for one question or one call.

So nothing of one customer's case is left for the next, a server that was replaced is noticed, and none that died is waited
for. The tools are listed before each call, past every cache: what is called is what was pinned.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TextIO

from pydantic import ValidationError

from handrail.domain.errors import DefinitionInvalid, HandrailError, InvalidInput, NotReached, OutcomeUnknown
from handrail.outside.answers import OutsideAnswer, bounded, said
from handrail.outside.definitions import OutsideServer
from handrail.outside.pinning import ToolDefinition
from handrail.outside.references import resolved, secrets
from handrail.outside.systems import OutsideCall

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult

LIST_SECONDS = 20.0
MOST_PAGES = 20
MOST_TOOLS = 500
NOT_DONE = (-32601, -32602)
"""JSON-RPC errors that say that nothing was run: there is no such method, the parameters are wrong."""


class McpSystem:
    """The port `OutsideSystem` over an MCP server."""

    def __init__(self, name: str, server: OutsideServer) -> None:
        self._name, self._server = name, server

    async def definitions(self) -> dict[str, ToolDefinition]:
        """See the port."""
        try:
            async with asyncio.timeout(LIST_SECONDS), self._connected() as client:
                return await _listed(client)
        except Exception as error:
            _raise_ours(error)
            raise NotReached(f"The server {self._name} does not answer: {_kind(error)}.") from error

    async def call(self, wanted: OutsideCall) -> OutsideAnswer:
        """See the port."""
        hidden = secrets([*self._server.headers.values(), *self._server.environment.values()])
        answered: list[OutsideAnswer] = []
        try:
            async with asyncio.timeout(wanted.seconds), self._connected() as client:
                wanted.accept((await _listed(client)).get(wanted.tool))
                wanted.sent = True
                answered.append(self._answer(await _called(client, wanted), wanted, hidden))
        except Exception as error:  # noqa: BLE001 - the client's task groups raise what they like
            _raise_ours(error)
            if answered:  # only saying goodbye failed
                return answered[0]
            return self._failed(error, wanted, hidden)
        return answered[0]

    def _answer(self, result: CallToolResult, wanted: OutsideCall, hidden: Collection[str]) -> OutsideAnswer:
        texts = [one.text for one in result.content if one.type == "text"]
        if result.is_error:
            return OutsideAnswer(refused=said(" ".join(texts), hidden) or "it gave no reason")
        value = result.structured_content
        if value is None:
            others = sorted({one.type for one in result.content} - {"text"})
            value = {"text": "\n".join(texts), **({"left_out": others} if others else {})}
        try:
            return OutsideAnswer(value=bounded(value, wanted.answer_bytes, hidden))
        except InvalidInput as error:
            raise OutcomeUnknown(f"{self._name} answered what cannot be taken. {error}") from None

    def _failed(self, error: Exception, wanted: OutsideCall, hidden: Collection[str]) -> OutsideAnswer:
        code, words = _protocol_error(error)
        if not wanted.sent:
            raise NotReached(f"The server {self._name} does not answer: {_kind(error)}.") from error
        if code in NOT_DONE:
            return OutsideAnswer(refused=said(words, hidden) or "it does not take this call")
        raise OutcomeUnknown(f"The server {self._name} gave no answer that says what it did: {_kind(error)}.") from error

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Client]:
        from mcp import Client
        from mcp.client.stdio import StdioServerParameters, stdio_client
        from mcp.client.streamable_http import streamable_http_client

        server = self._server
        if server.command:
            environment = resolved(server.environment)
            command = StdioServerParameters(command=server.command[0], args=server.command[1:], env=environment)
            with _nowhere() as nowhere:
                async with Client(stdio_client(command, errlog=nowhere), cache=None) as client:
                    yield client
            return
        from handrail.outside.bounded import bounded_client

        async with (
            bounded_client(resolved(server.headers)) as http,
            Client(streamable_http_client(str(server.url), http_client=http), cache=None) as client,
        ):
            yield client


def _nowhere() -> TextIO:
    """Open where a server's own log goes: it may hold anything, and is not ours to keep."""
    return open(os.devnull, "w")


async def _listed(client: Client) -> dict[str, ToolDefinition]:
    found: dict[str, ToolDefinition] = {}
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        for one in page.tools:
            found[one.name] = ToolDefinition(
                name=one.name,
                description=one.description or "",
                input_schema=one.input_schema,
                output_schema=one.output_schema,
            )
        cursor = page.next_cursor
        if cursor is None:
            return found
        if len(found) > MOST_TOOLS:
            break
    raise DefinitionInvalid(f"tools.yaml: a server lists more than {MOST_TOOLS} tools or {MOST_PAGES} pages; it is not used.")


async def _called(client: Client, wanted: OutsideCall) -> CallToolResult:
    """Send it once. The client's own `call_tool` may send it again, and judges answers by a schema that nobody pinned."""
    from mcp.types import CallToolRequest, CallToolRequestParams, CallToolResult

    params = CallToolRequestParams(name=wanted.tool, arguments=dict(wanted.arguments))
    return await client.session.send_request(CallToolRequest(params=params), CallToolResult)


def _leaves(error: BaseException) -> list[BaseException]:
    """The errors within groups: the client's task groups wrap whatever happens in them."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for one in error.exceptions for leaf in _leaves(one)]
    return [error]


def _raise_ours(error: BaseException) -> None:
    """Raise what this module raised within a connection: a group comes out of it."""
    ours = next((one for one in _leaves(error) if isinstance(one, HandrailError)), None)
    if ours is not None:
        raise ours from None


def _protocol_error(error: BaseException) -> tuple[int | None, str]:
    from mcp import MCPError

    found = next((one for one in _leaves(error) if isinstance(one, MCPError)), None)
    return (found.code, found.message) if found else (None, "")


def _kind(error: BaseException) -> str:
    """Words for people: what kind of failure it was, and nothing that a server or an address could put into it."""
    code, _ = _protocol_error(error)
    if code is not None:
        return f"protocol error {code}"
    leaf = _leaves(error)[0]
    kinds: dict[type[BaseException], str] = {
        TimeoutError: "not in time",
        FileNotFoundError: "its command is not there",
        ValidationError: "not as the protocol says",
    }
    return next((words for kind, words in kinds.items() if isinstance(leaf, kind)), type(leaf).__name__)
