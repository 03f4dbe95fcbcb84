"""Strict schemas where they can be said, and nulls that stand for what was left out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from handrail.domain.llm.agent import ToolSpec
from handrail.llm.parsing.answers import ANSWER_TOOL
from handrail.llm.prompting.schemas import pruned, strict_schema, wire
from handrail.shop import business


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sku: str
    note: str | None = None


class Wide(BaseModel):
    model_config = ConfigDict(extra="forbid")
    order_id: str = Field(pattern=r"^O-[0-9]{5}$")
    status: Literal["open", "closed"] | None = None
    limit: int = Field(default=10, ge=1, le=50)
    line: Line
    lines: list[Line] = []
    price: Decimal = Decimal(1)


def each(schema: Any) -> list[dict[str, Any]]:
    """Every object schema within."""
    if isinstance(schema, list):
        return [found for one in schema for found in each(one)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for one in schema.values() for found in each(one)]


@pytest.mark.parametrize(
    "parameters",
    [Wide.model_json_schema(), ANSWER_TOOL.parameters, *(t.arguments.model_json_schema() for t in business.tools)],
)
def test_typed_arguments_are_sent_strict(parameters: dict[str, Any]) -> None:
    strict = strict_schema(parameters)
    assert strict is not None
    jsonschema.Draft202012Validator.check_schema(strict)
    for found in each(strict):
        assert found["additionalProperties"] is False
        assert found["required"] == list(found["properties"])
    assert not {"title", "default", "minLength", "maxLength"} & {key for found in each(strict) for key in found}


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "object", "additionalProperties": True},
        {"type": "object", "properties": {"anything": {}}},
        {"type": "object", "properties": {"bag": {"type": "object", "additionalProperties": {"type": "string"}}}},
        {"type": "object", "properties": {"one": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}},
    ],
)
def test_open_schemas_are_sent_as_they_are(parameters: dict[str, Any]) -> None:
    assert strict_schema(parameters) is None
    function = wire(ToolSpec(name="t", description="", parameters=parameters))["function"]
    assert "strict" not in function
    assert function["parameters"] == parameters


def test_patterns_that_grammars_cannot_compile_are_left_to_the_tools_own_model() -> None:
    def patterns(pattern: str) -> bool:
        one = {"type": "object", "properties": {"x": {"type": "string", "pattern": pattern}}, "required": ["x"]}
        strict = strict_schema(one)
        assert strict is not None
        return "pattern" in strict["properties"]["x"]

    assert patterns(r"^[Oo]-[0-9]{5,9}$")
    assert not patterns(r"^(?!x).*$")
    assert not patterns("^[^\\x00-\\x1f]+$")


@given(
    st.none() | st.sampled_from(["open", "closed"]),
    st.none() | st.integers(1, 50),
    st.none() | st.lists(st.none() | st.text(max_size=3), max_size=3),
)
def test_what_the_strict_schema_admits_the_tools_model_takes(
    status: str | None, limit: int | None, notes: list[str | None] | None
) -> None:
    lines = None if notes is None else [{"sku": "s", "note": note} for note in notes]
    line = {"sku": "s", "note": None}
    sent = {"order_id": "O-12345", "status": status, "limit": limit, "line": line, "lines": lines, "price": None}
    schema = Wide.model_json_schema()
    strict = strict_schema(schema)
    assert strict is not None
    jsonschema.validate(sent, strict)
    kept = pruned(sent, schema)
    assert Wide.model_validate(kept).limit == (limit or 10)
    assert None not in kept.values()
    assert kept["line"] == {"sku": "s"}


def test_a_null_that_the_tool_demands_stays() -> None:
    nullable = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    schema = {"type": "object", "properties": {"end": nullable}, "required": ["end"]}
    assert pruned({"end": None, "unknown": None}, schema) == {"end": None, "unknown": None}
