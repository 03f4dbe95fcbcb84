"""Clyro's policy files, put into ours: the cloud's shape, its documented template, and the local one of its SDK.

There the first rule that matches decides, a rule whose parameter is missing is passed over, and `contains` ignores case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

import yaml

from handrail.definitions import Document
from handrail.domain.actions.proposals import Ruling
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policy.policies import Operator, Rule
from handrail.domain.policy.shapes import FactType, ListOf, Shape, long, number, within
from handrail.policies.contradictions import outdone
from handrail.policies.language.expressions import CelExpression, compile_expression
from handrail.policies.names import PolicyNames

EQUIVALENT = {
    "max_value": Operator.GREATER_THAN.value,
    "min_value": Operator.LESS_THAN.value,
    "in_list": Operator.IN.value,
    "not_in_list": Operator.NOT_IN.value,
    "not_contains": "an expression: !lower(FACT).contains('…')",
}
"""What an operator of theirs is called here; `equals`, `not_equals` and `contains` are called the same."""

_OURS = {
    "greater_than": "max_value",
    "less_than": "min_value",
    "in": "in_list",
    "not_in": "not_in_list",
}
_SIGNS = {"max_value": ">", "min_value": "<", "greater_or_equal": ">=", "requires_approval": ">=", "less_or_equal": "<="}
Place: TypeAlias = tuple[str | int, ...]
_LOCAL_ONLY = ("llm_call", "agent_execution")
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Translated:
    """`text` is a file of ours. `notes` say what means something else here, `left` what could not be put into it."""

    text: str
    notes: list[str]
    left: list[str]


@dataclass(slots=True)
class _Rule:
    id: str
    field: str
    operator: str
    value: Any
    action: Ruling
    message: str
    line: str
    source: str = ""


@dataclass(slots=True)
class _Work:
    """One file being translated."""

    document: Document
    facts: Mapping[str, Shape]
    renamed: Mapping[str, str]
    notes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def translate(
    document: Document, known: PolicyNames, tools: Sequence[str] = (), renamed: Mapping[str, str] | None = None
) -> Translated:
    """The file in our words; with `tools` it is for these alone. `renamed` gives our fact for a field of theirs.

    Raises:
        DefinitionInvalid: it is none of the three shapes.
        InvalidInput: a tool that the business does not have.
    """
    if strange := sorted(set(tools) - set(known.tool_names())):
        raise InvalidInput(f"--tool: {strange[0]!r} is no tool of this business. Known: {', '.join(known.tool_names())}.")
    work = _Work(document, known.named_by(list(tools) or None), renamed or {})
    head, default, raw = _read(work)
    rules = [one for one in (_rule(work, at, given) for at, given in raw) if one]
    _name_apart(rules)
    written = list(_deciding(work, [one for one in rules if _put(work, one)]))
    made = {
        **head,
        **({"applies_to": list(tools)} if tools else {}),
        "rules": {"default_action": default, "rules": [_written(one, written[:index]) for index, one in enumerate(written)]},
    }
    work.notes[:0] = _general(written, default, tools)
    return Translated(_text(made, work), work.notes, work.left)


def _read(work: _Work) -> tuple[dict[str, str], str, list[tuple[Place, dict[str, Any]]]]:
    """Read the file's name, its default, and its rules with their places."""
    data = work.document.data
    if not isinstance(data, dict):
        raise DefinitionInvalid(work.document.problem("holds no keys. A file of Clyro has rules, or actions and global."))
    name = str(data.get("id") or data.get("name") or work.document.path.stem)
    head = {"id": _slug(name)} | {key: str(data[key]) for key in ("name", "description", "category") if data.get(key)}
    inner = data.get("rules")
    if isinstance(inner, dict):
        if data.get("action_type") in _LOCAL_ONLY:
            work.left.append(
                f"the whole file is for {data['action_type']}, and no policy here rules on what a model is asked."
            )
            return head, _default(work, inner), []
        listed = inner.get("rules") or []
        return head, _default(work, inner), [(("rules", "rules", index), one) for index, one in enumerate(listed)]
    if "actions" in data or "global" in data:
        return head, _default(work, data), list(_local(work, data))
    words = "is no policy file of Clyro: it has neither rules.rules, as the cloud's have, nor actions or global."
    raise DefinitionInvalid(work.document.problem(words))


