"""JSON schemas of tools from outside: refused where they cannot be held to, written as the rest of the house reads them.

Policies, forms and models know the dialect that pydantic writes: definitions under `$defs`, alternatives under `anyOf`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from pydantic_core import SchemaError as PatternError
from pydantic_core import SchemaValidator, core_schema

from handrail.domain.errors import InvalidInput

MOST_BYTES = 64_000
DEEPEST = 40
_MAPS = ("properties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_REFUSED = ("patternProperties", "$dynamicRef", "$recursiveRef", "$id", "$anchor", "unevaluatedProperties", "unevaluatedItems")


def check(schema: Mapping[str, Any]) -> None:
    """Refuse a schema that could not be held to.

    Raises:
        InvalidInput: too large or deep, no object, no valid JSON schema 2020-12, a reference that leaves it, a keyword or a
            pattern that is not supported.
    """
    try:
        text = json.dumps(schema)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"schema: is no JSON or too deep ({type(error).__name__}).") from None
    if len(text) > MOST_BYTES:
        raise InvalidInput(f"schema: has {len(text):,} characters, at most {MOST_BYTES:,} are taken.")
    for node in _nodes(schema, 0):
        _check_node(schema, node)
    if schema.get("type", "object") != "object":
        raise InvalidInput("schema: a tool's arguments are an object; its root has another type.")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        at = "/".join(str(step) for step in error.absolute_path) or "its root"
        raise InvalidInput(f"schema: is no JSON schema 2020-12 at {at}.") from None


def shown(schema: Mapping[str, Any], hidden: Collection[str] = ()) -> dict[str, Any]:
    """Return the schema in the dialect of the house, without the arguments that are not the model's to choose."""
    return _Dialect(without(schema, hidden)).whole()


def without(schema: Mapping[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """Return the schema without these properties of its root."""
    found = copy.deepcopy(dict(schema))
    found["type"] = "object"
    found["properties"] = {name: one for name, one in found.get("properties", {}).items() if name not in hidden}
    if "required" in found:
        found["required"] = [name for name in found["required"] if name not in hidden]
    return found


def resolve(schema: Mapping[str, Any], reference: str) -> Any:
    """Return what a reference within the schema points at.

    Raises:
        InvalidInput: it leaves the schema, or points at nothing.
    """
    if not reference.startswith("#"):
        raise InvalidInput(f"schema: the reference {reference[:80]!r} leaves the schema; nothing is fetched.")
    found: Any = schema
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping | bool):
        raise InvalidInput(f"schema: the reference {reference[:80]!r} points at nothing.")
    return found


def linear(pattern: str) -> SchemaValidator | None:
    """Return a matcher whose time grows with the text alone; None for a pattern that needs another kind of engine."""
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except PatternError:
        return None


def _check_node(whole: Mapping[str, Any], node: Mapping[str, Any]) -> None:
    for word in _REFUSED:
        if word in node:
            raise InvalidInput(f"schema: {word} is not supported; ask its author for one without.")
    if isinstance(node.get("$ref"), str):
        resolve(whole, node["$ref"])
    pattern = node.get("pattern")
    if isinstance(pattern, str) and linear(pattern) is None:
        raise InvalidInput(f"schema: the pattern {pattern[:60]!r} is not supported: it looks ahead, behind or back.")


def _nodes(node: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """Yield every schema within, itself first."""
    if depth > DEEPEST:
        raise InvalidInput(f"schema: is nested deeper than {DEEPEST}.")
    if not isinstance(node, Mapping):
        return
    yield node
    for key, value in node.items():
        if key in _MAPS and isinstance(value, Mapping):
            inner = list(value.values())
        elif key in _LISTS and isinstance(value, list):
            inner = value
        elif key in ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"):
            inner = [value]
        else:
            continue
        for one in inner:
            yield from _nodes(one, depth + 1)


class _Dialect:
    """One rewriting: what references point at is collected under `$defs`, each once, so that circles end."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema, self._names, self._defs = schema, dict[str, str](), dict[str, Any]()

    def whole(self) -> dict[str, Any]:
        found: dict[str, Any] = self._written({key: one for key, one in self._schema.items() if key not in _DEFINED})
        return {**found, "$defs": self._defs} if self._defs else found

    def _written(self, node: Any) -> Any:
        if not isinstance(node, Mapping):
            return node
        found = {key: self._inner(key, value) for key, value in node.items() if key not in ("nullable", "$schema", "oneOf")}
        if "oneOf" in node:
            found["anyOf"] = [self._written(one) for one in node["oneOf"]]
        kinds = found.get("type")
        if isinstance(kinds, list):
            rest = {key: value for key, value in found.items() if key not in _ABOUT and key != "type"}
            outside = {key: found[key] for key in _ABOUT if key in found}
            null = [{"type": "null"}] if "null" in kinds else []
            found = {**outside, "anyOf": [*({**rest, "type": one} for one in kinds if one != "null"), *null]}
        return found

    def _inner(self, key: str, value: Any) -> Any:
        if key == "$ref" and isinstance(value, str):
            return f"#/$defs/{self._defined(value)}"
        if key in _MAPS and isinstance(value, Mapping):
            return {name: self._written(one) for name, one in value.items()}
        if key in _LISTS and isinstance(value, list):
            return [self._written(one) for one in value]
        return self._written(value) if key in ("items", "additionalProperties", "not") else value

    def _defined(self, reference: str) -> str:
        if reference not in self._names:
            last = "".join(one if one.isalnum() or one == "_" else "_" for one in reference.rpartition("/")[2]) or "root"
            name = last if last not in self._defs else f"{last}_{len(self._defs)}"
            self._names[reference], self._defs[name] = name, {}
            self._defs[name] = self._written(resolve(self._schema, reference))
        return self._names[reference]


_DEFINED = ("$defs", "definitions")
_ABOUT = ("title", "description", "default", "examples")
