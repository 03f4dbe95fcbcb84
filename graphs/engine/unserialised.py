"""Checkpoints of a graph that is played step by step within one process, without its machine."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

from graphs.engine.checks import check


class Unserialised:
    """A serialiser for checkpoints that live as long as their process: values are kept as they are."""

    def dumps_typed(self, obj: Any) -> tuple[str, Any]:
        """The value itself."""
        return "kept", obj

    def loads_typed(self, data: tuple[str, Any]) -> Any:
        """The value itself."""
        return data[1]


def in_memory(graph: Any) -> Any:
    """Return the graph compiled to be played step by step.

    Raises:
        ValueError: the graph cannot run every turn, see `graphs.engine.checks`.
    """
    check(graph)
    return graph.compile(checkpointer=InMemorySaver(serde=Unserialised()))
