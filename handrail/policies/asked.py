"""A proposal that somebody wrote down to have it explained: `{"action": …, "arguments": …, "facts": …}`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError, field_validator

from handrail.business import Business, Kind
from handrail.domain.errors import InvalidInput
from handrail.domain.model import Model, digest
from handrail.domain.policies import flat
from handrail.domain.proposals import SEND_REPLY, Proposal, ProposalKind
from handrail.policies.names import Known, nearest


class Asked(Model):
    """`facts` by their whole name or nested: `{"case": {"turn": 2}}`. History that is left out is 0."""

    action: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    confidence: float | None = Field(default=None, ge=0, le=1)
    facts: dict[str, Any] = Field(default_factory=dict)

    @field_validator("facts", mode="before")
    @classmethod
    def _flat(cls, facts: Any) -> Any:
        return flat(facts) if isinstance(facts, dict) else facts


def asked(text: str, business: Business, known: Known) -> tuple[Proposal, dict[str, Any]]:
    """The proposal and its facts.

    Raises:
        InvalidInput: it is no such JSON, or names what the business does not have; with an example of what would be right.
    """
    one = _read(text, business)
    if one.action not in known.tool_names():
        raise InvalidInput(f"action: {one.action!r} is no tool of this business. {nearest(one.action, known.tool_names())}.")
    names = known.named_by([one.action])
    for name in one.facts:
        if name not in names or name.startswith("proposal."):
            raise InvalidInput(f"facts: {name!r} is no fact of this business. {nearest(name, names)}.")
    proposal = Proposal(
        proposal_id="asked",
        kind=_kind(business, one.action),
        action=one.action,
        arguments=one.arguments,
        arguments_hash=digest(one.arguments),
        confidence=one.confidence,
    )
    return proposal, {**dict.fromkeys(known.history, 0), **one.facts}


def _kind(business: Business, action: str) -> ProposalKind:
    if action == SEND_REPLY:
        return ProposalKind.REPLY
    return ProposalKind(business.by_name[action].kind.value)


def _read(text: str, business: Business) -> Asked:
    right = f"What would be right: {json.dumps(_example(business), ensure_ascii=False)}"
    try:
        return Asked.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        raise InvalidInput(f"line {error.lineno}: is no JSON ({error.msg}). {right}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        words = {"missing": "is missing", "extra_forbidden": "is no key that is known here"}.get(first["type"], first["msg"])
        raise InvalidInput(f"{where}: {words}. {right}") from error


def _example(business: Business) -> Mapping[str, Any]:
    tool = next((one for one in business.tools if one.kind is Kind.EFFECT), business.tools[0])
    schema = tool.arguments.model_json_schema()
    values: dict[str, Any] = {"string": "…", "number": 1, "integer": 1, "boolean": True, "text": "…", "flag": True}
    required = {name: values.get(schema["properties"][name].get("type"), "…") for name in schema.get("required", [])}
    facts: dict[str, Any] = {name: values.get(kind.value, 1) for name, kind in list(business.facts.items())[:2]}
    return {"action": tool.name, "arguments": required, "facts": {**facts, "case": {"turn": 1}}}
