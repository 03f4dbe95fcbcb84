"""What a policy file must not say: names that nobody knows, comparisons that make no sense, and contradictions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from handrail.business import FactType
from handrail.definitions import Document
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policies import (
    ORDERING,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Operator,
    Plain,
    Policy,
    Rule,
)
from handrail.domain.proposals import SEND_REPLY, Ruling
from handrail.domain.rulings import PLACEHOLDER, Expression, compare, examine, hits_of, strictest
from handrail.policies.expressions import compile_expression

_TYPES: dict[FactType, type] = {FactType.NUMBER: Decimal, FactType.TEXT: str, FactType.FLAG: bool}
_OPERATORS: dict[FactType, frozenset[Operator]] = {
    FactType.NUMBER: frozenset(Operator) - {Operator.CONTAINS},
    FactType.TEXT: frozenset(Operator) - ORDERING,
    FactType.FLAG: frozenset({Operator.EQUALS, Operator.NOT_EQUALS}),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What a policy may name."""

    facts: Mapping[str, FactType]
    tools: Collection[str]


Place = tuple[str | int, ...]
_RULES: Place = ("rules", "rules")


class Check:
    """One file under check; collects `problems` and the compiled `expressions` by their text."""

    def __init__(self, document: Document, policy: Policy, known: Known) -> None:
        self.document = document
        self.policy = policy
        self.known = known
        self.problems: list[str] = []
        self.expressions: dict[str, Expression] = {}

    def run(self) -> None:
        """Fill `problems` and `expressions`. Examples are tried only where everything else is in order."""
        self._tools()
        for index, rule in enumerate(self.policy.rules.rules):
            self._rule(rule, (*_RULES, index))
        self._contradictions()
        for index, example in enumerate(self.policy.examples):
            place: Place = ("examples", index)
            for field, value in example.facts.items():
                if self._fact(field, (*place, "facts", field)) and value is not None:
                    self._type(field, value, (*place, "facts", field))
            self._tool(example.tool, (*place, "tool"))
        if not self.problems:
            self._examples()

    def _say(self, words: str, place: Place) -> None:
        self.problems.append(self.document.problem(words, *place))

    def _tools(self) -> None:
        for index, tool in enumerate(self.policy.applies_to or []):
            self._tool(tool, ("applies_to", index))

    def _tool(self, tool: str | None, place: Place) -> None:
        if tool is not None and tool not in self.known.tools and tool != SEND_REPLY:
            known = ", ".join(sorted({*self.known.tools, SEND_REPLY}))
            self._say(f"{tool!r} is no tool of this business. Known: {known}.", place)

    def _rule(self, rule: Rule, place: Place) -> None:
        if rule.condition:
            self._condition(rule.condition, (*place, "condition"), rule)
        if rule.expression:
            self._expression(rule.expression, (*place, "expression"))
        for _, field in PLACEHOLDER.findall(rule.message):
            self._fact(field, (*place, "message"))
        if rule.role and rule.action is not Ruling.REQUIRE_APPROVAL:
            self._say(f"role: nobody is asked where the action is {rule.action}. Remove the role.", (*place, "role"))

    def _condition(self, condition: Condition, place: Place, rule: Rule) -> None:
        match condition:
            case Comparison():
                self._comparison(condition, place, rule)
            case AllOf(all=parts):
                for index, part in enumerate(parts):
                    self._condition(part, (*place, "all", index), rule)
                self._possible(parts, place)
            case AnyOf(any=parts):
                for index, part in enumerate(parts):
                    self._condition(part, (*place, "any", index), rule)

    def _comparison(self, one: Comparison, place: Place, rule: Rule) -> None:
        if not self._fact(one.field, (*place, "field")):
            return
        kind = self.known.facts[one.field]
        if one.operator not in _OPERATORS[kind]:
            fitting = ", ".join(sorted(_OPERATORS[kind]))
            words = f"operator: {one.operator} does not fit {one.field}, which is a {kind}. Fitting: {fitting}."
            self._say(words, (*place, "operator"))
        for value in one.value if isinstance(one.value, list) else [one.value]:
            self._type(one.field, value, (*place, "value"))
        if one.operator is Operator.REQUIRES_APPROVAL and rule.action is Ruling.ALLOW:
            words = "operator: requires_approval contradicts the action allow. Use greater_or_equal, or another action."
            self._say(words, (*place, "operator"))

    def _fact(self, field: str, place: Place) -> bool:
        if field not in self.known.facts:
            known = ", ".join(sorted(self.known.facts)) or "none"
            self._say(f"{field!r} is no fact of this business. Known: {known}.", place)
        return field in self.known.facts

    def _type(self, field: str, value: Plain, place: Place) -> None:
        kind = self.known.facts[field]
        if not isinstance(value, _TYPES[kind]):
            given = str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
            self._say(f"{field}: {given} is no {kind}, which this fact is. Write a {kind}.", place)

    def _expression(self, source: str, place: Place) -> None:
        try:
            compiled = compile_expression(source, self.known.facts)
        except DefinitionInvalid as error:
            self._say(f"expression: {error}.", place)
            return
        if not compiled.fields and self.policy.applies_to is None:
            words = "expression: names no fact, so it would rule on everything. Name a fact, or say applies_to."
            self._say(words, place)
        self.expressions[source] = compiled

    def _contradictions(self) -> None:
        ids: dict[str, int] = {}
        meanings: dict[tuple[str, str | None], Rule] = {}
        for index, rule in enumerate(self.policy.rules.rules):
            if rule.id in ids:
                words = f"id: {rule.id!r} is also the id of rule {ids[rule.id] + 1} of this file. Rename one."
                self._say(words, (*_RULES, index, "id"))
            ids.setdefault(rule.id, index)
            meaning = (repr(rule.condition), rule.expression)
            twin = meanings.setdefault(meaning, rule)
            if twin is not rule:
                words = f"rule {rule.id} holds exactly where rule {twin.id} does. Keep the stricter one."
                self._say(words, (*_RULES, index, "id"))

    def _possible(self, parts: Iterable[Condition], place: Place) -> None:
        by_field: dict[str, list[Comparison]] = {}
        for part in parts:
            if isinstance(part, Comparison) and part.field in self.known.facts:
                by_field.setdefault(part.field, []).append(part)
        for field, together in by_field.items():
            if len(together) > 1 and not self.problems and not _satisfiable(together):
                self._say(f"all: no value of {field} satisfies all of these. Correct one of them.", (*place, "all"))

    def _examples(self) -> None:
        for index, example in enumerate(self.policy.examples):
            action = example.tool or (self.policy.applies_to or [""])[0]
            findings = examine([self.policy], action, example.facts, self.expressions)
            ruling = strictest(hits_of(findings))
            if ruling is not example.expect:
                rules = ", ".join(f"{one.rule}: {one.why or one.state}" for one in findings) or "no rule"
                words = f"example {example.name!r} expects {example.expect}, but the file rules {ruling} ({rules})."
                self._say(f"{words} Correct the rules or the example.", ("examples", index, "expect"))


