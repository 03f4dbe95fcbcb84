"""Models built ahead: else each is built when it is first used, which is what a command wants."""

from __future__ import annotations

from pydantic import BaseModel

from handrail.domain.base import Model, Stored


def build_models() -> None:
    """Build every model that is loaded by now: two threads that first use one at the same moment must not build it."""
    waiting: list[type[BaseModel]] = [Model, Stored]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        kind.model_rebuild()
