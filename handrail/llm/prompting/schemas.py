"""Tools as the wire has them: strict where the schema can be said in the strict subset, and the way back."""

from __future__ import annotations

import re
from typing import Any

from handrail.domain.llm.agent import ToolSpec

SHAPE = ("type", "description", "enum", "const", "anyOf", "$ref", "$defs", "properties", "required", "items")
LIMITS = ("pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems")
KEPT = frozenset((*SHAPE, *LIMITS, "additionalProperties", "multipleOf"))
FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"))
SIMPLE_PATTERN = re.compile(r"(?:[\w\-^$+*,.{}| ]|\[|\]|\\d|\((?!\?)|\)|\?)+", re.ASCII)
"""A pattern that a server's grammar cannot compile makes every request fail with 400; only plain ones are sent."""


class _Open(Exception):
    """The schema says something that the strict subset cannot."""


def wire(spec: ToolSpec) -> dict[str, Any]:
    """The tool in the OpenAI function format; `strict` is set only where the schema allows it."""
    strict = strict_schema(spec.parameters)
    function: dict[str, Any] = {"name": spec.name, "description": spec.description}
    if strict is None:
        return {"type": "function", "function": {**function, "parameters": spec.parameters or {"type": "object"}}}
    return {"type": "function", "function": {**function, "parameters": strict, "strict": True}}


def strict_schema(parameters: dict[str, Any]) -> dict[str, Any] | None:
    """The schema in the strict subset, or None where it cannot be said in it.

    Every property is required and no other allowed; what was optional may be null instead, see `pruned`. Keywords that only
    narrow a value are left out where servers do not know them: the tool's own model checks them again.
    """
    try:
        return _strict({"type": "object", "properties": {}, **parameters})
    except _Open:
        return None


def _strict(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, dict) or schema.keys() & {"oneOf", "allOf", "not", "patternProperties", "prefixItems"}:
        raise _Open
    if not schema.keys() & {"type", "anyOf", "$ref", "enum", "const"}:
        raise _Open
    kept = {key: value for key, value in schema.items() if key in KEPT and _usable(key, value)}
    if schema.get("type") == "object":
        if schema.get("additionalProperties", False) is not False:
            raise _Open
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        kept["properties"] = {
            name: _strict(one) if name in required else _nullable(_strict(one)) for name, one in properties.items()
        }
        kept |= {"required": list(properties), "additionalProperties": False}
    if "items" in kept:
        kept["items"] = _strict(kept["items"])
    if "anyOf" in kept:
        kept["anyOf"] = [_strict(one) for one in kept["anyOf"]]
    if "$defs" in kept:
        kept["$defs"] = {name: _strict(one) for name, one in kept["$defs"].items()}
    return kept


def _usable(key: str, value: Any) -> bool:
    if key == "pattern":
        return SIMPLE_PATTERN.fullmatch(value) is not None
    return value in FORMATS if key == "format" else True


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if {"type": "null"} in schema.get("anyOf", []) or schema.get("type") == "null":
        return schema
    words = {"description": schema.pop("description")} if "description" in schema else {}
    options = [*schema["anyOf"], {"type": "null"}] if "anyOf" in schema else [schema, {"type": "null"}]
    return {**words, "anyOf": options}


def pruned(arguments: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """The arguments without the nulls that stand for a property left out, at every depth."""
    kept: dict[str, Any] = _pruned(arguments, parameters, parameters.get("$defs", {}))
    return kept


def _pruned(value: Any, schema: Any, definitions: dict[str, Any]) -> Any:
    schema = _resolved(schema, definitions)
    if isinstance(value, list):
        return [_pruned(one, schema.get("items", {}), definitions) for one in value]
    if not isinstance(value, dict):
        return value
    required, properties = schema.get("required", []), schema.get("properties", {})
    return {
        name: _pruned(one, properties.get(name, {}), definitions)
        for name, one in value.items()
        if not (one is None and name in properties and name not in required)
    }


def _resolved(schema: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema behind a reference, or the one way of an `anyOf` that is not null."""
    if not isinstance(schema, dict):
        return {}
    if "$ref" in schema:
        return _resolved(definitions.get(str(schema["$ref"]).rpartition("/")[2], {}), {})
    options = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    return _resolved(options[0], definitions) if len(options) == 1 else schema
