"""A message with wishes of several topics: each has a turn of its own, and none is lost."""

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


async def test_the_second_wish_is_taken_up_behind_the_first(home: House) -> None:
    customer, shipped, cancellable = await pair(home)
    text = f"Where is my order {shipped}? And please cancel order {cancellable}."
    case = await home.open(customer, text)
    asked = await home.until(case.case_id, lambda view: view.confirmation is not None)
    assert asked.topic == "cancel_order"
    await home.cases.say(case.case_id, "yes")
    done = await home.until(case.case_id, lambda view: view.status == "Resolved")
    assert (done.topic, done.turn, [one.action for one in done.effects]) == ("order_status", 3, ["cancel_order"])
    words = await told(home, case.case_id)
    assert [turn for turn, _ in words] == [2, 3]
    assert cancellable in words[0][1]
    assert shipped in words[-1][1]
    assert cancellable not in words[-1][1]
    kinds = await home.rows("select kind from handrail.case_event where case_id = %(c)s order by sequence", c=case.case_id)
    assert [kind for (kind,) in kinds].count("resolved") == 1, kinds


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


async def test_a_no_to_the_first_leaves_the_second(home: House) -> None:
    customer, shipped, cancellable = await pair(home)
    case = await home.open(customer, f"Where is my order {shipped}? And please cancel order {cancellable}.")
    assert (case.status, case.turn) == ("AwaitingCustomer", 1), "the second waits while the customer is asked about the first"
    await home.cases.say(case.case_id, "no")
    done = await home.until(case.case_id, lambda view: view.status == "Resolved")
    assert (done.topic, done.turn, done.effects) == ("order_status", 3, [])
    assert shipped in (done.reply or "")
