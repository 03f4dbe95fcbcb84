"""Checks of a case graph before it runs: what LangGraph would find out in the middle of a customer's turn, or never."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin, get_type_hints

from langgraph.channels import BinaryOperatorAggregate, LastValue


def check(graph: Any) -> None:
    """Refuse a graph that cannot run every turn.

    Raises:
        ValueError: a field is no plain one, has no reducer of two arguments, or is in a node's view alone; or a router may
            lead to a node that its edge does not list.
    """
    for name, channel in graph.channels.items():
        if name not in graph.state_schema.model_fields:
            raise ValueError(f"{name}: is in a node's view and not in {graph.state_schema.__name__}. Add the field there.")
        if not isinstance(channel, (LastValue, BinaryOperatorAggregate)):
            kind = type(channel).__name__
            raise ValueError(f"{name}: is a {kind}, which a case's state cannot hold. Use a plain field or a reducer.")
    if graph.managed:
        raise ValueError(f"{', '.join(graph.managed)}: managed values are no part of a case's state.")
    for node, branches in graph.branches.items():
        for name, branch in branches.items():
            for end in promised(branch.path):
                if branch.ends and end not in branch.ends:
                    raise ValueError(f"{name}: may lead to {end}, which the edge of {node} does not list. Add it there.")


def promised(path: Any) -> tuple[Any, ...]:
    """Return the nodes that a router says it leads to, by its annotation; none where it says nothing."""
    router = getattr(path, "func", None) or getattr(path, "afunc", None)
    try:
        said = get_type_hints(router).get("return") if router else None
    except (NameError, TypeError):  # made within a function, or no function: its annotation cannot be read
        said = None
    return get_args(said) if get_origin(said) is Literal else ()
