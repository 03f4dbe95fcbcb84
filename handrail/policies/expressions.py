"""CEL over a proposal's facts, checked when it is read.

Facts are texts, flags, numbers and lists of them, so what is taken here is the part of CEL that makes sense of these:
comparisons, arithmetic, `in`, `&& || ! ?:`, lists with `all`, `exists` and `exists_one`, `has` and the functions of
`FUNCTIONS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

import celpy
import lark
from celpy.celparser import CELParseError

from handrail.business import FactType
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policy.policies import Comparison, Value
from handrail.policies.cel import EXACT, Runner, evaluate
from handrail.policies.conjunctions import conjunction
from handrail.policies.names import nearest
from handrail.policies.trees import Tree, bare, name_of

HAS = "has"
FUNCTIONS = frozenset({"size", "contains", "startsWith", "endsWith", "matches"})
MACROS = frozenset({"all", "exists", "exists_one"})
_REFUSED = {
    "member_dot": "only facts have names with a dot",
    "member_object": "there are no objects here",
    "map_lit": "there are no maps here",
    "dot_ident": "a name does not start with a dot",
    "dot_ident_arg": "a name does not start with a dot",
}
_PROBES: dict[FactType, tuple[Value, ...]] = {
    FactType.NUMBER: (Decimal(1), Decimal(0)),
    FactType.TEXT: ("text",),
    FactType.FLAG: (True, False),
    FactType.NUMBERS: ([Decimal(1)], []),
    FactType.TEXTS: (["text"], []),
}
_MOST_PROBES = 64


@dataclass(frozen=True, slots=True)
class CelExpression:
    """A compiled expression; `holds` may be called from any thread.

    It is true only where all of `conditions` are; where it is `exact`, it says nothing else.
    """

    source: str
    fields: frozenset[str]
    optional: frozenset[str]
    runner: celpy.Runner
    conditions: tuple[Comparison, ...] = ()
    exact: bool = False

    def holds(self, facts: Mapping[str, Value]) -> bool:
        """Whether it is true of `facts`, which hold every one of `fields`.

        Raises:
            InvalidInput: it has no value here (a division by zero), or one that is neither true nor false.
        """
        return evaluate(self.runner, facts)


def compile_expression(source: str, facts: Mapping[str, FactType]) -> CelExpression:
    """The expression, checked against the declared facts and tried on values of their types.

    Raises:
        DefinitionInvalid: it does not parse, names what is not known, or has no true or false value for any value tried.
    """
    environment = celpy.Environment(runner_class=Runner)
    try:
        tree = environment.compile(source)
    except CELParseError as error:
        raise DefinitionInvalid(f"does not parse near character {error.column or 1}. Correct it there") from error
    except RecursionError as error:
        raise DefinitionInvalid("is nested too deeply. Split it into several rules") from error
    names = _Names(facts)
    names.read(tree)
    conditions, exact = conjunction(tree, facts)
    expression = CelExpression(
        source=source,
        fields=frozenset(names.needed),
        optional=frozenset(names.asked - names.needed),
        runner=environment.program(tree, functions=EXACT),
        conditions=tuple(conditions),
        exact=exact,
    )
    _try(expression, facts)
    return expression


class _Names:
    """The facts that an expression needs, and those that it asks for with `has(...)` anywhere before it uses them."""

    def __init__(self, facts: Mapping[str, FactType]) -> None:
        self._facts = facts
        self._bound: set[str] = set()
        self.needed: set[str] = set()
        self.asked: set[str] = set()

    def read(self, tree: Tree) -> None:
        """Raises: DefinitionInvalid: a construct, function or name that is not known here."""
        called = {str(node.children[1]) for node in tree.find_data("member_dot_arg")}
        called |= {str(node.children[0]) for node in tree.find_data("ident_arg")}
        if strange := sorted(called - FUNCTIONS - MACROS - {HAS}):
            known = ", ".join(sorted(FUNCTIONS | MACROS | {HAS}))
            raise DefinitionInvalid(f"calls {', '.join(strange)}, which is not known here. Known: {known}")
        self._bound = {_variable(node) for node in tree.find_data("member_dot_arg") if str(node.children[1]) in MACROS}
        roots = {name.partition(".")[0] for name in self._facts}
        if shadowing := sorted(self._bound & roots):
            raise DefinitionInvalid(f"uses {', '.join(shadowing)} as a variable, which is a fact. Rename the variable")
        self._walk(tree)
        # What is asked for once may be missing wherever it is used: used without asking, the expression fails and blocks.
        self.needed -= self.asked

    def _walk(self, node: Tree) -> None:
        name = name_of(node)
        if name is not None:
            self._name(name, self.needed)
        elif node.data == "ident_arg" and str(node.children[0]) == HAS:
            self._has(node)
        elif node.data in _REFUSED:
            raise DefinitionInvalid(f"cannot be used: {_REFUSED[str(node.data)]}. Compare facts with values")
        else:
            for child in _trees(node):
                self._walk(child)

    def _has(self, node: Tree) -> None:
        name = next((name_of(bare(child)) for child in _trees(node)), None)
        if name is None or "." not in name:
            raise DefinitionInvalid("has(...) takes one name with a dot, for example has(proposal.arguments.reason)")
        self._name(name, self.asked)

    def _name(self, name: str, among: set[str]) -> None:
        if name in self._bound:
            return
        if name not in self._facts:
            raise DefinitionInvalid(f"names {name}, which is no fact. {nearest(name, self._facts)}")
        among.add(name)


def _trees(node: Tree) -> Iterator[Tree]:
    return (child for child in node.children if isinstance(child, lark.Tree))


def _variable(macro: Tree) -> str:
    """The variable of `list.all(x, …)`: the first name among its arguments."""
    arguments = macro.children[2] if len(macro.children) > 2 else None
    if not isinstance(arguments, lark.Tree):
        return ""
    return str(next(arguments.scan_values(lambda leaf: isinstance(leaf, lark.Token) and leaf.type == "IDENT"), ""))


def _try(expression: CelExpression, facts: Mapping[str, FactType]) -> None:
    """CEL tells types apart only while it runs; an expression that no values satisfy is a mistake in the file."""
    names = sorted(expression.fields | expression.optional)
    last: InvalidInput | None = None
    for count, values in enumerate(product(*(_PROBES[facts[name]] for name in names))):
        if count == _MOST_PROBES:
            break
        try:
            expression.holds(dict(zip(names, values, strict=True)))
        except InvalidInput as error:
            last = error
        else:
            return
    raise DefinitionInvalid(f"has no true or false value: {str(last).removeprefix('expression: ')}. Compare like with like")
