"""CEL with exact numbers: celpy's evaluator, but every number is a `Decimal`, in facts and in literals.

CEL's own doubles refuse `amount == 100` and round `0.1 * 3`.
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import celpy
import lark
from celpy import celtypes
from celpy.evaluation import CELEvalError, CELFunction, Evaluator

from handrail.domain.errors import InvalidInput
from handrail.domain.policy.policies import Value

# celpy writes every value it meets to its debug log, and facts are customers' data.
logging.getLogger("celpy").setLevel(logging.WARNING)


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


EXACT: dict[str, CELFunction] = {
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


class Runner(celpy.Runner):
    def evaluate(self, context: Any) -> Any:
        return _Exact(self.ast, self.new_activation()).evaluate(context)


def evaluate(runner: celpy.Runner, facts: Mapping[str, Value]) -> bool:
    """Whether the compiled expression is true of `facts`; a name with dots is a field within a field.

    Raises:
        InvalidInput: it has no value here (a division by zero), or one that is neither true nor false.
    """
    context: dict[str, Any] = {}
    for name, value in facts.items():
        *groups, last = name.split(".")
        inner = context
        for group in groups:
            inner = inner.setdefault(celtypes.StringType(group), celtypes.MapType({}))
        inner[celtypes.StringType(last)] = _to_cel(value)
    try:
        # A fact that no expression names keeps the context from being empty, which celpy would not set at all.
        answer: Any = runner.evaluate(context | {"_": celtypes.BoolType(True)})
    except Exception as error:  # whatever goes wrong inside, the answer is that it cannot be told
        raise InvalidInput(f"expression: {_reason(error)}") from error
    if isinstance(answer, CELEvalError):
        raise InvalidInput(f"expression: {_reason(answer)}")
    if not isinstance(answer, celtypes.BoolType):
        raise InvalidInput(f"expression: it gives a {_kind(answer)}, neither true nor false")
    return bool(answer)


def _to_cel(value: Value) -> Any:
    if isinstance(value, list):
        return celtypes.ListType([_to_cel(one) for one in value])
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
