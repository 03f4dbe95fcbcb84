"""The form by which an action is edited, made from the schema of the tool's arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from handrail.domain.errors import InvalidInput
from handrail.domain.team.desk import FormField

PREFIX = "argument."


def fields(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[FormField]:
    """Return a field for each argument, with its value now."""
    required = schema.get("required", [])
    return [
        _field(name, _resolved(schema, shape), arguments.get(name), name in required)
        for name, shape in schema.get("properties", {}).items()
    ]


def changed(wanted: list[FormField], form: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments that differ from what they were.

    Raises:
        InvalidInput: a field cannot be read as what it has to be.
    """
    found = {}
    for field in wanted:
        given = form.get(PREFIX + field.name)
        if field.kind == "yes":
            if (given is not None) != bool(field.value):
                found[field.name] = given is not None
        elif given is not None and given.strip() != as_text(field.value):
            found[field.name] = _value(field, given.strip())
    return found


def as_text(value: Any) -> str:
    """Return the value as it stands in a field."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(field: FormField, text: str) -> Any:
    if not text:
        if field.required:
            raise InvalidInput(f"{field.name}: is empty, and the action needs it.")
        return None
    if field.kind in ("whole", "number"):
        return _number(field, text)
    if field.kind == "json":
        try:
            return json.loads(text)
        except ValueError as error:
            raise InvalidInput(f"{field.name}: is no JSON ({error}).") from error
    return text


def _number(field: FormField, text: str) -> int | str:
    """Return a whole number, or an exact decimal as text: a binary float would not be what was typed."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise InvalidInput(f"{field.name}: {text[:40]!r} is no number. Write it like 40 or 39.90.")
    if field.kind == "number":
        return str(number)
    if number != number.to_integral_value():
        raise InvalidInput(f"{field.name}: {text[:40]!r} is no whole number.")
    return int(number)


def _field(name: str, shape: Mapping[str, Any], value: Any, required: bool) -> FormField:
    choices = [as_text(one) for one in shape.get("enum", [])]
    kind = "choice" if choices else _kind(shape)
    title = str(shape.get("title") or name.replace("_", " ").capitalize())
    return FormField(name=name, title=title, kind=kind, value=value, choices=choices, required=required)


def _kind(shape: Mapping[str, Any]) -> str:
    kinds = {one.get("type") for one in shape.get("anyOf", [shape])} - {"null"}
    if "number" in kinds:
        return "number"
    if kinds == {"integer"}:
        return "whole"
    if kinds == {"boolean"}:
        return "yes"
    return "text" if kinds == {"string"} else "json"


def _resolved(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the shape with what it refers to, one step: an enumeration stands among the definitions."""
    reference = shape.get("$ref") or next((one["$ref"] for one in shape.get("allOf", []) if "$ref" in one), None)
    if not isinstance(reference, str):
        return shape
    return {**schema.get("$defs", {}).get(reference.rsplit("/", 1)[-1], {}), **shape}