def _satisfiable(together: list[Comparison]) -> bool:
    """Whether some value satisfies all comparisons of one field: tried on every value that they name and between them."""
    field = together[0].field
    named: list[Plain] = []
    for one in together:
        named += one.value if isinstance(one.value, list) else [one.value]
    tries: list[Plain] = [True, False] if isinstance(named[0], bool) else list(named)
    numbers = sorted({value for value in named if isinstance(value, Decimal)})
    texts = [value for value in named if isinstance(value, str)]
    if numbers:
        tries += [(low + high) / 2 for low, high in pairwise(numbers)] + [numbers[0] - 1, numbers[-1] + 1]
    if texts:
        wanted = [str(one.value) for one in together if one.operator is Operator.CONTAINS]
        tries.append("\0".join([*wanted, "", ""]))
    return any(all(compare(one, {field: value}) for one in together) for value in tries)


def same_id(read: list[tuple[Document, Policy]]) -> list[str]:
    """A problem for each policy id that stands in more than one file."""
    first: dict[str, Document] = {}
    problems = []
    for document, policy in read:
        other = first.setdefault(policy.id, document)
        if other is not document:
            words = f"id: {policy.id!r} is also the id of {other.path.name}. Rename one."
            problems.append(document.problem(words, "id"))
    return problems
