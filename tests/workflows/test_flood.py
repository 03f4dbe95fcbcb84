"""Very much text stops neither a case, nor its worker, nor the way to a person."""

from __future__ import annotations

import asyncio
import time

from handrail.temporal.cases.doorway import DoorwayClient
from handrail.temporal.cases.lanes import AT_ONCE
from tests.support.house import House, wait_for

LONG = 8_000
PRICES = "Lamp 12.50 USD, order O-10021, 3 Mill Lane, 12345 Springfield.\n"


def long_text(number: int) -> str:
    """8,000 characters of a price list, each list another one."""
    head = f"List {number}: "
    return (head + PRICES * (LONG // len(PRICES) + 1))[:LONG]


async def flood(home: House, case_id: str, count: int) -> None:
    """Signals, which nobody can send back."""
    handle = home.temporal.get_workflow_handle(f"case-{case_id}")
    await asyncio.gather(*(handle.signal("message", {"message_id": f"f-{n}", "text": long_text(n)}) for n in range(count)))


async def recorded(home: House, case_id: str, count: int) -> bool:
    """Whether all of them stand in the record."""
    found = await home.rows(
        "select count(*) from handrail.messages where case_id = %(c)s and message_id like %(f)s", c=case_id, f="f-%"
    )
    return bool(found[0][0] == count)


async def test_twelve_long_messages_to_a_case_with_a_person_are_recorded_and_it_can_be_claimed(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, "I want to talk to a person, please.")
    assert case.status == "WithHuman"
    await flood(home, case.case_id, 12)
    began = time.monotonic()
    await home.cases.claim(case.case_id, "bea")
    claimed_after = time.monotonic() - began
    await wait_for(lambda: recorded(home, case.case_id, 12))
    packet = await home.cases.handoff(case.case_id)
    assert packet is not None
    assert len(packet.said) == 13
    assert all(one.clipped for one in packet.said[1:])
    assert "O-10021" in {one.value for one in packet.stated}
    assert claimed_after < 10  # a case that is stuck is never claimed


async def test_thirty_long_messages_in_a_turn_keep_nobody_from_a_person(home: House) -> None:
    order = await home.order(status="shipped")
    await home.model.script(order.order_id, {"latency_seconds": 4})
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?", wait=False)
    await wait_for(lambda: home.model.requests(order.order_id))
    await flood(home, case.case_id, 30)
    await home.cases.request_human(case.case_id)
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    await wait_for(lambda: recorded(home, case.case_id, 30))
    await home.cases.claim(case.case_id, "bea")


async def test_a_burst_through_the_front_door_is_taken_as_it_came_and_is_no_hindrance_to_people(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, "I want to talk to a person, please.")
    front = DoorwayClient(home.temporal, "shop", task_queue=home.settings.task_queue)
    names = [f"f-{number:02}" for number in range(30)]
    saying = [asyncio.create_task(front.say_soon(case.case_id, f"Word {name}", message_id=name, seconds=30)) for name in names]
    await home.cases.claim(case.case_id, "bea")
    receipts = await asyncio.gather(*saying)
    assert all(one.turn for one in receipts), "none of them had to be left for later"
    await wait_for(lambda: recorded(home, case.case_id, len(names)))
    said = "select message_id from handrail.messages where case_id = %(c)s and message_id like %(f)s"
    found = await home.rows(f"{said} order by sequence, at, message_id", c=case.case_id, f="f-%")
    for place, (name,) in enumerate(found):
        assert abs(place - names.index(name)) < AT_ONCE, found
