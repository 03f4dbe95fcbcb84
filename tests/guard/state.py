"""Finds state of modules and classes that cases would share in a worker, and replays would not see."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.guard.forbidden import bindings
from tests.guard.rules import PROJECT

DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
MADE = frozenset(
    [
        "list",
        "dict",
        "set",
        "bytearray",
        "iter",
        "zip",
        "map",
        "filter",
        "reversed",
        "enumerate",
        "defaultdict",
        "deque",
        "Counter",
        "OrderedDict",
        "ChainMap",
        "UserDict",
        "UserList",
        "count",
        "cycle",
        "repeat",
        "chain",
        "fromkeys",
        "copy",
        "local",
        "ContextVar",
        "Queue",
        "Event",
        "Lock",
        "Condition",
        "Semaphore",
        "Future",
    ]
)
FROZEN = frozenset(
    ["Mapping", "Sequence", "Set", "AbstractSet", "Collection", "Iterable", "tuple", "frozenset", "Tuple", "FrozenSet"]
)
CHANGES = frozenset(
    [
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "extendleft",
        "insert",
        "move_to_end",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "reverse",
        "rotate",
        "setdefault",
        "sort",
        "subtract",
        "update",
        "__setitem__",
        "__delitem__",
    ]
)
WORDS = "cases would share it; annotate it as a Mapping, Sequence or frozenset, or keep it in the case"


def state(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield every container that could change outside a case, and every change of one."""
    yield from changes(tree)
    owners: list[ast.Module | ast.ClassDef] = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    for owner in owners:
        yield from (found for node in owner.body for found in _kept(node, in_class=isinstance(owner, ast.ClassDef)))


def changes(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield every change of what is no case's own."""
    outside = {name.id for node in _own(tree) for name in ast.walk(node) if isinstance(name, ast.Name)}
    outside |= {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    outside |= {name for name, whole in bindings(tree).items() if whole.split(".")[0] in PROJECT}
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield node, f"global {', '.join(node.names)}: cases would share it"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _changed(node, outside)


def _own(tree: ast.Module) -> Iterator[ast.expr]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from node.targets
        elif isinstance(node, ast.AnnAssign):
            yield node.target


def _kept(node: ast.stmt, *, in_class: bool) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(node, ast.If | ast.Try | ast.With):
        inner = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
        yield from (found for one in inner for found in _kept(one, in_class=in_class))
    elif isinstance(node, ast.Assign) and _mutable(node.value):
        names = [ast.unparse(one) for one in node.targets]
        if not all(name in ("__all__", "__slots__", "model_config") for name in names):
            yield node, f"{', '.join(names)}: {WORDS}"
    elif isinstance(node, ast.AnnAssign) and node.value and _mutable(node.value):
        own_per_object = in_class and "ClassVar" not in ast.unparse(node.annotation)
        if not own_per_object and not _frozen(node.annotation):
            yield node, f"{ast.unparse(node.target)}: {WORDS}"


def _mutable(node: ast.expr) -> bool:
    if isinstance(node, DISPLAYS):
        return True
    if isinstance(node, ast.IfExp | ast.BoolOp):
        return any(_mutable(one) for one in ([node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values))
    if isinstance(node, ast.BinOp):
        return _mutable(node.left) or _mutable(node.right)
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in MADE
    return False


def _frozen(node: ast.expr) -> bool:
    """Whether the type refuses changes, so that mypy finds each."""
    if isinstance(node, ast.Subscript):
        if ast.unparse(node.value).rpartition(".")[2] in ("Final", "ClassVar"):
            return _frozen(node.slice)
        return _frozen(node.value)
    return ast.unparse(node).rpartition(".")[2] in FROZEN


def _changed(function: ast.AST, outside: set[str]) -> Iterator[tuple[ast.AST, str]]:
    args = [one.arg for one in ast.walk(function) if isinstance(one, ast.arg)]
    stored = [one.id for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
    shared = outside - {*args, *stored}
    for node in ast.walk(function):
        stored_to = isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del)
        if stored_to and _root(node) in shared:
            yield node, f"{ast.unparse(node)} changes what cases share"
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in CHANGES and _root(called.value) in shared:
            yield node, f"{ast.unparse(called)} changes what cases share"


def _root(node: ast.AST) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
