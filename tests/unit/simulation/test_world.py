"""The world of a simulation: the shop's own tools over memory, the ledger's rule, a model that changes, policies that err."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from handrail.business import load_business
from handrail.domain.actions.effects import Effect, EffectStatus
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling, Verdict
from handrail.domain.base import digest
from handrail.domain.case.cases import CaseRow, Commit, RuledProposal
from handrail.domain.errors import BusinessRefused, EffectConflict
from handrail.policies.loader import FilePolicies
from handrail.shop.records.rows import OrderLine
from handrail.simulation.days.mistakes import laid_out
from handrail.simulation.plan import Mistake
from handrail.simulation.world.clock import SimulatedClock
from handrail.simulation.world.goods import ShopAccount, StoredOrder
from handrail.simulation.world.levers import PoliciesOfDay
from handrail.simulation.world.record import SimulatedRecord
from handrail.simulation.world.shelves import Shelves
from handrail.simulation.world.speaker import SHARES, Failing, failing
from handrail.simulation.world.systems import SimulatedSystems

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
BUSINESS = load_business("handrail.shop")


class Shop:
    """A shop with one customer and one order of 80 USD that was delivered ten days ago."""

    def __init__(self) -> None:
        self.clock, self.record = SimulatedClock(NOW), SimulatedRecord()
        self.shelves = Shelves(self.clock)
        self.shelves.accounts["C-1"] = ShopAccount("C-1", "Ada Holm", "en", NOW - timedelta(days=400))
        line = OrderLine(sku="MUG-001", name="Mug", quantity=1, unit_price=Decimal(80), amount=Decimal(80))
        placed, shipped, delivered = (NOW - timedelta(days=each) for each in (14, 13, 10))
        place = ("Ada Holm", "1 Mill Row", "Northquay", "20457", "US")
        self.shelves.put(StoredOrder("O-123456", "C-1", [line], Decimal(0), placed, shipped, delivered, *place))
        self.systems = SimulatedSystems(BUSINESS, self.shelves, self.record, self.clock)

    async def proposed(self, amount: float, ruling: Ruling = Ruling.ALLOW, effect_id: str = "e-1") -> Effect:
        """Have a refund checked and ruled on; return the effect."""
        checked = await self.systems.check("c-1", "C-1", "refund_order", {"order_id": "O-123456", "amount": amount})
        hashed = digest(checked.arguments)
        proposal = Proposal(
            proposal_id=effect_id,
            kind=ProposalKind.EFFECT,
            action="refund_order",
            arguments=checked.arguments,
            arguments_hash=hashed,
        )
        verdict = Verdict(proposal_id=effect_id, revision=1, arguments_hash=hashed, ruling=ruling, policy_version="p")
        row = CaseRow(case_id="c-1", customer_id="C-1", opened_at=NOW, updated_at=NOW, version=1)
        self.record.write(Commit(row=row, rulings=[RuledProposal(proposal=proposal, verdict=verdict)]))
        return Effect(
            effect_id=effect_id,
            case_id="c-1",
            customer_id="C-1",
            action="refund_order",
            arguments=checked.arguments,
            arguments_hash=hashed,
        )


async def test_the_shops_own_tools_work_over_memory() -> None:
    shop = Shop()
    found = await shop.systems.read("c-1", "C-1", "refund_eligibility", {"order_id": "O-123456"})
    assert found["eligible"]
    assert found["refundable_usd"] == 80
    assert (await shop.systems.facts("C-1"))["value"] == "regular"
    with pytest.raises(BusinessRefused, match="more than can be refunded"):
        await shop.systems.check("c-1", "C-1", "refund_order", {"order_id": "O-123456", "amount": 81})


async def test_an_effect_is_made_once_and_counts_in_the_customers_past() -> None:
    shop = Shop()
    effect = await shop.proposed(30)
    made = await shop.systems.apply(effect)
    assert made.status is EffectStatus.APPLIED
    assert await shop.systems.apply(effect) == made
    assert shop.shelves.order("O-123456").refunded == Decimal(30)
    history = await shop.systems.of("c-2", "C-1", [])
    assert history["history.refund_order.count_24h"] == 1
    assert history["history.refund_order.sum_amount_30d"] == 30
    assert history["history.refund_order.count_case"] == 0


@pytest.mark.parametrize("ruling", [Ruling.REQUIRE_APPROVAL, Ruling.BLOCK, Ruling.CONFIRM])
async def test_nothing_is_made_that_the_ledger_does_not_let_through(ruling: Ruling) -> None:
    shop = Shop()
    with pytest.raises(EffectConflict):
        await shop.systems.apply(await shop.proposed(30, ruling))
    assert shop.shelves.order("O-123456").refunded == 0


async def test_a_stricter_ruling_of_the_same_step_holds() -> None:
    shop = Shop()
    effect = await shop.proposed(30, Ruling.BLOCK)
    await shop.proposed(30, Ruling.ALLOW)
    assert not shop.record.ledger["e-1"].permits(effect.arguments_hash)


def test_an_orders_status_follows_from_the_time() -> None:
    order = Shop().shelves.order("O-123456")
    found = [order.status(NOW - timedelta(days=each)) for each in (14, 12, 1)]
    assert found == ["paid", "shipped", "delivered"]


def test_a_changed_model_fails_in_the_shares_that_are_given_and_in_a_case_always_alike() -> None:
    found = [failing(3, f"case-{number}") for number in range(6_000)]
    for kind, share in SHARES.items():
        assert found.count(kind) / len(found) == pytest.approx(share, abs=0.02)
    assert found.count(Failing.NONE) > len(found) / 2
    assert failing(3, "case-1") is failing(3, "case-1")


@pytest.mark.parametrize(
    ("mistake", "amount", "right", "wrong"),
    [
        (Mistake.HOLDS, 60.0, Ruling.ALLOW, Ruling.REQUIRE_APPROVAL),
        (Mistake.BLOCKS, 60.0, Ruling.ALLOW, Ruling.BLOCK),
        (Mistake.LETS_THROUGH, 150.0, Ruling.REQUIRE_APPROVAL, Ruling.ALLOW),
    ],
)
def test_a_mistaken_policy_rules_otherwise_and_whom_it_wrongs_is_known(
    tmp_path: Path, mistake: Mistake, amount: float, right: Ruling, wrong: Ruling
) -> None:
    definitions, mistaken = laid_out(BUSINESS.folder, tmp_path, mistake)
    policies = PoliciesOfDay(FilePolicies.of(definitions / "policies", BUSINESS), FilePolicies.of(mistaken, BUSINESS))
    arguments = {"order_id": "O-123456", "amount": amount}
    proposal = Proposal(
        proposal_id="e-1",
        kind=ProposalKind.EFFECT,
        action="refund_order",
        arguments=arguments,
        arguments_hash=digest(arguments),
    )
    facts = {
        "case.case_id": "c-1",
        "refund_amount_usd": amount,
        "customer_refund_total_30d_usd": amount,
        "order_status": "delivered",
        "days_since_delivery": 5,
        "refunds_on_order": 0,
        "max_line_quantity": 1,
    }
    assert policies.rule(proposal, facts).ruling is right
    assert not policies.wronged
    policies.mistake = True
    assert policies.rule(proposal, facts).ruling is wrong
    assert policies.wronged == {"c-1"}
