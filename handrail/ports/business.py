"""Ports to the business: its systems of record, its customers and their past."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from handrail.domain.actions.effects import Effect, EffectResult
from handrail.domain.llm.agent import ToolSpec


class Checked(Protocol):
    """A proposal whose arguments were checked against the tool's model, with what the effect would do."""

    arguments: dict[str, Any]
    title: str
    headline: str
    shown: dict[str, str]
    facts: dict[str, Any]
    asks: dict[str, str]
    by_person: str


class SystemOfRecord(Protocol):
    """The business's tools, always for the case's own customer."""

    def specs(self, names: list[str]) -> list[ToolSpec]: ...

    async def check(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> Checked:
        """Validate and normalise arguments; for an effect also its preview. Writes nothing.

        Raises:
            InvalidInput: unknown tool or arguments that do not validate; names field and remedy.
            BusinessRefused: the business's rules say no already.
            SwitchedOff: it comes from outside and is not what a person pinned.
        """
        ...

    async def read(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Run a read tool where nothing can be written.

        Raises:
            InvalidInput: see `check`; also where the tool is an effect.
            BusinessRefused: for example another customer's order.
        """
        ...

    async def apply(self, effect: Effect) -> EffectResult:
        """Run an effect at most once; a repeated call gives the first answer.

        Raises:
            EffectConflict: no allowing verdict or approval stands in the ledger for exactly these arguments.
        """
        ...


class Customers(Protocol):
    """The business's knowledge of its customers."""

    async def facts(self, customer_id: str) -> dict[str, Any]:
        """Read the business's `customer_facts`: value, flags, segments. Empty where the business tells nothing.

        Raises:
            DefinitionInvalid: the business gives what it does not declare.
        """
        ...


class History(Protocol):
    """The past of a customer's cases."""

    async def of(self, case_id: str, customer_id: str, leaving_out: Collection[str]) -> dict[str, Any]:
        """Every count and sum that policies may name, by name, without the effects of these ids."""
        ...
