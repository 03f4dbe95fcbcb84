"""A message with wishes of several topics: the agent does one, a person gets the rest, and none is lost."""

from __future__ import annotations

from handrail.domain.case.messages import Author
from tests.support.house import House

PAIR = (
    "select o.customer_id, o.order_id, p.order_id from shop.orders as o join shop.orders as p using (customer_id)"
    " where o.status = 'shipped' and p.status = 'pending' order by o.order_id"
)


async def pair(home: House) -> tuple[str, str, str]:
    """A customer without a case, an order of theirs that is on its way, and one that can be cancelled."""
    known = {customer for (customer,) in await home.rows("select distinct customer_id from handrail.cases")}
    return next((str(one), str(first), str(second)) for one, first, second in await home.rows(PAIR) if one not in known)


async def told(home: House, case_id: str) -> list[tuple[int, str]]:
    """What the assistant told the customer, with the turn."""
    said = await home.cases.transcript(case_id)
    return [(one.turn, one.text) for one in said if one.author is Author.ASSISTANT]


async def left(home: House, case_id: str) -> list[str]:
    """What the packet says of wishes that nobody has seen to."""
    packet = await home.cases.handoff(case_id)
    assert packet
    return [one for one in packet.open_questions if "nobody has seen to" in one]


async def test_the_second_wish_reaches_a_person_behind_the_first(home: House) -> None:
    customer, shipped, _ = await pair(home)
    case = await home.open(customer, f"Where is my order {shipped}? I also want to reset my password.")
    done = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (done.reason, done.topic, len(done.effects)) == ("further_wish", "password_reset", 1)
    assert [turn for turn, _ in await told(home, case.case_id)] == [1], "the first was done, and the customer was told"
    assert await left(home, case.case_id) == [
        f"The customer also writes about order status, which nobody has seen to: “Where is my order {shipped}?”"
    ]


async def test_who_gets_the_case_reads_of_every_wish(home: House) -> None:
    customer, shipped, cancellable = await pair(home)
    text = f"Please cancel order {cancellable}. Also, where is my order {shipped}? I want to talk to a person."
    case = await home.open(customer, text)
    assert (case.status, case.reason) == ("WithHuman", "customer_asked")
    packet = await home.cases.handoff(case.case_id)
    assert packet
    (left,) = [one for one in packet.open_questions if "nobody has seen to" in one]
    assert (
        left == f"The customer also writes about order status, which nobody has seen to: “Also, where is my order {shipped}?”"
    )
    await home.cases.hand_back(case.case_id, "ann", "Please cancel it.")
    after = await home.until(case.case_id, lambda view: view.status != "WithHuman" and view.status != "Working")
    assert (after.topic, after.turn) == ("cancel_order", 2), "what people have seen is taken up by nobody else"
