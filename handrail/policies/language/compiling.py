"""An expression's parsed tree, made into a function whose types are checked.

celpy parses; what is worked out here is exact, knows the declared shape of every fact, and never lets an error hide behind an
operand that would settle the matter without it, unless that operand stands before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import lark
from celpy.evaluation import celstr

from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policy.shapes import FactType, ListOf, MapOf, Object, Shape, kind, long
from handrail.policies.language.functions import FUNCTIONS, HAS, MACROS, call
from handrail.policies.language.nodes import Path, RuleNode, RuleSources, Slots, elements, item_of, taken
from handrail.policies.language.operations import COMPARISONS, arithmetic, comparison, membership, negative
from handrail.policies.language.trees import Tree, name_of
from handrail.policies.names import nearest

_REFUSED = {
    "member_object": "there are no objects here",
    "map_lit": "there are no maps here",
    "dot_ident": "a name does not start with a dot",
    "dot_ident_arg": "a name does not start with a dot",
}


class Compiler:
    """Makes one expression; collects the facts that it needs and the parts of them, and those that it asks for with `has`."""

    def __init__(self, facts: Mapping[str, Shape], world: RuleSources) -> None:
        self._facts = facts
        self._roots = {name.partition(".")[0] for name in facts}
        self._world = world
        self._variables: dict[str, RuleNode] = {}
        self.slots = 1
        self.needed: set[str] = set()
        self.asked: set[str] = set()
        self.paths: set[Path] = set()
        self.asked_paths: set[Path] = set()

    def node(self, tree: Tree) -> RuleNode:
        """Raises: DefinitionInvalid: a construct, a function or a name that is not known here, or types that do not fit."""
        data, parts = str(tree.data), _trees(tree)
        if data in _REFUSED:
            raise DefinitionInvalid(f"cannot be used: {_REFUSED[data]}. Compare facts with values")
        name = name_of(tree)
        if name is not None:
            return self._name(name, asking=False)
        if data in ("expr", "conditionalor", "conditionaland", "relation", "addition", "multiplication") and len(parts) > 1:
            return self._operation(data, parts)
        match data:
            case "unary" if len(parts) > 1:
                return _not(self.node(parts[1])) if parts[0].data == "unary_not" else negative(self.node(parts[1]))
            case "literal":
                return _literal(tree.children[0])
            case "list_lit":
                return _list([self.node(one) for one in _arguments(tree, 0)])
            case "member_dot":
                return self._field(self.node(parts[0]), str(tree.children[1]), asking=False)
            case "member_dot_arg":
                return self._method(parts[0], str(tree.children[1]), _arguments(tree, 2))
            case "member_index":
                return _index(self.node(parts[0]), self.node(parts[1]))
            case "ident_arg":
                return self._call(str(tree.children[0]), _arguments(tree, 1))
        return self.node(parts[0])

    def _operation(self, data: str, parts: list[Tree]) -> RuleNode:
        if data == "expr":
            return _choice(*(self.node(one) for one in parts))
        if data in ("conditionalor", "conditionaland"):
            left, right = _flag(self.node(parts[0])), _flag(self.node(parts[1]))
            first, second = left.run, right.run
            if data == "conditionalor":
                return RuleNode(FactType.FLAG, lambda slots: first(slots) or second(slots))
            return RuleNode(FactType.FLAG, lambda slots: first(slots) and second(slots))
        name = str(parts[0].data)
        left, right = self.node(_trees(parts[0])[0]), self.node(parts[1])
        if name == "relation_in":
            return membership(left, right, self._world)
        make = comparison if name in COMPARISONS else arithmetic
        return make(name, left, right, self._world)

    def _call(self, name: str, given: list[Tree]) -> RuleNode:
        if name == HAS:
            return self._has(given)
        if name not in FUNCTIONS:
            raise _unknown(name)
        return call(name, [self.node(one) for one in given], self._world)

    def _method(self, receiver: Tree, name: str, given: list[Tree]) -> RuleNode:
        if name in MACROS:
            return self._macro(self.node(receiver), name, given)
        if name not in FUNCTIONS:
            raise _unknown(name)
        return call(name, [self.node(receiver), *(self.node(one) for one in given)], self._world)

    def _has(self, given: list[Tree]) -> RuleNode:
        tree = _inner(given[0]) if len(given) == 1 else None
        if (
            tree is None
            or tree.data not in ("member", "member_dot")
            or ((name := name_of(tree)) is not None and "." not in name)
        ):
            raise DefinitionInvalid("has(...) takes one name with a dot, for example has(proposal.arguments.reason)")
        if name is not None:
            return self._name(name, asking=True)
        dotted = tree if tree.data == "member_dot" else _trees(tree)[0]
        if dotted.data != "member_dot":
            raise DefinitionInvalid("has(...) takes one name with a dot, for example has(proposal.arguments.reason)")
        return self._field(self.node(_trees(dotted)[0]), str(dotted.children[1]), asking=True)

    def _name(self, name: str, *, asking: bool) -> RuleNode:
        root, *steps = name.split(".")
        if root in self._variables:
            return self._fields(self._variables[root], steps, asking=asking)
        whole = next(
            (name.rsplit(".", cut)[0] for cut in range(len(steps) + 1) if name.rsplit(".", cut)[0] in self._facts), None
        )
        if whole is None:
            raise DefinitionInvalid(f"names {name}, which is no fact. {nearest(name, self._facts)}")
        (self.asked if asking and whole == name else self.needed).add(whole)
        shape = long(self._facts[whole])

        def label(slots: Slots) -> str:
            return whole

        if asking and whole == name:
            return RuleNode(FactType.FLAG, lambda slots: slots[0].get(whole) is not None)
        node = RuleNode(shape, lambda slots: taken(shape, slots[0].get(whole), label, slots), label, (whole,))
        return self._fields(node, name[len(whole) + 1 :].split(".") if whole != name else [], asking=asking)

    def _fields(self, node: RuleNode, steps: list[str], *, asking: bool) -> RuleNode:
        for position, step in enumerate(steps):
            node = self._field(node, step, asking=asking and position == len(steps) - 1)
        return node

    def _field(self, outer: RuleNode, name: str, *, asking: bool) -> RuleNode:
        where = "".join(outer.path).replace("[]", "[…]") if outer.path else "this"
        if not isinstance(outer.shape, Object):
            more = ", whose elements have fields: ask with exists, all or filter" if isinstance(outer.shape, ListOf) else ""
            more = more or (f"; take a value of it with [{name!r}]" if isinstance(outer.shape, MapOf) else "")
            raise DefinitionInvalid(f"names {name} of {where}, which is {kind(outer.shape)}{more}")
        if name not in outer.shape.fields:
            raise DefinitionInvalid(f"names {where}.{name}, and there is no such field. {nearest(name, outer.shape.fields)}")
        shape = long(outer.shape.fields[name])
        path = (*outer.path, f".{name}") if outer.path else None
        if path:
            (self.asked_paths if asking else self.paths).add(path)

        def label(slots: Slots) -> str:
            return f"{outer.label(slots)}.{name}"

        inside = outer.run
        if asking:
            return RuleNode(FactType.FLAG, lambda slots: inside(slots).get(name) is not None)
        return RuleNode(shape, lambda slots: taken(shape, inside(slots).get(name), label, slots), label, path)

    def _macro(self, items: RuleNode, name: str, given: list[Tree]) -> RuleNode:
        if not isinstance(items.shape, ListOf | MapOf):
            raise DefinitionInvalid(f"{name}: goes through {kind(items.shape)}. Give it a list")
        variable = name_of(_inner(given[0])) if len(given) == 2 else None
        if variable is None or "." in variable:
            raise DefinitionInvalid(f"{name}: takes a variable and an expression, for example passengers.{name}(p, p.age < 2)")
        if variable in self._roots:
            raise DefinitionInvalid(f"uses {variable} as a variable, which is a fact. Rename the variable")
        at, self.slots = self.slots, self.slots + 2
        path = (*items.path, "[]") if items.path and isinstance(items.shape, ListOf) else None
        before = self._variables.get(variable)
        self._variables[variable] = RuleNode(
            item_of(items.shape), lambda slots: slots[at], lambda slots: f"{items.label(slots)}[{slots[at + 1]}]", path
        )
        body = self.node(given[1])
        self._variables.pop(variable)
        if before is not None:
            self._variables[variable] = before
        return _gone_through(name, items, body if name == "map" else _flag(body), at)


def _gone_through(name: str, items: RuleNode, body: RuleNode, at: int) -> RuleNode:
    """Every element is looked at, also where one settles the matter: what cannot be told must not hide behind it."""

    def each(slots: Slots) -> list[Any]:
        found = []
        for index, element in enumerate(list(elements(items, slots))):
            slots[at], slots[at + 1] = element, index
            found.append(body.run(slots))
        return found

    def kept(slots: Slots) -> list[Any]:
        every = list(elements(items, slots))
        return [one for one, keep in zip(every, each(slots), strict=True) if keep]

    if name == "map":
        return RuleNode(ListOf(body.shape), each, lambda slots: f"{items.label(slots)}.map(…)")
    if name == "filter":
        listed = items.shape if isinstance(items.shape, ListOf) else ListOf(FactType.TEXT)
        return RuleNode(listed, kept, lambda slots: f"{items.label(slots)}.filter(…)", items.path)
    tests: dict[str, Callable[[list[Any]], bool]] = {"all": all, "exists": any, "exists_one": lambda found: sum(found) == 1}
    test = tests[name]
    return RuleNode(FactType.FLAG, lambda slots: test(each(slots)))


def _index(outer: RuleNode, key: RuleNode) -> RuleNode:
    shape = outer.shape
    if (isinstance(shape, ListOf) and key.shape is FactType.NUMBER) or (
        isinstance(shape, MapOf) and key.shape is FactType.TEXT
    ):
        path = (*outer.path, "[]") if outer.path else None
    else:
        raise DefinitionInvalid(
            f"[…]: {kind(shape)} has nothing at {kind(key.shape)}. A list is counted from 0, a map asked by a text"
        )
    item = long(shape.item)

    def label(slots: Slots) -> str:
        return f"{outer.label(slots)}[{key.run(slots)}]"

    def run(slots: Slots) -> Any:
        found, at = outer.run(slots), key.run(slots)
        if isinstance(found, list):
            whole = at == at.to_integral_value() and 0 <= at < len(found)
            if not whole:
                raise InvalidInput(f"{label(slots)} is missing; it has {len(found)}, counted from 0")
            return taken(item, found[int(at)], label, slots)
        return taken(item, found.get(at), label, slots)

    return RuleNode(item, run, label, path)


def _literal(token: Any) -> RuleNode:
    match token.type:
        case "INT_LIT" | "FLOAT_LIT":
            number = Decimal(int(token, 16)) if "0x" in token.lower() else Decimal(str(token))
            return RuleNode(FactType.NUMBER, lambda slots: number)
        case "BOOL_LIT":
            flag = str(token) == "true"
            return RuleNode(FactType.FLAG, lambda slots: flag)
        case "STRING_LIT" | "MLSTRING_LIT":
            text = str(celstr(token))
            return RuleNode(FactType.TEXT, lambda slots: text, lambda slots: "the text", text=text)
        case "NULL_LIT":
            raise DefinitionInvalid("null cannot be compared. Ask has(...) for what may be missing")
    raise DefinitionInvalid(f"{token} cannot be used. Write a number, a text, true or false")


def _list(items: list[RuleNode]) -> RuleNode:
    shapes = {one.shape for one in items}
    if len(shapes) != 1:
        raise DefinitionInvalid(
            f"a list holds {' and '.join(sorted(kind(one) for one in shapes)) or 'nothing'}. Put one kind into it"
        )
    runs = [one.run for one in items]
    return RuleNode(ListOf(items[0].shape), lambda slots: [run(slots) for run in runs], lambda slots: "the list")


def _choice(condition: RuleNode, yes: RuleNode, no: RuleNode) -> RuleNode:
    test = _flag(condition).run
    if yes.shape != no.shape:
        raise DefinitionInvalid(f"? : gives {kind(yes.shape)} or {kind(no.shape)}. Give the same kind on both sides")
    first, second = yes.run, no.run
    return RuleNode(yes.shape, lambda slots: first(slots) if test(slots) else second(slots))


def _not(node: RuleNode) -> RuleNode:
    run = _flag(node).run
    return RuleNode(FactType.FLAG, lambda slots: not run(slots))


def _flag(node: RuleNode) -> RuleNode:
    if node.shape is not FactType.FLAG:
        raise DefinitionInvalid(f"{kind(node.shape)} stands where true or false belongs. Compare it with something")
    return node


def _unknown(name: str) -> DefinitionInvalid:
    known = sorted({*FUNCTIONS, *MACROS, HAS})
    return DefinitionInvalid(f"calls {name}, which is not known here. {nearest(name, known)}")


def _arguments(tree: Tree, at: int) -> list[Tree]:
    found = tree.children[at] if len(tree.children) > at else None
    return _trees(found) if isinstance(found, lark.Tree) else []


def _inner(tree: Tree) -> Tree:
    """The node inside wrappings that change nothing."""
    while (
        name_of(tree) is None
        and len(_trees(tree)) == 1
        and tree.data not in ("member_dot", "list_lit", "member_dot_arg", "ident_arg")
    ):
        tree = _trees(tree)[0]
    return tree


def _trees(node: Tree) -> list[Tree]:
    return [child for child in node.children if isinstance(child, lark.Tree)]
