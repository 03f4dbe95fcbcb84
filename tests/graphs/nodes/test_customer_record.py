"""What the business's own record tells of the customer: names for a reply, asked only where the reply would not pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graphs.case import CaseNodes
from graphs.nodes.guardrail import GuardrailNode
from graphs.ruling.policy_facts import PolicyFactsReader
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.classification import Classification
from handrail.domain.errors import BusinessFailed
from tests.graphs.nodes.test_guardrail_situation import History
from tests.support.fakes import FakeCustomers, Noon, Stage, says

KELLER = {"name": "Paula Keller", "contact": {"emails": ["p.keller@shop-mail.example.com"]}, "orders": 7, "segments": ["vip"]}


class German:
    async def language_of(self, text: str) -> tuple[str, float]:
        return "de", 0.99


class Known(Stage):
    """The graph whose business knows its customers."""

    def __init__(self, customers: FakeCustomers, *replies: str, **changes: Any) -> None:
        self.customers, self.languages = customers, changes.pop("languages", None)
        super().__init__(*map(says, replies), **changes)

    def nodes(self) -> CaseNodes:
        situation = PolicyFactsReader(self.customers, History(), Noon())
        guardrail = GuardrailNode(
            self.topics,
            self.dial,
            self.bank,
            self.policies,
            self.cases,
            Noon(),
            languages=self.languages,
            situation=situation,
        )
        return replace(super().nodes(), guardrail=guardrail.guardrail)


@pytest.mark.parametrize(
    ("reply", "passes"),
    [
        ("Dear Ms Keller, your payout is being looked at.", True),
        ("Hello Paula, your payout is being looked at.", True),
        ("Hello Paula, we have your address p.keller@shop-mail.example.com.", True),
        ("Dear Ms Miller, your payout is being looked at.", False),
        ("Hello Paula, we have your address m.miller@shop-mail.example.com.", False),
        ("Hello Paula, you have 7 orders with us.", False),
        ("Hello Paula, we have refunded 7.00 USD.", False),
    ],
)
async def test_the_customers_own_name_passes_and_nobody_elses(reply: str, passes: bool) -> None:
    customers = FakeCustomers(KELLER)
    state = await Known(customers, reply, "It is being looked at.").run()
    assert (state.row.status, state.sent_back) == (CaseStatus.RESOLVED, 0 if passes else 1)
    assert customers.asked == 1


async def test_a_reply_that_passes_by_itself_asks_for_nothing() -> None:
    customers = FakeCustomers(KELLER)
    assert (await Known(customers, "It is being looked at.").run()).sent_back == 0
    assert customers.asked == 0


async def test_a_record_that_cannot_be_read_covers_nothing() -> None:
    class Away(FakeCustomers):
        async def facts(self, customer_id: str) -> dict[str, Any]:
            raise BusinessFailed("The business's record of the customer does not answer.")

    state = await Known(Away(), "Dear Ms Keller, it is being looked at.", "It is being looked at.").run()
    assert (state.row.status, state.sent_back) == (CaseStatus.RESOLVED, 1)


@pytest.mark.parametrize(
    ("told", "sure", "passes"),
    [
        ("de", 0.1, True),
        ("de-AT", 0.1, True),
        ("de", 0.9, False),
        ("fr", 0.1, False),
        ("German", 0.1, False),
        (None, 0.1, False),
    ],
)
async def test_the_recorded_language_counts_where_the_customer_s_words_tell_none(
    told: str | None, sure: float, passes: bool
) -> None:
    found = Classification(topic="payout", confidence=0.9, language="en", language_confidence=sure)
    reply = "Ihre Auszahlung wird gerade von uns geprüft, danke."
    stage = Known(FakeCustomers({"language": told} if told else {}), reply, reply, found=found, languages=German())
    assert (await stage.run()).sent_back == (0 if passes else 1)
