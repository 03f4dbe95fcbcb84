"""Finds loops over sets: text hashes are seeded per process, so a replay would see another order."""

from __future__ import annotations

import ast
from collections.abc import Iterator

SETS = ("set", "frozenset")
ANNOTATED = (*SETS, "Set", "AbstractSet", "MutableSet")
JOINED = ("union", "intersection", "difference", "symmetric_difference")
ORDERED = (
    "list",
    "tuple",
    "enumerate",
    "iter",
    "zip",
    "map",
    "filter",
    "dict",
    "deque",
    "fromkeys",
    "join",
    "extend",
    "reversed",
)
"""Calls that keep the order of what they are given."""
UNORDERED = ("sorted", "any", "all", "sum", "min", "max", "len", *SETS)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def order(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield every place where a set's own order would count."""
    known = _Known(tree)
    for node in ast.walk(tree):
        for one in _sequences(node):
            if known.is_set(one):
                yield one, "the order of a set differs between processes; loop over sorted(…)"
        called = node.func if isinstance(node, ast.Call) and not node.args else None
        if isinstance(called, ast.Attribute) and called.attr == "pop" and known.is_set(called.value):
            yield node, "pop() takes any member of a set; choose one by min or sorted"


def _sequences(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what the node goes through in order."""
    if isinstance(node, ast.For | ast.AsyncFor):
        yield node.iter
    elif isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp):
        yield from (one.iter for one in node.generators)
    elif isinstance(node, ast.Starred | ast.YieldFrom) or (
        isinstance(node, ast.Assign) and any(isinstance(one, ast.Tuple | ast.List) for one in node.targets)
    ):
        yield node.value
    elif isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ORDERED:
            yield from node.args


class _Known:
    """Names and attributes of a module that hold sets."""

    def __init__(self, tree: ast.Module) -> None:
        self._names: set[str] = set()
        self._safe = {id(inner) for node in ast.walk(tree) for inner in _unordered(node)}
        before = -1
        while before != len(self._names):
            before = len(self._names)
            for node in ast.walk(tree):
                self._note(node)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign) and self._made(node.value):
            self._names.update(ast.unparse(one) for one in node.targets)
        elif isinstance(node, ast.AnnAssign) and _annotated(node.annotation):
            self._names.add(ast.unparse(node.target))
        elif isinstance(node, ast.arg) and node.annotation and _annotated(node.annotation):
            self._names.add(node.arg)
        elif isinstance(node, ast.NamedExpr) and self._made(node.value):
            self._names.add(node.target.id)
        elif isinstance(node, Function) and node.returns and _annotated(node.returns):
            self._names.add(f"{node.name}()")

    def is_set(self, node: ast.expr) -> bool:
        """Whether the expression is a set whose order counts here."""
        return id(node) not in self._safe and self._made(node)

    def _made(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Set | ast.SetComp):
            return True
        if isinstance(node, ast.Name | ast.Attribute):
            return ast.unparse(node) in self._names
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, ast.BitOr | ast.BitAnd | ast.BitXor | ast.Sub) and (
                self._made(node.left) or self._made(node.right)
            )
        if isinstance(node, ast.IfExp):
            return self._made(node.body) or self._made(node.orelse)
        if isinstance(node, ast.BoolOp):
            return any(self._made(one) for one in node.values)
        if isinstance(node, ast.Call):
            return self._given(node.func)
        return False

    def _given(self, called: ast.expr) -> bool:
        if isinstance(called, ast.Name):
            return called.id in SETS or f"{called.id}()" in self._names
        if not isinstance(called, ast.Attribute):
            return False
        joined = called.attr in (*JOINED, "copy") and self._made(called.value)
        return joined or f"{called.attr}()" in self._names


def _annotated(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _annotated(node.left) or _annotated(node.right)
    if isinstance(node, ast.Subscript):
        inner = ast.unparse(node.value)
        return (inner in ("Final", "ClassVar", "Optional") and _annotated(node.slice)) or _annotated(node.value)
    return ast.unparse(node).rpartition(".")[2] in ANNOTATED


def _unordered(node: ast.AST) -> Iterator[ast.AST]:
    """Yield comprehensions' sources whose order gets lost at once: sorted, counted, or a set again."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNORDERED:
        for one in node.args:
            if isinstance(one, ast.GeneratorExp | ast.ListComp):
                yield from (part.iter for part in one.generators)
