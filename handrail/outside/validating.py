"""Values held against a schema from outside: in time that grows with the value alone, and in words that repeat none of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError, validators
from pydantic_core import ValidationError as NoMatch
from referencing import Registry

from handrail.domain.errors import InvalidInput
from handrail.outside.schemas import linear

MOST_BYTES = 16_000
MOST_WORDS = 8
_TYPES = {"integer": "a whole number", "array": "a list", "boolean": "true or false", "null": "null"}


class SchemaCheck:
    """A schema that was checked (`handrail.outside.schemas.check`), ready to hold values against."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._validator = _Linear(schema, registry=Registry())

    def misfits(self, value: Any) -> list[str]:
        """Return what does not fit, at most a few: 'amount: has to be a number'."""
        try:
            return [_words(error) for error in islice(self._validator.iter_errors(value), MOST_WORDS)]
        except RecursionError:
            return ["is nested too deeply"]


class ArgumentSchema:
    """The arguments of one tool: `given` ones are normalised and held against the schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._properties: Mapping[str, Any] = schema.get("properties", {})
        self._closed = schema.get("additionalProperties", False) is False
        self._check = SchemaCheck(schema)

    def read(self, given: Any) -> dict[str, Any]:
        """Return the arguments as they are kept: defaults filled in, numbers that came as text as numbers.

        Raises:
            InvalidInput: they do not fit; names each argument and what would be right, never a value.
        """
        if not isinstance(given, Mapping):
            raise InvalidInput("arguments: have to be an object.")
        if self._closed and (extra := [str(name)[:60] for name in given if name not in self._properties]):
            raise InvalidInput(f"{extra[0]}: is no argument of this tool")
        found = {name: _number(self._properties.get(name), value) for name, value in given.items()}
        found |= {
            name: one["default"]
            for name, one in self._properties.items()
            if isinstance(one, Mapping) and "default" in one and name not in found
        }
        if problem := unkept(found, MOST_BYTES):
            raise InvalidInput(f"arguments: {problem}")
        if wrong := self._check.misfits(found):
            raise InvalidInput("; ".join(wrong))
        return found


def unkept(value: Any, most: int) -> str | None:
    """Say why the value cannot be kept as JSON of at most so many bytes; None where it can."""
    try:
        size = len(json.dumps(value, allow_nan=False, ensure_ascii=False).encode("utf-8"))
    except (TypeError, ValueError, RecursionError):
        return "hold something that JSON has no way to write"
    return f"have {size:,} bytes, at most {most:,} are taken" if size > most else None


def _number(shape: Any, value: Any) -> Any:
    """Return a number that came as text as one, where only a number can stand there."""
    kinds = _kinds(shape)
    if not isinstance(value, str) or "string" in kinds or not kinds & {"number", "integer"}:
        return value
    try:
        found = int(value) if value.strip().lstrip("+-").isdecimal() else float(value)
    except ValueError:
        return value
    return found if math.isfinite(found) else value


def _kinds(shape: Any) -> set[str]:
    if not isinstance(shape, Mapping):
        return set()
    own = shape.get("type", [])
    kinds = set(own if isinstance(own, list) else [own])
    return kinds.union(*(_kinds(one) for key in ("anyOf", "oneOf") for one in shape.get(key, [])))


def _words(error: ValidationError) -> str:
    """The error in words of our own: the library's repeat the value."""
    at = ".".join(str(step)[:60] for step in error.absolute_path)
    wanted: Any = error.validator_value
    match error.validator:
        case "required":
            missing = [name for name in wanted if isinstance(error.instance, Mapping) and name not in error.instance]
            return "; ".join(f"{f'{at}.' if at else ''}{name}: is missing" for name in missing)
        case "type":
            kinds = wanted if isinstance(wanted, list) else [wanted]
            words = f"has to be {' or '.join(_TYPES.get(one, f'a {one}') for one in kinds)}"
        case "enum":
            words = f"has to be one of {', '.join(json.dumps(one, ensure_ascii=False)[:60] for one in wanted[:20])}"
        case "anyOf" | "oneOf":
            words = f"fits none of the {len(wanted)} forms that it may have, or more than one"
        case "additionalProperties":
            words = "holds a field that is not known here"
        case _:
            words = f"does not fit {error.validator} {json.dumps(wanted, default=str, ensure_ascii=False)[:80]}"
    return f"{at or 'arguments'}: {words}"


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    matcher = linear(pattern)
    if matcher is None or not isinstance(instance, str):
        return
    try:
        matcher.validate_python(instance)
    except NoMatch:
        yield ValidationError("does not match")


_Linear: Any = cast(Any, validators).extend(Draft202012Validator, {"pattern": _pattern})
