"""Reading a parsed CEL expression: which node is a name, a literal, or nothing but a wrapping of another."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

import lark

from handrail.domain.policy.policies import Plain

Tree: TypeAlias = lark.Tree[lark.Token]


def name_of(node: Tree) -> str | None:
    """The whole name where a `member` is one, such as `case.turn`; None for everything else."""
    if node.data != "member":
        return None
    (inner,) = node.children
    if not isinstance(inner, lark.Tree):
        return None
    if inner.data == "member_dot":
        before, last = inner.children
        root = name_of(before) if isinstance(before, lark.Tree) else None
        return f"{root}.{last}" if root else None
    (primary,) = inner.children if inner.data == "primary" else (None,)
    if isinstance(primary, lark.Tree) and primary.data == "ident":
        return str(primary.children[0])
    return None


def bare(node: Tree) -> Tree:
    """The node without the wrappings and parentheses that change nothing."""
    while True:
        children = [child for child in node.children if child is not None]
        only = children[0] if len(children) == 1 else None
        if name_of(node) is not None or not isinstance(only, lark.Tree) or node.data in ("list_lit", "literal"):
            return node
        node = only


def literal_of(node: Tree) -> Plain | None:
    """The value of a plain literal; None for everything else. Numbers as they are written, exact."""
    node = bare(node)
    if node.data != "literal":
        return None
    token = node.children[0]
    if not isinstance(token, lark.Token):
        return None
    match token.type:
        case "INT_LIT" | "FLOAT_LIT":
            return Decimal(int(token, 16)) if "0x" in token.lower() else Decimal(str(token))
        case "BOOL_LIT":
            return str(token) == "true"
        case "STRING_LIT" if "\\" not in token and token[0] in "\"'":
            return str(token)[1:-1]
        case _:
            return None
