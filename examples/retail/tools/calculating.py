"""The tool `calculate`: sums, and nothing else that an expression could be made to do."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from math import isfinite
from typing import Any

from examples.retail.tools.arguments import Calculation
from handrail.business import Call
from handrail.domain.errors import BusinessRefused

BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
UNARY: dict[type[ast.unaryop], Callable[[float], float]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


def value(node: ast.expr) -> float:
    """Work out a part of an expression. Raises: ValueError: it is no sum of numbers."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return BINARY[type(op)](value(left), value(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            return UNARY[type(op)](value(operand))
    raise ValueError("is no sum")


async def calculate(_: Call, arguments: Calculation) -> dict[str, Any]:
    """The result to two decimals.

    Raises:
        BusinessRefused: `not_a_sum`.
    """
    try:
        found = value(ast.parse(arguments.expression.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError):
        found = float("nan")
    if not isfinite(found):
        raise BusinessRefused("not_a_sum", "expression: take numbers with + - * / and parentheses, for example 2 * (3.5 + 1).")
    return {"result": str(round(found, 2))}
