"""A yes that is taken back while another system is at work, through the whole house: what may have been made stays so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.client import Client

from handrail.domain.case.cases import CaseView
from handrail.postgres.business.unsettled import UnsettledEffects
from tests.support.house import house, wait_for
from tests.support.outside.bookings import Hotel
from tests.support.outside.listing import GET, REFUND, listed, pinned
from tests.workflows.conftest import ScriptedModel
from tests.workflows.outside.test_outside_case import Stay, offering
from tests.workflows.test_confirmations import blocked, read, steps

REFUNDS = {"calls": [{"tool": "refund_booking", "arguments": {"booking": "B-1", "amount": 30}}]}
ASKS_FIRST = """\
id: booking_refund
applies_to: [refund_booking]
rules:
  default_action: allow
  rules:
    - {id: yes_first, expression: case.turn > 0, action: confirm, message: The customer says yes first.}
"""


@pytest.fixture(scope="module")
async def asking(
    temporal_client: Client, shop_url: str, scripted_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stay]:
    folder = offering(tmp_path_factory, "get_booking", "refund_booking")
    (folder / "policies" / "booking_refund.yaml").write_text(ASKS_FIRST, "utf-8")
    hotel = Hotel()
    with hotel.open() as url:
        listed(folder, {"url": url}, GET, REFUND)
        await pinned(folder)
        async with house(temporal_client, shop_url, scripted_model.root, definitions=folder) as home:
            yield Stay(home, hotel)


async def sent(stay: Stay) -> CaseView:
    """A case whose customer said yes to a refund that the hotel has made, and does not answer; none of its answers comes."""
    case = await stay.ask(REFUNDS)
    assert case.status == "AwaitingCustomer", case
    stay.hotel.lose = 3
    stay.hotel.hold.clear()
    await stay.home.cases.say(case.case_id, "yes")
    assert await asyncio.to_thread(stay.hotel.asked.wait, 60)
    return case


@pytest.mark.parametrize(
    ("words", "undone"), [("No, wait! Please stop that.", "taken_back"), ("Sorry, make it 40 instead", "corrected")]
)
async def test_what_was_sent_before_the_yes_was_taken_back_is_of_unknown_outcome_for_a_person(
    words: str, undone: str, asking: Stay
) -> None:
    stay, home = asking, asking.home
    stay.hotel.reset()
    await home.model.clear()
    case = await sent(stay)
    try:
        await home.cases.say(case.case_id, words)
        await wait_for(lambda: blocked(home, "SELECT handrail.take_back%"))
    finally:
        stay.hotel.hold.set()
    gone = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (gone.reason, gone.effects, read(gone.asked)) == ("outcome_unknown", [], [["confirmed", undone]])
    assert await steps(home, case.case_id) == ["asked", "confirmed", undone]
    (effect_id,) = stay.hotel.refunds
    noted = "select details -> 'stopped', details -> 'unknown' from handrail.audit where case_id = %(c)s and action = %(a)s"
    assert await home.rows(noted, c=case.case_id, a=f"confirm:{undone}") == [([], [effect_id])]
    unsettled = await UnsettledEffects(home.pool).all(age=timedelta(0))
    assert effect_id in [one.effect_id for one in unsettled]
    assert "I do not know yet whether this was done" in (gone.reply or "")
    packet = await home.cases.handoff(case.case_id)
    assert packet is not None
    assert packet.next_step.startswith("Sent, and nobody knows whether it was done: refund_booking (")
