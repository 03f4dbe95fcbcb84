"""An MCP server of a small hotel, written with the official SDK: a look-up, an effect with a key, an effect without one.

`python -m tests.support.outside.bookings` serves it over stdio.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mcp.server.lowlevel import Server
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from tests.support.outside.serving import served


def _to(name: str, kind: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": kind}}, "required": [name], "additionalProperties": False}


BOOKING = {"type": "object", "properties": {"booking": {"$ref": "#/$defs/number"}}, "required": ["booking"]}
NUMBER = {"$defs": {"number": {"type": "string", "pattern": "^B-[0-9]+$"}}}
REFUND = {
    "type": "object",
    "properties": {
        "booking": {"$ref": "#/$defs/number"},
        "amount": {"type": "number", "exclusiveMinimum": 0, "maximum": 5000},
        "note": {"type": ["string", "null"]},
        "to": {"oneOf": [_to("iban", "string"), _to("card", "integer")]},
        "guest": {"type": "string"},
        "request_id": {"type": "string"},
    },
    "required": ["booking", "amount", "guest", "request_id"],
    **NUMBER,
}
CALL = {"type": "object", "properties": {"booking": {"type": "string"}, "words": {"type": "string"}}, "required": ["booking"]}


@dataclass(slots=True)
class Hotel:
    """The server's state, which a test may change while it runs. `refunds` is what was really paid, by key."""

    descriptions: dict[str, str] = field(
        default_factory=lambda: {
            "get_booking": "A booking by its number.",
            "refund_booking": "Refund a booking to its guest.",
            "call_guest": "Have somebody call the guest.",
        }
    )
    bookings: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "B-1": {"booking": "B-1", "guest": "C-1", "total": "120.00 EUR", "note": ""},
            "B-2": {"booking": "B-2", "guest": "C-2", "total": "80.00 EUR", "note": ""},
        }
    )
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    tries: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lose: int = 0
    """So many answers of effects are lost: it is done, and the server says no word of it."""
    behaviour: str = ""
    asked: threading.Event = field(default_factory=threading.Event)
    """Set once an effect was made."""
    hold: threading.Event = field(default_factory=threading.Event)
    """While it is not set, effects are made and not answered."""

    def __post_init__(self) -> None:
        self.hold.set()

    def reset(self) -> None:
        """Make everything as it was at first."""
        fresh = Hotel()
        for name in ("descriptions", "bookings", "refunds", "tries", "calls", "lose", "behaviour"):
            setattr(self, name, getattr(fresh, name))
        self.asked.clear()
        self.hold.set()

    def server(self) -> Server[Any]:
        """The MCP server over this hotel."""
        return Server("hotel", on_list_tools=self._list, on_call_tool=self._call)

    async def _list(self, _: Any, __: PaginatedRequestParams | None) -> ListToolsResult:
        schemas = {"get_booking": {**BOOKING, **NUMBER}, "refund_booking": REFUND, "call_guest": CALL}
        says = ToolAnnotations(read_only_hint=True, destructive_hint=False)
        tools = [
            Tool(name=name, description=words, input_schema=schemas[name], annotations=says)
            for name, words in self.descriptions.items()
        ]
        return ListToolsResult(tools=tools, ttl_ms=3_600_000)

    async def _call(self, _: Any, wanted: CallToolRequestParams) -> CallToolResult:
        given = wanted.arguments or {}
        match wanted.name:
            case "get_booking":
                return await self._get(given)
            case "refund_booking":
                self.tries.append(given["request_id"])
                first = self.refunds.setdefault(given["request_id"], dict(given))
                return await self._done({"refunded": first["amount"], "booking": first["booking"]})
            case "call_guest":
                self.calls.append(given["booking"])
                return await self._done({"called": True})
        raise ValueError("no such tool")

    async def _get(self, given: dict[str, Any]) -> CallToolResult:
        found = self.bookings.get(given["booking"])
        match self.behaviour:
            case "slow":
                await asyncio.sleep(30)
            case "large":
                found = {**(found or {}), "note": "x" * 200_000}
            case "crash":
                raise RuntimeError("a fault of the server")
        if found is None:
            return CallToolResult(content=[TextContent(type="text", text="unknown booking")], is_error=True)
        return CallToolResult(content=[], structured_content=found)

    async def _done(self, value: dict[str, Any]) -> CallToolResult:
        self.asked.set()
        await asyncio.to_thread(self.hold.wait, 60)
        if self.behaviour == "error":
            return CallToolResult(content=[TextContent(type="text", text="no such thing today")], is_error=True)
        if self.lose:
            self.lose -= 1
            raise RuntimeError("the answer is lost")
        return CallToolResult(content=[], structured_content=value)

    @contextmanager
    def open(self, port: int = 0) -> Iterator[str]:
        """Serve it over streamable HTTP; gives the address."""
        with served(self.server().streamable_http_app(), port) as taken:
            yield f"http://127.0.0.1:{taken}/mcp"


async def over_stdio() -> None:
    """Serve it on standard in and out."""
    from mcp.server.stdio import stdio_server

    server = Hotel().server()
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


if __name__ == "__main__":
    asyncio.run(over_stdio())
