"""`decide edit --set`: what was typed, as the type that the tool wants there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.domain.actions.approvals import DecisionInput
from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.case.cases import CaseView


def typed(wanted: DecisionInput, written: Mapping[str, str], view: CaseView, schemas: Mapping[str, Any]) -> DecisionInput:
    """The edit with every value as text where its field takes text; `schemas` is tool to JSON schema of its arguments."""
    asked = next((one for one in view.approvals if one.approval_id == wanted.approval_id), None)
    if asked is None or not wanted.arguments:
        return wanted
    action = asked.request.action
    schema = {"properties": {"text": {"type": "string"}}} if action == SEND_REPLY else schemas.get(action, {})
    fields = schema.get("properties", {})
    texts = {name: written[name] for name in wanted.arguments if name in written and takes_text(fields.get(name, {}), schema)}
    kept = {name: None for name, text in texts.items() if text == "null" and "null" in kinds(fields[name], schema)}
    return wanted.model_copy(update={"arguments": {**wanted.arguments, **texts, **kept}})


def takes_text(field: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    """Return whether a text can stand there; an amount may be written as one, too."""
    return "string" in kinds(field, schema)


def kinds(field: Mapping[str, Any], schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that may stand there."""
    if "$ref" in field:
        return kinds(schema.get("$defs", {}).get(str(field["$ref"]).rpartition("/")[2], {}), schema)
    found = field.get("type", [])
    own = set(found if isinstance(found, list) else [found])
    return own.union(*(kinds(one, schema) for key in ("anyOf", "oneOf", "allOf") for one in field.get(key, [])))
