"""Faults of a policy file: names that nobody knows, comparisons that make no sense, and contradictions."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.definitions import Document
from handrail.domain.actions.proposals import SEND_REPLY, Ruling
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.demanding import ASKS, OF_PEOPLE, Demanding, in_turn
from handrail.domain.policy.facts import ARGUMENTS
from handrail.domain.policy.policies import ORDERING, AllOf, AnyOf, Comparison, Condition, Operator, Policy, Rule, flat
from handrail.domain.policy.rulings import DEFAULT_RULE
from handrail.domain.policy.shapes import PLAIN, FactType, ListOf, MapOf, Object, Shape, kind, long, misfits, objects, within
from handrail.domain.policy.wording import PLACEHOLDER
from handrail.policies.ceilings import ceiling_problem
from handrail.policies.contradictions import conjuncts, impossible, outdone, said
from handrail.policies.language.expressions import CelExpression, compile_expression
from handrail.policies.language.nodes import RuleSources
from handrail.policies.names import PolicyNames, nearest
from handrail.policies.trials import steps, tried, unused

_OPERATORS: dict[Shape, frozenset[Operator]] = {
    FactType.NUMBER: frozenset(Operator) - {Operator.CONTAINS},
    FactType.TEXT: frozenset(Operator) - ORDERING,
    FactType.FLAG: frozenset({Operator.EQUALS, Operator.NOT_EQUALS}),
}

Place = tuple[str | int, ...]
_RULES: Place = ("rules", "rules")


class Check:
    """One file under check; collects `problems` and the compiled `expressions` by their text."""

    def __init__(self, document: Document, policy: Policy, known: PolicyNames, world: RuleSources) -> None:
        self.document = document
        self.policy = policy
        self.known = known
        self.world = world
        self.facts: Mapping[str, Shape] = known.named_by(policy.applies_to)
        self.problems: list[str] = []
        self.expressions: dict[str, CelExpression] = {}

    def run(self, *, examples: bool = True) -> None:
        """Fill `problems` and `expressions`. Examples are tried only where everything else is in order."""
        self._tools()
        for index, rule in enumerate(self.policy.rules.rules):
            self._rule(rule, (*_RULES, index))
        self._demands(self.policy.rules.default, self.policy.rules.default_action, ("rules", "default"))
        if words := ceiling_problem(self.policy.batch, self.facts):
            self._say(words, ("batch", "field"))
        self._doubles()
        self._example_facts()
        if not self.problems:
            self._shadows()
            for words, place in unused(self.policy, self.facts, self.expressions):
                self._say(words, place)
        if examples and not self.problems:
            self._examples()

    def _say(self, words: str, place: Place) -> None:
        self.problems.append(self.document.problem(words, *place))

    def _tools(self) -> None:
        for index, tool in enumerate(self.policy.applies_to or []):
            self._tool(tool, ("applies_to", index))

    def _tool(self, tool: str | None, place: Place) -> None:
        if tool is not None and tool not in self.known.tools and tool != SEND_REPLY:
            self._say(f"{tool!r} is no tool of this business. {nearest(tool, self.known.tool_names())}.", place)

    def _rule(self, rule: Rule, place: Place) -> None:
        before = len(self.problems)
        if rule.condition:
            self._condition(rule.condition, (*place, "condition"), rule)
        if rule.expression:
            self._expression(rule.expression, (*place, "expression"))
        for _, field in PLACEHOLDER.findall("\n".join([rule.message, *rule.messages.values()])):
            if within(self.facts, field) is None:
                self._fact(field, (*place, "message"))
        self._demands(rule, rule.action, place)
        if len(self.problems) == before and (field := impossible(said(rule, self.expressions)[0])):
            words = f"expression: no value of {field} satisfies all that this rule asks of it. Correct it."
            self._say(words, (*place, "expression"))

    def _demands(self, one: Demanding, action: Ruling, place: Place) -> None:
        """Demands that fit their `action`; those of a rule stand beside it, those of the default under `default`."""
        named = ("action", (*place, "action")) if isinstance(one, Rule) else (DEFAULT_RULE, (*place[:-1], DEFAULT_RULE))
        if one.of_customer(action) and SEND_REPLY in (self.policy.applies_to or ()):
            words = f"the customer cannot be asked about a reply ({SEND_REPLY}). Write `{named[0]}: require_approval`."
            name, at = ("confirm", (*place, "confirm")) if one.confirm else named
            self._say(f"{name}: {words}", at)
        if one.confirm and action not in ASKS:
            words = f"confirm: the customer is not asked where the action is {action}. Write `{named[0]}: confirm`."
            self._say(words, (*place, "confirm"))
        if one.confirm_minutes is not None and one.of_customer(action) is None:
            self._say("confirm_minutes: nobody is asked. Write `confirm: always`, or remove it.", (*place, "confirm_minutes"))
        if action is Ruling.REQUIRE_APPROVAL:
            return
        for name in OF_PEOPLE:
            if name in one.model_fields_set:
                self._say(f"{name}: nobody is asked where the action is {action}. Remove the {name}.", (*place, name))

    def _condition(self, condition: Condition, place: Place, rule: Rule) -> None:
        match condition:
            case Comparison():
                self._comparison(condition, place, rule)
            case AllOf(all=parts):
                before = len(self.problems)
                for index, part in enumerate(parts):
                    self._condition(part, (*place, "all", index), rule)
                if len(self.problems) == before and (field := impossible(conjuncts(condition)[0])):
                    self._say(f"all: no value of {field} satisfies all of these. Correct one of them.", (*place, "all"))
            case AnyOf(any=parts):
                for index, part in enumerate(parts):
                    self._condition(part, (*place, "any", index), rule)

    def _comparison(self, one: Comparison, place: Place, rule: Rule) -> None:
        if not self._fact(one.field, (*place, "field")):
            return
        shape = self.facts[one.field]
        if shape not in PLAIN:
            words = f"field: {one.field} is {kind(shape)} ({shape.value}); ask for it in an expression, for example "
            self._say(f"{words}{_asked_for(one.field, shape)}.", (*place, "field"))
            return
        if one.operator not in _OPERATORS[shape]:
            fitting = ", ".join(sorted(_OPERATORS[shape]))
            words = f"operator: {one.operator} does not fit {one.field}, which is a {shape.value}. Fitting: {fitting}."
            self._say(words, (*place, "operator"))
        for value in one.value if isinstance(one.value, list) else [one.value]:
            self._type(one.field, value, (*place, "value"))
        if one.operator is Operator.REQUIRES_APPROVAL and rule.action is Ruling.ALLOW:
            words = "operator: requires_approval contradicts the action allow. Use greater_or_equal, or another action."
            self._say(words, (*place, "operator"))

    def _fact(self, field: str, place: Place) -> bool:
        if field not in self.facts:
            self._say(f"{field!r} is no fact of this business. {nearest(field, self.facts)}.{self._hint(field)}", place)
        return field in self.facts

    def _hint(self, words: str) -> str:
        name = words.partition(" ")[0]
        if "." in name and within(self.facts, name) is not None:
            return f" It is a field of an object: ask for it in an expression, for example {name} == …"
        several = len(self.policy.applies_to or ()) > 1 and ARGUMENTS in words.partition(", which")[0]
        return " An argument must be one of every tool in applies_to; else write a file for each." if several else ""

    def _type(self, field: str, value: object, place: Place) -> None:
        shape = self.facts[field]
        for at, words in misfits(shape, value, field):
            right = f", which this fact is. Write a {shape.value}." if shape in PLAIN else "."
            self._say(words + right, (*place, *at))

    def _expression(self, source: str, place: Place) -> None:
        try:
            compiled = compile_expression(source, self.facts, self.world)
        except DefinitionInvalid as error:
            self._say(f"expression: {error}.{self._hint(str(error))}", place)
            return
        if not compiled.fields | compiled.optional and self.policy.applies_to is None:
            words = "expression: names no fact, so it would rule on everything. Name a fact, or say applies_to."
            self._say(words, place)
        self.expressions[source] = compiled

    def _doubles(self) -> None:
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

    def _shadows(self) -> None:
        for index, rule in enumerate(self.policy.rules.rules):
            if rule.action is not Ruling.ALLOW:
                continue
            other = outdone(rule, self.policy.rules.rules, self.expressions)
            if other:
                words = (
                    f"rule {rule.id} can never allow anything: wherever it holds, rule {other.id} holds too, which says "
                    f"{other.action}, and the strictest wins. Correct one of them, or remove it."
                )
                self._say(words, (*_RULES, index, "id"))

    def _example_facts(self) -> None:
        self._facts(self.policy.given, ("given",))
        for index, example in enumerate(self.policy.examples):
            self._facts(example.facts, ("examples", index, "facts"))
            self._tool(example.tool, ("examples", index, "tool"))

    def _facts(self, facts: Mapping[str, object], place: Place) -> None:
        try:
            by_name = flat(facts, objects(self.facts))
        except ValueError as error:
            self._say(f"{place[-1]}: {error}.", place)
            return
        for field, value in by_name.items():
            at = (*place, *steps(facts, field))
            if self._fact(field, at) and value is not None:
                self._type(field, value, at)

    def _examples(self) -> None:
        for index, trial in enumerate(tried(self.policy, self.expressions, self.known)):
            example = trial.example
            if trial.ruling is not example.expect:
                words = f"expects {example.expect}, but the file rules {trial.ruling} ({trial.because})"
                self._example(index, example.name, words, "expect")
            elif not trial.passed:
                words = f"expects {in_turn(example.asked or [])} to be asked, but the file asks otherwise ({trial.because})"
                self._example(index, example.name, words, "asked")

    def _example(self, index: int, name: str, words: str, field: str) -> None:
        self._say(f"example {name!r} {words}. Correct the rules or the example.", ("examples", index, field))


def _asked_for(field: str, shape: Shape) -> str:
    match long(shape):
        case FactType.MONEY:
            return f"{field} > '50 USD'"
        case FactType.DURATION:
            return f"{field} > '36h'"
        case FactType.DATE | FactType.TIME:
            return f"{field} < {'date(now)' if shape is FactType.DATE else 'now'}"
        case ListOf(item=Object(fields=fields)):
            return f"{field}.exists(x, x.{min(fields, default='…')} == …)"
        case Object(fields=fields):
            return f"{field}.{min(fields, default='…')} == …"
        case MapOf():
            return f"{field}['…'] == …"
        case _:
            return f"'x' in {field}"


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
