"""CEL over a proposal's facts, with exact numbers.

Facts are texts, flags and numbers, so what is taken here is the part of CEL that makes sense of these: comparisons,
arithmetic, `in`, `&& || ! ?:`, lists with `all`, `exists` and `exists_one`, and the functions of `FUNCTIONS`. Every number
is a `Decimal`, in facts and in literals: CEL's own doubles refuse `amount == 100` and round `0.1 * 3`.
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

import celpy
import lark
from celpy import celtypes
from celpy.celparser import CELParseError
from celpy.evaluation import CELEvalError, CELFunction, Evaluator

from handrail.business import FactType
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policies import Plain

# celpy writes every value it meets to its debug log, and facts are customers' data.
logging.getLogger("celpy").setLevel(logging.WARNING)

FUNCTIONS = frozenset({"size", "contains", "startsWith", "endsWith", "matches"})
MACROS = frozenset({"all", "exists", "exists_one"})
_REFUSED = {
    "member_dot": "facts have no fields of their own",
    "member_object": "there are no objects here",
    "map_lit": "there are no maps here",
    "dot_ident": "a name does not start with a dot",
    "dot_ident_arg": "a name does not start with a dot",
}
_PROBES: dict[FactType, tuple[Plain, ...]] = {
    FactType.NUMBER: (Decimal(1), Decimal(0)),
    FactType.TEXT: ("text",),
    FactType.FLAG: (True, False),
}
_MOST_PROBES = 64


def _same_kind(name: str, compare: Callable[[Any, Any], bool]) -> CELFunction:
    def apply(left: Any, right: Any) -> Any:
        if isinstance(left, CELEvalError):
            return left
        if isinstance(right, CELEvalError):
            return right
        if type(left) is not type(right):
            raise TypeError(f"{name}: a {_kind(left)} and a {_kind(right)} cannot be compared")
        return celtypes.BoolType(bool(compare(left, right)))

    return apply


def _member(item: Any, items: Any) -> Any:
    if isinstance(item, CELEvalError):
        return item
    if not isinstance(items, celtypes.ListType) or any(type(one) is not type(item) for one in items):
        raise TypeError(f"in: a {_kind(item)} needs a list of its own kind")
    return celtypes.BoolType(item in list(items))


def _size(value: Any) -> Any:
    if isinstance(value, CELEvalError):
        return value
    return Decimal(len(value))


def _kind(value: Any) -> str:
    names = {Decimal: "number", celtypes.StringType: "text", celtypes.BoolType: "flag", celtypes.ListType: "list"}
    return names.get(type(value), type(value).__name__)


_EXACT: dict[str, CELFunction] = {
    **{
        f"_{name}_": _same_kind(name, compare)
        for name, compare in {
            "<": operator.lt,
            "<=": operator.le,
            ">": operator.gt,
            ">=": operator.ge,
            "==": operator.eq,
            "!=": operator.ne,
        }.items()
    },
    "_in_": _member,
    "size": _size,
}


class _Exact(Evaluator):
    """celpy's evaluator, but a number in the text is exact."""

    def literal(self, tree: lark.Tree[lark.Token]) -> Any:
        token = tree.children[0]
        if isinstance(token, lark.Token) and token.type in ("INT_LIT", "FLOAT_LIT"):
            return Decimal(int(token, 16)) if "0x" in token.lower() else Decimal(str(token))
        return super().literal(tree)

    def sub_evaluator(self, ast: lark.Tree[lark.Token]) -> Evaluator:
        return _Exact(ast, activation=self.activation)


class _Runner(celpy.Runner):
    def evaluate(self, context: Any) -> Any:
        return _Exact(self.ast, self.new_activation()).evaluate(context)


