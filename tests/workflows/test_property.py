"""Thousands of random values to every signal and every update of living cases, as JSON and as raw bytes."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from types import NoneType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from tests.support.house import House
from tests.support.raw import Wire, fresh_order, healthy, payload

UPDATES = ("send_message", "decide", "claim", "reply", "hand_back", "resolve", "no such update")
SIGNALS = ("message", "approve", "reject", "request_human", "reply_as_human", "close_case", "no such signal", "__internal")
HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
FIELDS = ("decision", "approval_id", "revision", "arguments", "answer", "note", "reviewer", "text", "message_id", "reply")
AT_ONCE = 8
TIMES = 3
BATCHES = 20
Call = Callable[..., Awaitable[Any]]


def unfitting(value: Any) -> Any:
    """The value; what would be a proper decision names another approval."""
    named = isinstance(value, dict) and value.get("decision") in list(DecisionKind) and not value.get("approval_id")
    return {**value, "approval_id": "another"} if named else value


text = st.text(max_size=40)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | text
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12
)
# Close to what is expected, so that the checks behind the first one are reached.
nearly = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, scalars | values))
documents = (values | nearly).map(lambda value: payload(json.dumps(unfitting(value)).encode()))
encodings = st.sampled_from(
    ["json/plain", "json/protobuf", "binary/plain", "binary/null", "binary/protobuf", "binary/encrypted", "", "json/PLAIN"]
)
metadata = st.dictionaries(st.text(st.characters(codec="ascii"), max_size=10), st.binary(max_size=20), max_size=3)


@st.composite
def raw_payloads(draw: st.DrawFn) -> Payload:
    """Any bytes under any encoding, with any metadata."""
    data = draw(st.binary(max_size=60) | st.binary(max_size=20).map(lambda inner: b'{"decision": ' + inner + b"}"))
    given = {**draw(metadata), "encoding": draw(encodings).encode()}
    return Payload(metadata=given, data=data)


payloads = st.lists(documents | raw_payloads(), min_size=1, max_size=3) | documents.map(lambda one: [one])


@pytest.fixture(scope="module")
async def waiting(at_home: House) -> AsyncIterator[CaseView]:
    """A refund that waits for approval. In the end nothing was done, and a proper decision is taken."""
    order = await fresh_order(at_home, **HELD)
    case = await at_home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    yield case
    now = await at_home.cases.status(case.case_id)
    assert (now.status, now.approvals[0].status, now.effects) == ("AwaitingApproval", "open", []), now.notice
    assert await at_home.rows("select 1 from shop.refunds where order_id = %(o)s", o=order.order_id) == []
    await healthy(at_home, case.case_id)
    seen = {"approval_id": now.approvals[0].approval_id, "revision": now.approvals[0].revision}
    wanted = DecisionInput(decision=DecisionKind.APPROVE, reviewer="ann", **seen)
    await at_home.cases.decide(case.case_id, wanted)
    after = await at_home.until(case.case_id, lambda view: view.status in ("Resolved", "AwaitingCustomer"))
    assert [one.status for one in after.effects] == ["applied"]


@pytest.fixture(scope="module")
async def held(at_home: House) -> AsyncIterator[CaseView]:
    """A case that is with a person, who answers it in the end."""
    order = await at_home.order(status="delivered")
    case = await at_home.open(order.customer_id, "I want to speak to a human being.")
    assert case.status == "WithHuman", case
    yield case
    await at_home.cases.say(case.case_id, "I want to speak to a human being, please.")
    await at_home.until(case.case_id, lambda view: view.status == "WithHuman")
    await at_home.cases.resolve(case.case_id, "bea", reply="All is well.")
    after = await at_home.until(case.case_id, lambda view: view.status == "Resolved")
    assert after.effects == []
    await healthy(at_home, case.case_id)


@pytest.fixture(scope="module")
async def ending(at_home: House) -> AsyncIterator[CaseView]:
    """A case that may be closed at any moment."""
    order = await at_home.order(status="delivered")
    case = await at_home.open(order.customer_id, "I want to speak to a human being.")
    yield case
    await healthy(at_home, case.case_id)


def chosen(given: Sequence[Payload]) -> bool:
    """Whether a menu entry would rightly take this as nothing or as a note."""
    if len(given) != 1:
        return False
    encoding = given[0].metadata.get("encoding")
    try:
        return encoding == b"binary/null" or (
            encoding == b"json/plain" and isinstance(json.loads(given[0].data), str | NoneType)
        )
    except ValueError:
        return False


async def fire(home: House, calls: Sequence[Call], batch: Sequence[list[Payload]], *, may_end: bool = False) -> None:
    """Send the batch, each to the next of the calls; a refusal is an answer, an error of the server is not."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(call: Call, given: list[Payload]) -> None:
        async with gate:
            try:
                await call(*given)
            except RPCError as error:
                if not (may_end and error.status is RPCStatusCode.NOT_FOUND):
                    raise

    turns = itertools.cycle(calls)
    await asyncio.gather(*(one(next(turns), given) for given in batch))


def examples(count: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """That many batches, the same in every run; a failure is shown as it is, since sending again is what costs."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def batches(of: int, each: st.SearchStrategy[list[Payload]] = payloads) -> st.SearchStrategy[list[list[Payload]]]:
    """Lists of what is sent to that many calls, some times over."""
    return st.lists(each, min_size=of * TIMES, max_size=of * TIMES)


@given(batches(len(UPDATES) + len(SIGNALS) - 3))
@examples(BATCHES)
async def test_nothing_that_is_sent_decides_or_breaks_a_waiting_case(
    at_home: House, waiting: CaseView, batch: list[list[Payload]]
) -> None:
    wire = Wire(at_home)
    # A message in whatever form is heard, and one in an odd form rightly brings a person.
    signals = [name for name in SIGNALS if name not in ("request_human", "close_case", "message")]
    calls = [partial(wire.update, waiting.case_id, name) for name in UPDATES]
    await fire(at_home, [*calls, *(partial(wire.signal, waiting.case_id, name) for name in signals)], batch)


@given(batches(4, payloads.filter(lambda given: not chosen(given))))
@examples(BATCHES)
async def test_a_menu_entry_is_chosen_by_nothing_but_a_click(
    at_home: House, waiting: CaseView, batch: list[list[Payload]]
) -> None:
    wire = Wire(at_home)
    names = waiting.approvals[0].update_names
    updates: list[Call] = [partial(wire.update, waiting.case_id, name) for name in names]
    signals: list[Call] = [partial(wire.signal, waiting.case_id, name) for name in names]
    await fire(at_home, [*updates, *signals], batch)


@given(batches(len(UPDATES) + len(SIGNALS) - 1))
@examples(BATCHES)
async def test_nothing_that_is_sent_breaks_a_case_that_is_with_a_person(
    at_home: House, held: CaseView, batch: list[list[Payload]]
) -> None:
    wire = Wire(at_home)
    signals = [name for name in SIGNALS if name != "close_case"]
    calls = [partial(wire.update, held.case_id, name) for name in UPDATES]
    await fire(at_home, [*calls, *(partial(wire.signal, held.case_id, name) for name in signals)], batch)


@given(batches(2))
@examples(BATCHES)
async def test_nothing_that_is_sent_breaks_a_case_that_is_being_closed(
    at_home: House, ending: CaseView, batch: list[list[Payload]]
) -> None:
    wire = Wire(at_home)
    calls: list[Call] = [
        partial(wire.signal, ending.case_id, "close_case"),
        partial(wire.update, ending.case_id, "send_message"),
    ]
    await fire(at_home, calls, batch, may_end=True)
