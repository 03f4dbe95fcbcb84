"""Mutants at work: protections taken out of this process from outside, and put back behind the drill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from handrail.business import Call
from handrail.domain.actions.effects import Effect, EffectResult, EffectStatus
from handrail.domain.autonomy.controls import ControlsInForce
from handrail.domain.errors import BusinessRefused, EffectConflict
from handrail.drills.hostile.evidence import KnownOrder
from handrail.drills.hostile.mutants import HostileMutant
from handrail.postgres.autonomy import controls
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.business.tools import validated
from handrail.postgres.pool import Pool, alone, writing
from handrail.shop.actions import cancellations, refunds
from handrail.shop.records.orders import own_order
from handrail.shop.records.rows import Order
from handrail.wiring.cases.worker import Adapters


@dataclass(frozen=True, slots=True)
class StandIn:
    """A stand-in for another adapter, whose it is whatever it is asked for."""

    other: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.other, name)


class UnwatchedPolicies(StandIn):
    """Rules as if nothing had gone back before."""

    def rule(self, proposal: Any, facts: Mapping[str, Any]) -> Any:
        """See the port."""
        seen = dict(facts)
        if "refund_amount_usd" in seen:
            seen |= {"customer_refund_total_30d_usd": seen["refund_amount_usd"], "customer_refunded_30d_usd": 0.0}
        return self.other.rule(proposal, seen)


@dataclass(frozen=True, slots=True)
class UnboundRecord(StandIn):
    """Makes an effect that the ledger does not know with these arguments, beside it."""

    adapters: Adapters
    pool: Pool

    async def apply(self, effect: Effect) -> EffectResult:
        """See the port."""
        try:
            found: EffectResult = await self.other.apply(effect)
        except EffectConflict:
            tool, now = self.adapters.business.by_name[effect.action], self.adapters.clock.now()
            async with writing(self.pool) as connection:
                call = Call(effect.case_id, effect.customer_id, connection, now, effect.effect_id)
                await tool.run(call, validated(tool, effect.arguments))
            about = effect.model_dump(include={"effect_id", "action", "arguments"})
            return EffectResult(**about, status=EffectStatus.APPLIED, applied_at=now)
        return found


async def nothing(*_: Any, **__: Any) -> ControlsInForce:
    """Read no control."""
    return ControlsInForce()


async def open_gate(*_: Any, **__: Any) -> None:
    """Let everything out."""


@contextmanager
def broken(
    mutant: HostileMutant | None, adapters: Adapters, pool: Pool, orders: Mapping[str, KnownOrder]
) -> Iterator[Adapters]:
    """The world without the mutant's protection."""
    changed: list[tuple[Any, str, Any]] = []

    async def all_cleared(*_: Any, **__: Any) -> list[int]:
        return [int(row["control_id"]) for row in await alone(pool, "controls_in_force")]

    async def anybodys(call: Call, order_id: str) -> Order:
        if order_id not in orders:
            raise BusinessRefused("not_found", f"There is no order {order_id}.")
        return await own_order(replace(call, customer_id=orders[order_id].customer_id), order_id)

    match mutant:
        case HostileMutant.UNWATCHED_SUMS:
            adapters = replace(adapters, policies=UnwatchedPolicies(adapters.policies))
        case HostileMutant.UNBOUND_ARGUMENTS:
            adapters = replace(adapters, record=UnboundRecord(adapters.record, adapters, pool))
        case HostileMutant.UNREAD_SWITCH:
            changed = [(PostgresControls, "over", nothing), (controls, "gate", open_gate), (controls, "cleared", all_cleared)]
        case HostileMutant.ANYBODYS_ORDERS:
            places = (refunds, cancellations)
            changed = [(place, name, anybodys) for place in places for name in ("own_order", "locked_order")]
    before = [(place, name, getattr(place, name)) for place, name, _ in changed]
    try:
        for place, name, instead in changed:
            setattr(place, name, instead)
        yield adapters
    finally:
        for place, name, was in before:
            setattr(place, name, was)
