"""Finds imports and names that a deterministic module may not use, however they are spelled."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from tests.guard.rules import BUILTINS, CLOCKS, DUNDERS, INSTEAD, NEVER, ONLY, VALUES, Folder

Found = tuple[ast.AST, str]


def names(tree: ast.Module, rules: Folder) -> Iterator[Found]:
    """Yield every forbidden import, name and attribute."""
    bound, own = bindings(tree), {id(node) for node in _own(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, forbidden(one.name)) for one in node.names if not rules.may_import(one.name))
        elif isinstance(node, ast.ImportFrom):
            yield from _imported(node, rules)
        elif isinstance(node, ast.Name):
            if node.id in rules.builtins and isinstance(node.ctx, ast.Load) and node.id not in bound and id(node) not in own:
                yield node, f"{node.id} differs between runs or reaches the world"
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node, node.attr, node.value, bound, rules)
        elif isinstance(node, ast.Call):
            yield from _looked_up(node, bound, rules)


def _own(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield names that stand for a function's own variable, or in a decorator for another method of the class."""
    for owner in ast.walk(tree):
        if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = list(ast.walk(owner))
            own = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
            own |= {node.arg for node in inside if isinstance(node, ast.arg)}
        elif isinstance(owner, ast.ClassDef):
            methods = [node for node in owner.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
            inside = [inner for method in methods for one in method.decorator_list for inner in ast.walk(one)]
            own = {node.name for node in methods}
        else:
            continue
        yield from (node for node in inside if isinstance(node, ast.Name) and node.id in own)


def bindings(tree: ast.Module) -> dict[str, str]:
    """Map each imported name to what it stands for."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(
                {
                    one.asname or one.name.split(".")[0]: one.name if one.asname else one.name.split(".")[0]
                    for one in node.names
                }
            )
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update({one.asname or one.name: f"{node.module}.{one.name}" for one in node.names})
    return found


def dotted(node: ast.AST, bound: dict[str, str]) -> str | None:
    """Give the full name of an imported thing or a part of it."""
    if isinstance(node, ast.Name):
        return bound.get(node.id)
    if isinstance(node, ast.Attribute):
        base = dotted(node.value, bound)
        return f"{base}.{node.attr}" if base else None
    return None


def forbidden(name: str) -> str:
    """Say what is wrong with a name, and what would be right."""
    instead = INSTEAD.get(name.split(".")[0], "do it in an activity")
    return f"{name} is not deterministic; {instead}"


def _imported(node: ast.ImportFrom, rules: Folder) -> Iterator[Found]:
    if node.level:
        yield node, "a relative import hides what it names; write it in full"
        return
    module = node.module or ""
    for one in node.names:
        whole = f"{module}.{one.name}"
        if one.name == "*":
            yield node, f"from {module} import * hides what it names"
        elif (not rules.may_import(module) and not rules.may_import(whole)) or not _allowed(whole, rules):
            yield node, forbidden(whole)


def _allowed(whole: str, rules: Folder) -> bool:
    if any(whole == never or whole.startswith(f"{never}.") for never in NEVER):
        return False
    root, _, rest = whole.partition(".")
    member = rest.partition(".")[0]
    if root in ONLY and member and member not in ONLY[root] | rules.members:
        return False
    leaked = {root, member} <= sys.stdlib_module_names and member != root
    return not leaked or f"{root}.{member}" in VALUES | rules.modules


def _attribute(node: ast.AST, name: str, base: ast.expr, bound: dict[str, str], rules: Folder) -> Iterator[Found]:
    """`base.name`, or `getattr(base, "name")`."""
    origin = dotted(base, bound)
    whole = f"{origin}.{name}" if origin else None
    if name in CLOCKS and _last(base) not in rules.clocks and (origin is None or not origin.startswith("temporalio.workflow")):
        yield node, forbidden(whole or f"datetime.{name}")
    elif name in rules.doors:
        yield node, f".{name} reaches threads, files or the environment; do it in an activity"
    elif name in DUNDERS:
        yield node, f".{name} goes behind the names that are checked"
    elif whole and not _allowed(whole, rules):
        yield node, forbidden(whole)


def _looked_up(node: ast.Call, bound: dict[str, str], rules: Folder) -> Iterator[Found]:
    called = node.func
    if isinstance(called, ast.Attribute) and called.attr == "astimezone" and not node.args and not node.keywords:
        yield node, ".astimezone() without a zone takes the machine's; name one"
    if not isinstance(called, ast.Name) or called.id not in ("getattr", "setattr", "delattr") or len(node.args) < 2:
        return
    thing, name = node.args[:2]
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        if name.value in BUILTINS:
            yield node, f"{name.value} differs between runs or reaches the world"
        yield from _attribute(node, name.value, thing, bound, rules)
    elif (dotted(thing, bound) or "").split(".")[0] in sys.stdlib_module_names:
        yield node, f"{called.id} of a module hides what it names; write it out"


def _last(node: ast.expr) -> str | None:
    if isinstance(node, ast.Call):
        return _last(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None
