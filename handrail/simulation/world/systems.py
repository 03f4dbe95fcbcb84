"""The business's tools over a simulation's shop: the tools' own code, with effects made at most once under their verdict."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic_core import to_jsonable_python

from handrail.business import Business, Call, Kind
from handrail.domain.actions.effects import Effect, EffectResult, EffectStatus
from handrail.domain.errors import BusinessRefused, EffectConflict
from handrail.domain.llm.agent import ToolSpec
from handrail.domain.policy.facts import WINDOWS, counted, summed
from handrail.domain.policy.policies import exact
from handrail.domain.policy.shapes import json_ready
from handrail.ports import Clock
from handrail.postgres.business.tools import CheckedProposal, jsonable, specification, validated
from handrail.simulation.world.record import SimulatedRecord
from handrail.simulation.world.shelves import Shelves


class SimulatedSystems:
    """The ports `SystemOfRecord`, `Customers` and `History` over a shop in memory."""

    def __init__(self, business: Business, shelves: Shelves, record: SimulatedRecord, clock: Clock) -> None:
        self._business, self._shelves, self._record, self._clock = business, shelves, record, clock
        self._specs = {tool.name: specification(tool) for tool in business.tools}
        effects = [tool for tool in business.tools if tool.kind is Kind.EFFECT]
        self._sums = {tool.name: tool.sums for tool in effects}
        names = [counted(tool.name, window) for tool in effects for window in WINDOWS]
        names += [summed(tool.name, argument, window) for tool in effects for argument in tool.sums for window in WINDOWS]
        self._nothing: dict[str, Any] = dict.fromkeys(names, 0)

    def specs(self, names: list[str]) -> list[ToolSpec]:
        """The tools of these names as a model sees them."""
        return [self._specs[name] for name in names if name in self._specs]

    async def check(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> CheckedProposal:
        """Validate and normalise arguments; for an effect also its preview.

        Raises:
            InvalidInput, BusinessRefused: see the port.
        """
        known = self._business.by_name[tool]
        valid = validated(known, arguments)
        normal = valid.model_dump(mode="json")
        if known.preview is None:
            return CheckedProposal(arguments=normal, title=known.name, headline=known.name)
        preview = await known.preview(self._call(case_id, customer_id), valid)
        pinned = {**normal, **preview.pins}
        shown, facts, asks = dict(preview.shown), dict(preview.facts), dict(preview.asks)
        return CheckedProposal(pinned, preview.title, preview.headline, shown, facts, asks, known.by_person)

    async def read(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Run a read tool. Raises: InvalidInput, BusinessRefused."""
        known = self._business.by_name[tool]
        return jsonable(await known.run(self._call(case_id, customer_id), validated(known, arguments)))

    async def apply(self, effect: Effect) -> EffectResult:
        """Make an effect at most once. Raises: EffectConflict: the ledger does not let exactly these arguments through."""
        stands = self._record.ledger.get(effect.effect_id)
        if stands is None or not stands.permits(effect.arguments_hash):
            raise EffectConflict(f"{effect.effect_id}: nothing in the ledger lets exactly this through.")
        if stands.result is not None:
            return stands.result
        known, about = self._business.by_name[effect.action], effect.model_dump(include={"effect_id", "action", "arguments"})
        outcome: dict[str, Any]
        try:
            call = self._call(effect.case_id, effect.customer_id, effect.effect_id)
            result = await known.run(call, validated(known, effect.arguments))
            outcome = {"status": EffectStatus.APPLIED, "result": jsonable(result)}
        except BusinessRefused as no:
            outcome = {"status": EffectStatus.REFUSED, "code": no.code, "message": str(no)}
        made = EffectResult.model_validate({**about, **outcome, "applied_at": self._clock.now()})
        self._record.settle(effect.case_id, effect.customer_id, effect.arguments_hash, made)
        return made

    async def facts(self, customer_id: str) -> dict[str, Any]:
        """Return what the business tells of the customer."""
        if self._business.customer is None:
            return {}
        told = dict(await self._business.customer(self._shelves, customer_id, self._clock.now()))
        ready: dict[str, Any] = to_jsonable_python(json_ready(told))
        return ready

    async def of(self, case_id: str, customer_id: str, leaving_out: Collection[str]) -> dict[str, Any]:
        """Every count and sum of what was carried out for the customer."""
        found, now = dict(self._nothing), self._clock.now()
        for of_case, made in self._record.made.get(customer_id, ()):
            if made.effect_id in leaving_out or made.status is not EffectStatus.APPLIED:
                continue
            for window in WINDOWS:
                if within(window, of_case == case_id, now, made.applied_at):
                    self._count(found, made, window)
        return found

    def _count(self, found: dict[str, Any], made: EffectResult, window: str) -> None:
        found[counted(made.action, window)] += 1
        for argument in self._sums.get(made.action, ()):
            name = summed(made.action, argument, window)
            found[name] = exact(Decimal(str(found[name])) + Decimal(str(made.arguments[argument])))

    def _call(self, case_id: str, customer_id: str, key: str | None = None) -> Call:
        return Call(case_id, customer_id, self._shelves, self._clock.now(), key)


def within(window: str, same_case: bool, now: datetime, at: datetime) -> bool:
    """Return whether an effect of that moment counts in a window of history."""
    length = WINDOWS[window]
    return same_case if length is None else at > now - length