def equivalents(document: Document) -> list[str]:
    """A problem for each operator of theirs that stands in a file of ours, with what it is called here."""
    data = document.data if isinstance(document.data, dict) else {}
    if theirs := [key for key in ("actions", "global", "action_type") if key in data]:
        words = f"{theirs[0]}: this is a policy file of Clyro. Put it into ours: handrail policy import clyro FILE."
        return [document.problem(words, theirs[0])]
    return [
        document.problem(
            f"operator: {name!r} is Clyro's. Here it is {EQUIVALENT[name]}; see handrail policy import clyro.", *at
        )
        for at, name in _operators(data, ())
        if name in EQUIVALENT
    ]


def _operators(data: Any, at: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(data, dict) and isinstance(data.get("operator"), str):
        yield (*at, "operator"), data["operator"]
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, one in inside:
        yield from _operators(one, (*at, key))


def _local(work: _Work, data: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    for name, given in (data.get("actions") or {}).items():
        for index, one in enumerate((given or {}).get("policies") or []):
            if name == "tool_call":
                yield ("actions", name, "policies", index), one
            else:
                at = ("actions", str(name), "policies", index)
                work.left.append(_at(work, at, f"is for {name}; policies here rule on tool calls."))
    for index, one in enumerate((data.get("global") or {}).get("policies") or []):
        yield ("global", "policies", index), one


def _default(work: _Work, inner: Mapping[str, Any]) -> str:
    default = inner.get("default_action")
    if default in ("allow", "block", "require_approval"):
        return str(default)
    work.notes.append(f"default_action is {default!r}; without a word of its own Clyro allows, and so does this file.")
    return "allow"


def _rule(work: _Work, at: Place, given: Any) -> _Rule | None:
    condition = given.get("condition", given) if isinstance(given, dict) else None
    if not isinstance(condition, dict):
        work.left.append(_at(work, at, "is no rule."))
        return None
    name = str(given.get("id") or given.get("name") or f"rule-{at[-1]}")
    theirs = str(condition.get("field") or condition.get("parameter") or "").removeprefix("*.")
    action = str(given.get("action"))
    if action not in list(Ruling):
        work.left.append(_at(work, at, f"says action {action!r}; known are block, allow and require_approval."))
        return None
    operator = str(condition.get("operator"))
    message = given.get("message") or f"{given.get('name') or name}: {{{{{theirs}}}}}"
    return _Rule(
        id=_slug(name),
        field=_ours(work, theirs),
        operator=_OURS.get(operator, operator),
        value=condition.get("value"),
        action=Ruling(action),
        message=_PLACEHOLDER.sub(lambda found: f"{{{{{_ours(work, found[1])}}}}}", str(message)),
        line=_at(work, at, ""),
    )


def _ours(work: _Work, theirs: str) -> str:
    if theirs in work.renamed:
        return work.renamed[theirs]
    if theirs in ("tool_name", "_clyro_tool_name"):
        return "proposal.action"
    argument = f"proposal.arguments.{theirs}"
    return theirs if within(work.facts, theirs) is not None else argument


def _deciding(work: _Work, rules: Sequence[_Rule]) -> Iterator[_Rule]:
    """The rules without those that never decide there, because one before them holds wherever they do."""
    kept: list[Rule] = []
    expressions: dict[str, CelExpression] = {}
    for one in rules:
        rule = Rule(id=one.id, expression=one.source, action=one.action, message=one.message)
        expressions[one.source] = compile_expression(one.source, work.facts)
        same = next((other for other in kept if other.expression == one.source), None)
        before = same or outdone(rule, kept, expressions)
        if before:
            work.notes.append(f"{one.line}rule {one.id} never decides there: {before.id} before it holds wherever it does.")
            continue
        kept.append(rule)
        yield one


def _put(work: _Work, rule: _Rule) -> bool:
    """Write the rule's expression; False, and a line among what is left, where it has none."""
    shape = within(work.facts, rule.field)
    if shape is None:
        theirs = rule.field.rpartition(".")[2]
        words = f"looks at {rule.field}, and this business has no such fact. Name ours: --fact {theirs}=OURS"
        work.left.append(f"{rule.line}rule {rule.id} {words}.")
        return False
    found = _expression(rule, shape)
    if found is None:
        given = json.dumps(rule.value, default=str)
        words = f"{rule.operator} {given} makes no sense of {rule.field}, which is a {shape.value}"
        work.left.append(f"{rule.line}rule {rule.id}: {words}.")
        return False
    rule.source = found
    return True


def _expression(rule: _Rule, shape: Shape) -> str | None:
    shape, name, value = long(shape), rule.field, rule.value
    match rule.operator:
        case "equals" | "not_equals" if _literal(shape, value) is not None:
            return f"{name} {'==' if rule.operator == 'equals' else '!='} {_literal(shape, value)}"
        case "in_list" | "not_in_list" if isinstance(value, list):
            items = [one for one in (_literal(shape, given) for given in value) if one is not None]
            if len(items) < len(value) or not items:
                return None
            return f"{'!' if rule.operator == 'not_in_list' else ''}({name} in [{', '.join(items)}])"
        case "contains" | "not_contains" if isinstance(value, str):
            held = _contains(shape, name, value)
            return held and (f"!({held})" if rule.operator == "not_contains" else held)
        case operator if operator in _SIGNS and shape is FactType.NUMBER and _number(value) is not None:
            return f"{name} {_SIGNS[operator]} {_number(value)}"
    return None


def _contains(shape: Shape, name: str, value: str) -> str | None:
    part = _quoted(value.lower())
    if shape is FactType.TEXT:
        return f"lower({name}).contains({part})"
    if isinstance(shape, ListOf) and shape.item is FactType.TEXT:
        return f"{name}.exists(one, lower(one).contains({part}))"
    return None


def _literal(shape: Shape, value: Any) -> str | None:
    if shape is FactType.FLAG and isinstance(value, bool):
        return str(value).lower()
    if shape is FactType.TEXT and isinstance(value, str):
        return _quoted(value)
    return _number(value) if shape is FactType.NUMBER and not isinstance(value, str) else None


def _number(value: Any) -> str | None:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", value):
        return value
    exact: Decimal | None = number(value)
    return None if exact is None else format(exact, "f")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _written(rule: _Rule, before: Sequence[_Rule]) -> dict[str, str]:
    """The rule; where a more lenient one stood before it, that one comes first still."""
    earlier = [one for one in before if one.action.rank < rule.action.rank]
    parts = [rule.source, *(f"!({_if_there(one)})" for one in earlier)]
    return {"id": rule.id, "expression": " && ".join(parts), "action": rule.action.value, "message": rule.message}


def _if_there(rule: _Rule) -> str:
    return f"has({rule.field}) && {rule.source}" if "." in rule.field else rule.source


def _general(rules: Sequence[_Rule], default: str, tools: Sequence[str]) -> list[str]:
    """List what means something else here, as far as this file says it."""
    found = []
    kept = [one.id for index, one in enumerate(rules) if any(other.action.rank < one.action.rank for other in rules[:index])]
    if len({one.action for one in rules}) > 1:
        found.append("Order: there the first rule that matches decides, here the strictest of all that hold, in all files.")
    if kept:
        found.append(f"So {', '.join(kept)} say that no more lenient rule before them holds; keep these parts when you edit.")
    if rules:
        missing = "here it blocks" if tools else "here it does not apply, and where none does a person decides"
        found.append(f"Missing: there a rule whose parameter is missing is passed over, {missing}. Ask with has(…) first.")
    if default == "block" and rules:
        words = "it blocks" if tools else "a person decides"
        found.append(f"Default: where every parameter is missing, Clyro allows whatever its default; here {words}.")
    if any("contains" in one.operator for one in rules):
        found.append("Capitals: contains and not_contains ignore them in both; equals and the lists tell them apart in both.")
    if any(one.operator in _SIGNS for one in rules):
        found.append(
            "Numbers: there what is no number counts as a match and '100' as 100; here a text is no number and blocks."
        )
    if rules:
        found.append("Examples: it has none. Write one for each rule; `handrail policy test` asks for them.")
    return found


def _name_apart(rules: Sequence[_Rule]) -> None:
    seen: dict[str, int] = {}
    for one in rules:
        seen[one.id] = seen.get(one.id, 0) + 1
        one.id = one.id if seen[one.id] == 1 else f"{one.id}-{seen[one.id]}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "imported"


def _at(work: _Work, at: Place, words: str) -> str:
    return f"{work.document.problem('', *at).strip()} {words}"


def _text(made: Mapping[str, Any], work: _Work) -> str:
    comments = [f"# {words}\n" for words in [*work.notes, *(f"NOT TRANSLATED: {words}" for words in work.left)]]
    return "".join(comments) + yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=110)
