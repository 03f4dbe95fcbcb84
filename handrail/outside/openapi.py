"""OpenAPI files as tools: each operation with its parameters and the fields of its body as one flat list of arguments."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.outside.pinning import ToolDefinition
from handrail.outside.schemas import resolve

METHODS = ("get", "put", "post", "delete", "patch")
PLACES = ("path", "query")
JSON = "application/json"
MOST_BYTES = 5_000_000
_DEEPEST = 30


@dataclass(slots=True)
class _Flat:
    """The arguments of an operation as they are gathered: schemas, needed ones, and where each goes."""

    properties: dict[str, Any] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, schema: Any, place: str, *, required: bool) -> None:
        if name in self.places:
            raise InvalidInput(f"{name} is an argument in two places, {self.places[name]} and {place}")
        self.properties[name], self.places[name] = schema, place
        if required:
            self.required.append(name)


def operations(file: Path) -> dict[str, ToolDefinition]:
    """Return the file's operations that can be tools, by their `operationId`; GET alone is a look-up.

    Raises:
        DefinitionInvalid: the file is not there, or is no OpenAPI 3.
    """
    document = _document(file)
    found: dict[str, ToolDefinition] = {}
    for path, item in (document.get("paths") or {}).items():
        for method in METHODS:
            operation = item.get(method) if isinstance(item, Mapping) else None
            name = operation.get("operationId") if isinstance(operation, Mapping) else None
            if not isinstance(operation, Mapping) or not isinstance(name, str):
                continue
            if name in found:
                raise DefinitionInvalid(f"{file}:1: the operationId {name!r} stands there twice. Rename one.")
            try:
                found[name] = _operation(document, name, f"{method.upper()} {path}", item, operation)
            except InvalidInput as error:
                found[name] = ToolDefinition(name=name, input_schema={}, call={"unusable": str(error)})
    return found


def _document(file: Path) -> Mapping[str, Any]:
    try:
        content = file.read_bytes()
        if len(content) > MOST_BYTES:
            raise DefinitionInvalid(f"{file}:1: has more than {MOST_BYTES:,} bytes. Keep the operations that are used.")
        found = json.loads(content) if file.suffix == ".json" else yaml.safe_load(content)
    except OSError as error:
        raise DefinitionInvalid(f"{file}:1: cannot be read ({error.strerror}). Put the OpenAPI file there.") from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise DefinitionInvalid(f"{file}:1: is neither JSON nor YAML ({type(error).__name__}). Correct it.") from error
    version = str(found.get("openapi", "")) if isinstance(found, Mapping) else ""
    if not version.startswith(("3.0", "3.1")):
        raise DefinitionInvalid(f"{file}:1: openapi is {version[:20]!r}. Write OpenAPI 3.0 or 3.1.")
    whole: Mapping[str, Any] = found
    return whole


def _operation(
    document: Mapping[str, Any], name: str, call: str, item: Mapping[str, Any], operation: Mapping[str, Any]
) -> ToolDefinition:
    flat = _Flat()
    for one in _parameters(document, item, operation):
        place, named = str(one.get("in")), str(one.get("name"))
        if place not in PLACES:
            if one.get("required"):
                raise InvalidInput(f"{named} is needed in {place}; give it under headers of the server")
            continue
        described = {"description": one["description"]} if one.get("description") else {}
        flat.add(named, {**described, **one.get("schema", {})}, place, required=bool(one.get("required")))
    body = _resolved(document, operation.get("requestBody") or {})
    if body:
        schema = _resolved(document, (body.get("content") or {}).get(JSON, {}).get("schema") or {})
        if not isinstance(schema.get("properties"), Mapping):
            raise InvalidInput(f"its body is no object in {JSON}")
        for named, one in schema["properties"].items():
            flat.add(named, one, "body", required=bool(body.get("required")) and named in schema.get("required", []))
    arguments = {"type": "object", "properties": flat.properties, "required": flat.required, "additionalProperties": False}
    words = [str(operation.get(key) or "").strip() for key in ("summary", "description")]
    answer = _answer(document, operation)
    return ToolDefinition(
        name=name,
        description="\n".join(dict.fromkeys(one for one in words if one)),
        input_schema=_contained(document, arguments),
        output_schema=None if answer is None else _contained(document, answer),
        call={"request": call, "places": flat.places},
    )


def _parameters(
    document: Mapping[str, Any], item: Mapping[str, Any], operation: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield the parameters of a path and its operation; the operation's replaces one of the same name and place."""
    found = {
        (str(one.get("in")), str(one.get("name"))): one
        for given in (item.get("parameters") or [], operation.get("parameters") or [])
        for one in (_resolved(document, each) for each in given)
    }
    yield from found.values()


def _answer(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    responses = operation.get("responses") or {}
    good = next((responses[code] for code in sorted(map(str, responses)) if code.startswith("2") and code in responses), None)
    schema = (_resolved(document, good or {}).get("content") or {}).get(JSON, {}).get("schema")
    return schema if isinstance(schema, Mapping) else None


def _resolved(document: Mapping[str, Any], one: Any) -> Mapping[str, Any]:
    """Follow references, a few deep."""
    for _ in range(_DEEPEST):
        if not isinstance(one, Mapping):
            raise InvalidInput("a parameter, body or answer is no object")
        if "$ref" not in one:
            return one
        one = resolve(document, str(one["$ref"]))
    raise InvalidInput("references lead in a circle")


def _contained(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema with everything that it refers to under `$defs`, in the words of JSON schema 2020-12."""
    definitions: dict[str, Any] = {}

    def written(node: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            raise InvalidInput(f"a schema is nested deeper than {_DEEPEST}")
        if isinstance(node, list):
            return [written(one, depth + 1) for one in node]
        if not isinstance(node, Mapping):
            return copy.deepcopy(node)
        reference = node.get("$ref")
        if isinstance(reference, str):
            name = reference.rpartition("/")[2]
            if name not in definitions:
                definitions[name] = {}
                definitions[name] = written(resolve(document, reference), 0)
            return {"$ref": f"#/$defs/{name}"}
        found = {str(key): written(one, depth + 1) for key, one in node.items() if key not in _OF_OPENAPI}
        return _nullable(found) if node.get("nullable") is True else _bounds(found)

    whole: dict[str, Any] = written(schema, 0)
    return {**whole, "$defs": definitions} if definitions else whole


_OF_OPENAPI = ("nullable", "discriminator", "xml", "externalDocs", "example")


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of OpenAPI 3.0 that takes null, too, as 2020-12 says it."""
    return {"anyOf": [_bounds(schema), {"type": "null"}]}


def _bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with the exclusive bounds of OpenAPI 3.0, which are flags there, as numbers."""
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(flag) is True and bound in schema:
            schema[flag] = schema.pop(bound)
        elif isinstance(schema.get(flag), bool):
            del schema[flag]
    return schema
