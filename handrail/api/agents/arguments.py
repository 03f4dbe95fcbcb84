"""Arguments of tools that do not fit: what is wrong and what would be right, in the words of the house."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, InputRequiredResult
from pydantic import ValidationError

from handrail.domain.errors import InvalidInput

SHOWN = 60
"""Characters of a caller's own word that are told back."""
MOST = 5
"""Arguments of one call that are named."""
WRONG: Mapping[str, str] = {
    "missing": "is missing",
    "string_type": "is no text",
    "string_too_short": "is empty",
    "string_too_long": "has more than {max_length:,} characters",
    "int_type": "is no whole number",
    "int_parsing": "is no whole number",
    "int_parsing_size": "is no whole number of a usual size",
    "int_from_float": "is no whole number",
    "float_type": "is no number",
    "float_parsing": "is no number",
    "finite_number": "is no number",
    "greater_than_equal": "is less than {ge:g}",
    "less_than_equal": "is more than {le:g}",
    "dict_type": "is no object",
    "enum": "is no such word",
}


class HouseServer(MCPServer[Any]):
    """The SDK's server, which tells callers of wrong arguments as the HTTP API does."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call the tool.

        Raises:
            ToolError: see the SDK; what it says of arguments is the house's.
            MCPError: there is no such tool, which the protocol counts among its own errors.
        """
        wanted = {one.name: one.input_schema for one in await self.list_tools()}
        if name not in wanted:
            raise MCPError(INVALID_PARAMS, f"name: there is no tool {name[:SHOWN]!r}. Known: {', '.join(sorted(wanted))}.")
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            words = wrong(error.__cause__, wanted[name].get("properties", {}))
            raise ToolError(f"Error executing tool {name}: {InvalidInput.__name__}: {words}") from None


def wrong(error: ValidationError, wanted: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what is wrong with each argument and, out of its description, what would be right; never its value."""
    found: dict[str, str] = {}
    for one in error.errors(include_input=False, include_url=False):
        name = str(one["loc"][0]) if one["loc"] else "arguments"
        said = WRONG.get(one["type"], one["msg"][:1].lower() + one["msg"][1:])
        right = wanted.get(name, {}).get("description")
        found.setdefault(name, f"{name}: {said.format(**one.get('ctx', {}))}." + (f" Give {right}." if right else ""))
    return " ".join(list(found.values())[:MOST])
