"""The port to a system outside, of whatever kind: which tools it has now, and to run one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from handrail.outside.answers import OutsideAnswer
from handrail.outside.pinning import ToolDefinition


@dataclass(slots=True)
class OutsideCall:
    """One call. `accept` raises where the tool, as it is now, may not be called; `key` goes into `key_header`."""

    tool: str
    arguments: Mapping[str, Any]
    accept: Callable[[ToolDefinition | None], None]
    seconds: float
    answer_bytes: int
    key: str | None = None
    key_header: str | None = None
    sent: bool = field(default=False, init=False)
    """Whether the system may have begun: everything before that can be tried again."""


class OutsideSystem(Protocol):
    """A system with tools."""

    async def definitions(self) -> dict[str, ToolDefinition]:
        """Return its tools as they are now, by their name there.

        Raises:
            NotReached: it does not answer, or not as it should.
            DefinitionInvalid: what it says of its tools cannot be used.
        """
        ...

    async def call(self, wanted: OutsideCall) -> OutsideAnswer:
        """Run a tool that `accept` lets through.

        Raises:
            NotReached: nothing was sent that it could act on.
            OutcomeUnknown: something was, and what came back says neither yes nor no.
        """
        ...
