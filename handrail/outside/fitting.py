"""Terms of a tool from outside, held against what was pinned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.business import Kind
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.outside.definitions import OutsideTool
from handrail.outside.pinning import ToolDefinition
from handrail.outside.schemas import check


def fits(terms: OutsideTool, definition: ToolDefinition) -> None:
    """Refuse terms that do not fit the tool.

    Raises:
        DefinitionInvalid: an argument that they name is none of the tool's, or a schema cannot be held to.
    """
    start = f"tools.yaml: {terms.name}:"
    if definition.call and "unusable" in definition.call:
        raise DefinitionInvalid(f"{start} cannot be a tool: {definition.call['unusable']}.")
    if terms.kind is Kind.READ and definition.call and not str(definition.call["request"]).startswith("GET "):
        raise DefinitionInvalid(f"{start} is no GET, so it may write. Write kind: effect.")
    try:
        check(definition.input_schema)
        if definition.output_schema is not None:
            check({"type": "object", "properties": {"answer": _nested(definition.output_schema)}, **_defined(definition)})
    except InvalidInput as error:
        raise DefinitionInvalid(f"{start} {error}") from None
    known = definition.input_schema.get("properties", {})
    named = {*terms.filled, *(ours for one in terms.first for ours in one.arguments.values()), *terms.sums}
    if unknown := sorted(named - set(known)):
        arguments = ", ".join(known) or "none"
        raise DefinitionInvalid(f"{start} {unknown[0]} is no argument of it. Known: {arguments}.")


def _nested(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in ("$defs", "definitions", "$schema")}


def _defined(definition: ToolDefinition) -> dict[str, Any]:
    schema = definition.output_schema or {}
    return {key: schema[key] for key in ("$defs", "definitions") if key in schema}
