"""Names for policies: the facts of a business, of its customers and its tools, and those that every case has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from handrail.business import Business, Kind, Tool
from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.facts import ARGUMENTS, GROUPS, NOW, WINDOWS, counted, summed
from handrail.domain.policy.shapes import FactType, ListOf, MapOf, Object, Shape

NUMBER, TEXT, FLAG = FactType.NUMBER, FactType.TEXT, FactType.FLAG
EVERY_CASE: dict[str, Shape] = {
    NOW: FactType.TIME,
    "proposal.action": TEXT,
    "proposal.kind": TEXT,
    "proposal.confidence": NUMBER,
    "proposal.revision": NUMBER,
    "case.case_id": TEXT,
    "case.turn": NUMBER,
    "case.topic": TEXT,
    "case.risk": TEXT,
    "case.language": TEXT,
    "case.channel": TEXT,
    "case.reason": TEXT,
    "case.tier": NUMBER,
    "case.opened_hours_ago": NUMBER,
    "customer.customer_id": TEXT,
    "classification.topic": TEXT,
    "classification.risk": TEXT,
    "classification.confidence": NUMBER,
    "classification.complexity": TEXT,
    "classification.language": TEXT,
    "classification.language_confidence": NUMBER,
    "classification.frustration": NUMBER,
    "classification.sentiment": TEXT,
    "classification.wants_person": FLAG,
}
_JSON_TYPES = {"number": NUMBER, "integer": NUMBER, "string": TEXT, "boolean": FLAG}
_JSON_FORMATS = {"date": FactType.DATE, "date-time": FactType.TIME, "duration": FactType.DURATION}
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class PolicyNames:
    """The names that a policy may use. `arguments` are the nameable arguments of each tool, by their own name."""

    facts: Mapping[str, Shape]
    tools: Collection[str]
    arguments: Mapping[str, Mapping[str, Shape]] = field(default_factory=dict)

    @property
    def history(self) -> list[str]:
        """Every count and sum."""
        return [name for name in self.facts if name.startswith("history.")]

    def named_by(self, applies_to: Collection[str] | None) -> dict[str, Shape]:
        """Return the names for a policy on these tools; without tools, those for a policy on every effect.

        An argument must be one of each tool that is named, and of one type in all that have it.
        """
        tools = self.arguments.keys() - {SEND_REPLY} if applies_to is None else applies_to
        given = [self.arguments.get(tool, {}) for tool in tools]
        found = {name: {one[name] for one in given if name in one} for one in given for name in one}
        everywhere = {name for name in found if applies_to is None or all(name in one for one in given)}
        return {
            **self.facts,
            **{f"{ARGUMENTS}{name}": next(iter(found[name])) for name in everywhere if len(found[name]) == 1},
        }

    def tool_names(self) -> list[str]:
        """List the names that `applies_to` may use."""
        return sorted({*self.tools, SEND_REPLY})


def known(facts: Mapping[str, Shape], tools: Collection[str], effects: Collection[str] = ()) -> PolicyNames:
    """The facts of every case beside those given; history without sums."""
    counts: dict[str, Shape] = {counted(action, window): NUMBER for action in effects for window in WINDOWS}
    return PolicyNames({**facts, **EVERY_CASE, **counts}, frozenset(tools), {SEND_REPLY: {"text": TEXT}})


def of_business(business: Business) -> PolicyNames:
    """Everything that the business's policies may name.

    Raises:
        DefinitionInvalid: a name that is taken by every case, or a sum of what is no number.
    """
    effects = [tool for tool in business.tools if tool.kind is Kind.EFFECT]
    taken = sorted(name for name in business.facts if name.partition(".")[0] in GROUPS)
    if taken:
        raise DefinitionInvalid(f"business {business.name}: facts: {', '.join(taken)} is a name of every case; rename it.")
    arguments = {tool.name: _arguments(tool) for tool in effects}
    customer = {f"customer.{name}": kind for name, kind in business.customer_facts.items()}
    sums = {
        summed(tool.name, argument, window): NUMBER
        for tool in effects
        for argument in _sums(business, tool, arguments[tool.name])
        for window in WINDOWS
    }
    base = known(business.facts, business.by_name, [tool.name for tool in effects])
    return PolicyNames({**base.facts, **customer, **sums}, base.tools, {**base.arguments, **arguments})


def nearest(name: str, names: Iterable[str]) -> str:
    """Suggest the name meant, and list those of its group, or all: 'Did you mean case.turn? Known: …'."""
    every = sorted(names)
    group = name.partition(".")[0]
    close = get_close_matches(name, every, n=1, cutoff=0.6)
    meant = f"Did you mean {close[0]}? " if close else ""
    inside = [one for one in every if one.startswith(f"{group}.")] if group in GROUPS else []
    if group == "history":
        inside = [one for one in inside if one.endswith("_30d")] + [f"… and the same over {', '.join(WINDOWS)}"]
    flat = [one for one in every if "." not in one]
    groups = [f"{one}.…" for one in GROUPS if any(known.startswith(f"{one}.") for known in every)]
    return f"{meant}Known: {', '.join(inside or [*flat, *groups]) or 'none'}"


def _sums(business: Business, tool: Tool, arguments: Mapping[str, Shape]) -> tuple[str, ...]:
    wrong = sorted(name for name in tool.sums if arguments.get(name) is not NUMBER)
    if wrong:
        raise DefinitionInvalid(
            f"business {business.name}: sums of {tool.name}: {', '.join(wrong)} is no numeric argument; name one that is."
        )
    return tool.sums


def _arguments(tool: Tool) -> dict[str, Shape]:
    schema = tool.arguments.model_json_schema(mode="serialization")
    shapes = {name: _type(shape, schema.get("$defs", {})) for name, shape in schema.get("properties", {}).items()}
    return {name: kind for name, kind in shapes.items() if kind is not None}


def _type(shape: Mapping[str, Any], defined: Mapping[str, Any], depth: int = 0) -> Shape | None:
    """The one type of a JSON schema that policies can look into; null beside it makes no difference."""
    if depth > _DEEPEST:
        return None
    if "$ref" in shape:
        return _type(defined.get(str(shape["$ref"]).rpartition("/")[2], {}), defined, depth + 1)
    if "anyOf" in shape:
        kinds = {_type(one, defined, depth + 1) for one in shape["anyOf"] if one.get("type") != "null"}
        return kinds.pop() if len(kinds) == 1 else None
    match shape.get("type"):
        case "array":
            inner = _type(shape.get("items", {}), defined, depth + 1)
            return ListOf(inner) if inner else None
        case "object" if "properties" in shape:
            fields = {name: _type(one, defined, depth + 1) for name, one in shape["properties"].items()}
            return Object({name: one for name, one in fields.items() if one})
        case "object":
            inner = _type(shape.get("additionalProperties") or {}, defined, depth + 1)
            return MapOf(inner) if inner else None
    if "enum" in shape and all(isinstance(one, str) for one in shape["enum"]):
        return TEXT
    if shape.get("type") == "string":
        return _JSON_FORMATS.get(str(shape.get("format")), TEXT)
    return _JSON_TYPES.get(str(shape.get("type")))
