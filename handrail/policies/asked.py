"""A proposal that somebody wrote down to have it explained: `{"action": …, "arguments": …, "facts": …}`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import Field, ValidationError

from handrail.business import Business, Kind
from handrail.domain.actions.proposals import SEND_REPLY, Proposal, ProposalKind
from handrail.domain.base import Model, digest
from handrail.domain.errors import InvalidInput
from handrail.domain.policy.policies import flat
from handrail.domain.policy.shapes import FactType, ListOf, MapOf, Object, Shape, misfits, objects
from handrail.policies.names import PolicyNames, nearest

_VALUES: dict[FactType, Any] = {
    FactType.NUMBER: 1,
    FactType.TEXT: "…",
    FactType.FLAG: True,
    FactType.MONEY: "12.50 USD",
    FactType.DATE: "2026-11-28",
    FactType.TIME: "2026-11-28T09:30:00Z",
    FactType.DURATION: "36h",
    FactType.NUMBERS: [1],
    FactType.TEXTS: ["…"],
}


class RulingRequest(Model):
    """`facts` by their whole name or nested: `{"case": {"turn": 2}}`. History that is left out is 0."""

    action: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    confidence: float | None = Field(default=None, ge=0, le=1)
    facts: dict[str, Any] = Field(default_factory=dict)


def asked(
    text: str, business: Business, known: PolicyNames, needed: Callable[[str], list[str]] = lambda action: []
) -> tuple[Proposal, dict[str, Any]]:
    """The proposal and its facts; `needed` are those that rules for an action need.

    Raises:
        InvalidInput: it is no such JSON, or names what the business does not have; with an example of what would be right.
    """
    one = _read(text, business, known, needed)
    if one.action not in known.tool_names():
        raise InvalidInput(f"action: {one.action!r} is no tool of this business. {nearest(one.action, known.tool_names())}.")
    names = known.named_by([one.action])
    facts = flattened(one.facts, names)
    for name in facts:
        if name not in names or name.startswith("proposal."):
            raise InvalidInput(f"facts: {name!r} is no fact of this business. {nearest(name, names)}.")
        if facts[name] is not None:
            for _, words in misfits(names[name], facts[name], name):
                raise InvalidInput(f"facts: {words}.")
    proposal = Proposal(
        proposal_id="asked",
        kind=_kind(business, one.action),
        action=one.action,
        arguments=one.arguments,
        arguments_hash=digest(one.arguments),
        confidence=one.confidence,
    )
    return proposal, {**dict.fromkeys(known.history, 0), **facts}


def flattened(facts: dict[str, Any], names: Mapping[str, Shape]) -> dict[str, Any]:
    """Nested facts by their whole name. Raises: InvalidInput: one stands there twice."""
    try:
        return flat(facts, objects(names))
    except ValueError as error:
        raise InvalidInput(f"facts: {error}.") from error


def example_of(shape: Shape) -> Any:
    """A value of the shape, to show what would be right."""
    match shape:
        case ListOf(item=item):
            return [example_of(item)]
        case MapOf(item=item):
            return {"…": example_of(item)}
        case Object(fields=fields):
            return {name: example_of(one) for name, one in fields.items()}
        case _:
            return _VALUES[shape]


def _kind(business: Business, action: str) -> ProposalKind:
    if action == SEND_REPLY:
        return ProposalKind.REPLY
    return ProposalKind(business.by_name[action].kind.value)


def _read(text: str, business: Business, known: PolicyNames, needed: Callable[[str], list[str]]) -> RulingRequest:
    try:
        return RulingRequest.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        wrong = f"line {error.lineno}: is no JSON ({error.msg})"
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        words = {"missing": "is missing", "extra_forbidden": "is no key that is known here"}.get(first["type"], first["msg"])
        wrong = f"{where}: {words}"
    right = json.dumps(_example(business, known, needed), ensure_ascii=False)
    raise InvalidInput(f"{wrong}. What would be right: {right}")


def _example(business: Business, known: PolicyNames, needed: Callable[[str], list[str]]) -> dict[str, Any]:
    tool = next((one for one in business.tools if one.kind is Kind.EFFECT), business.tools[0])
    names = known.named_by([tool.name])
    return {
        "action": tool.name,
        "arguments": {name: example_of(kind) for name, kind in known.arguments.get(tool.name, {}).items()},
        "facts": {
            name: example_of(names[name]) for name in needed(tool.name) if not name.startswith(("proposal.", "history."))
        },
    }
