"""The comparisons that an expression consists of, as far as it is nothing but `a < 1 && b == 'x' && …`."""

from __future__ import annotations

from collections.abc import Mapping

import lark

from handrail.domain.policy.policies import Comparison, Operator, Plain
from handrail.domain.policy.shapes import PLAIN, FactType, Shape
from handrail.policies.language.trees import Tree, bare, literal_of, name_of

_OPERATORS = {
    "relation_lt": Operator.LESS_THAN,
    "relation_le": Operator.LESS_OR_EQUAL,
    "relation_gt": Operator.GREATER_THAN,
    "relation_ge": Operator.GREATER_OR_EQUAL,
    "relation_eq": Operator.EQUALS,
    "relation_ne": Operator.NOT_EQUALS,
}
_MIRRORED = {
    Operator.LESS_THAN: Operator.GREATER_THAN,
    Operator.LESS_OR_EQUAL: Operator.GREATER_OR_EQUAL,
    Operator.GREATER_THAN: Operator.LESS_THAN,
    Operator.GREATER_OR_EQUAL: Operator.LESS_OR_EQUAL,
}


def conjunction(tree: Tree, facts: Mapping[str, Shape]) -> tuple[list[Comparison], bool]:
    """Comparisons that hold wherever the expression does, and whether they are all that it says."""
    found: list[Comparison] = []
    exact = True
    for part in _parts(bare(tree)):
        comparison = _comparison(part, facts)
        if comparison is None:
            exact = False
        else:
            found.append(comparison)
    return found, exact


def _parts(node: Tree) -> list[Tree]:
    node = bare(node)
    trees = [child for child in node.children if isinstance(child, lark.Tree)]
    if node.data == "conditionaland" and len(trees) == 2:
        return [*_parts(trees[0]), *_parts(trees[1])]
    return [node]


def _comparison(node: Tree, facts: Mapping[str, Shape]) -> Comparison | None:
    name = name_of(node)
    if name is not None:
        return Comparison(field=name, operator=Operator.EQUALS, value=True) if facts.get(name) is FactType.FLAG else None
    trees = [child for child in node.children if isinstance(child, lark.Tree)]
    if node.data == "unary" and len(trees) == 2 and trees[0].data == "unary_not":
        name = name_of(bare(trees[1]))
        flag = name is not None and facts.get(name) is FactType.FLAG
        return Comparison(field=name, operator=Operator.EQUALS, value=False) if name is not None and flag else None
    if node.data != "relation" or len(trees) != 2:
        return None
    left, right = bare(_only(trees[0])), bare(trees[1])
    if trees[0].data == "relation_in":
        return _membership(_plain(name_of(left), facts), right)
    operator = _OPERATORS[str(trees[0].data)]
    return _against(_plain(name_of(left), facts), operator, literal_of(right)) or _against(
        _plain(name_of(right), facts), _MIRRORED.get(operator, operator), literal_of(left)
    )


def _plain(name: str | None, facts: Mapping[str, Shape]) -> str | None:
    """The name of a fact whose values are what they are written as: '50 USD' and '50.00 USD' are one sum."""
    return name if name is not None and facts.get(name) in PLAIN else None


def _only(node: Tree) -> Tree:
    return next(child for child in node.children if isinstance(child, lark.Tree))


def _against(name: str | None, operator: Operator, value: Plain | None) -> Comparison | None:
    if name is None or value is None:
        return None
    return Comparison(field=name, operator=operator, value=value)


def _membership(name: str | None, node: Tree) -> Comparison | None:
    if name is None or node.data != "list_lit":
        return None
    items = [literal_of(one) for child in node.children if isinstance(child, lark.Tree) for one in _items(child)]
    values = [one for one in items if one is not None]
    if not values or len(values) != len(items):
        return None
    return Comparison(field=name, operator=Operator.IN, value=values)


def _items(node: Tree) -> list[Tree]:
    return [child for child in node.children if isinstance(child, lark.Tree)]
