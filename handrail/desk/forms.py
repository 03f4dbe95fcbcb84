"""The form by which an action is edited, made from the schema of the tool's arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from handrail.domain.errors import InvalidInput
from handrail.domain.team.desk import FormField
from handrail.pages.forms import one_break

PREFIX = "argument."
NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")
NOT_WHOLE = "This form is not whole. Look at the page again, then send it."
LONG = 60
"""Texts of more characters, or of several lines, have a box of several lines."""


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
        elif given is not None and plain(given) != plain(as_text(field.value)):
            found[field.name] = _value(field, plain(given))
    return found


def as_text(value: Any) -> str:
    """Return the value as it stands in a field."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def plain(text: str) -> str:
    """Return the text as it is compared: blanks at its ends say nothing."""
    return one_break(text).strip()


def _value(field: FormField, text: str) -> Any:
    if not text:
        if field.required:
            raise InvalidInput(f"{field.name}: is empty, and the action needs it.")
        return None if field.nullable else ""
    if field.kind in ("whole", "number"):
        return _number(field, text)
    if field.kind == "json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"{field.name}: is no JSON, or too deep. Write it like it stands under 'now'.") from error
    return text


def _number(field: FormField, text: str) -> int | str:
    """Return a whole number, or an exact decimal as text: a binary float would not be what was typed."""
    if not NUMBER.fullmatch(text):
        raise InvalidInput(f"{field.name}: {text[:40]!r} is no number. Write it like 40 or 39.90.")
    if field.kind == "number":
        return text
    if "." in text:
        raise InvalidInput(f"{field.name}: {text[:40]!r} is no whole number.")
    return int(text)


def _field(name: str, shape: Mapping[str, Any], value: Any, required: bool) -> FormField:
    choices = [as_text(one) for one in shape.get("enum", [])]
    kind = "choice" if choices else _kind(shape)
    title = str(shape.get("title") or name.replace("_", " ").capitalize())
    if kind == "text" and ("\n" in as_text(value) or len(as_text(value)) > LONG):
        kind = "lines"
    nullable = any(one.get("type") == "null" for one in shape.get("anyOf", []))
    return FormField(name=name, title=title, kind=kind, value=value, choices=choices, required=required, nullable=nullable)


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