@dataclass(frozen=True, slots=True)
class CelExpression:
    """A compiled expression; `holds` may be called from any thread."""

    source: str
    fields: frozenset[str]
    runner: celpy.Runner

    def holds(self, facts: Mapping[str, Plain]) -> bool:
        """Whether it is true of `facts`, which hold every one of `fields`.

        Raises:
            InvalidInput: it has no value here (a division by zero), or one that is neither true nor false.
        """
        context = {name: _to_cel(value) for name, value in facts.items()}
        try:
            # A fact that no expression names keeps the context from being empty, which celpy would not set at all.
            value = self.runner.evaluate(context | {"_": celtypes.BoolType(True)})
        except Exception as error:  # whatever goes wrong inside, the answer is that it cannot be told
            raise InvalidInput(f"expression: {_reason(error)}") from error
        if not isinstance(value, celtypes.BoolType):
            raise InvalidInput(f"expression: it gives a {_kind(value)}, neither true nor false")
        return bool(value)


def compile_expression(source: str, facts: Mapping[str, FactType]) -> CelExpression:
    """The expression, checked against the declared facts and tried on values of their types.

    Raises:
        DefinitionInvalid: it does not parse, names what is not known, or has no true or false value for any value tried.
    """
    environment = celpy.Environment(runner_class=_Runner)
    try:
        tree = environment.compile(source)
    except CELParseError as error:
        raise DefinitionInvalid(f"does not parse near character {error.column or 1}. Correct it there") from error
    except RecursionError as error:
        raise DefinitionInvalid("is nested too deeply. Split it into several rules") from error
    fields = _check_names(tree, facts)
    expression = CelExpression(source, fields, environment.program(tree, functions=_EXACT))
    _try(expression, facts)
    return expression


def _check_names(tree: lark.Tree[lark.Token], facts: Mapping[str, FactType]) -> frozenset[str]:
    bound, named, called = set[str](), set[str](), set[str]()
    for node in tree.iter_subtrees():
        if node.data in _REFUSED:
            raise DefinitionInvalid(f"cannot be used: {_REFUSED[str(node.data)]}. Compare facts with values")
        if node.data == "member_dot_arg":
            method = str(node.children[1])
            called.add(method)
            if method in MACROS:
                bound.add(_variable(node))
        elif node.data == "ident_arg":
            called.add(str(node.children[0]))
        elif node.data == "ident":
            named.add(str(node.children[0]))
    if strange := sorted(called - FUNCTIONS - MACROS):
        known = ", ".join(sorted(FUNCTIONS | MACROS))
        raise DefinitionInvalid(f"calls {', '.join(strange)}, which is not known here. Known: {known}")
    if shadowing := sorted(bound & set(facts)):
        raise DefinitionInvalid(f"uses {', '.join(shadowing)} as a variable, which is a fact. Rename the variable")
    if unknown := sorted(named - bound - set(facts)):
        raise DefinitionInvalid(f"names {', '.join(unknown)}, which is no fact. Known: {', '.join(sorted(facts))}")
    return frozenset(named - bound)


def _variable(macro: lark.Tree[lark.Token]) -> str:
    """The variable of `list.all(x, …)`: the first name among its arguments."""
    arguments = macro.children[2] if len(macro.children) > 2 else None
    if not isinstance(arguments, lark.Tree):
        return ""
    return str(next(arguments.scan_values(lambda leaf: isinstance(leaf, lark.Token) and leaf.type == "IDENT"), ""))


def _try(expression: CelExpression, facts: Mapping[str, FactType]) -> None:
    """CEL tells types apart only while it runs; an expression that no values satisfy is a mistake in the file."""
    names = sorted(expression.fields)
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


def _to_cel(value: Plain) -> Any:
    if isinstance(value, bool):
        return celtypes.BoolType(value)
    return celtypes.StringType(value) if isinstance(value, str) else value


def _reason(error: Exception) -> str:
    """celpy's arguments are (words, kind, the cause's own arguments); the cause is the one a person understands."""
    words = str(error.args[0]) if error.args else type(error).__name__
    if isinstance(error, ArithmeticError) or isinstance(error.__cause__, ArithmeticError):
        return "it divides by zero"
    cause = error.args[2] if isinstance(error, CELEvalError) and len(error.args) > 2 else None
    found = cause[0] if isinstance(cause, tuple) and cause else words
    return found.decode(errors="replace") if isinstance(found, bytes) else str(found)
