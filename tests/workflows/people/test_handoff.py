"""A customer never has to repeat anything: twelve conversations, and every fact of them is in the packet."""

from __future__ import annotations

import asyncio
import html
import json
from typing import Any
from uuid import uuid4

import jsonschema
import pytest

from handrail.cli.case.handoff import json_schema
from handrail.domain.case.handoffs import Handoff
from handrail.shop.records.find import FoundOrder, find
from handrail.temporal.cases.client import answered
from tests.support.conversations import CONVERSATIONS, PERSON, Conversation
from tests.support.house import House, wait_for
from workflows.page.escape import escape
from workflows.page.handoff import markdown


async def held(home: House, conversation: Conversation, order: FoundOrder) -> tuple[Handoff, dict[str, str]]:
    """The packet at the conversation's end, and what its placeholders stand for."""
    rows = await home.rows(
        "select name from shop.order_lines join shop.products using (sku) where order_id = %(o)s order by line",
        o=order.order_id,
    )
    filled = {
        "order": order.order_id,
        "total": f"{order.total:.2f}",
        "refundable": f"{order.refundable:.2f}",
        "product": rows[0][0],
    }
    case_id = f"t-{uuid4().hex[:12]}"
    first, *more = (text.format(**filled) for text in conversation.turns)
    await home.cases.open_case(case_id, order.customer_id, first)
    await home.settled(case_id)
    for text in more:
        receipt = await home.cases.say(case_id, text)
        await home.until(case_id, answered(receipt))

    async def packet() -> Handoff | None:
        found = await home.cases.handoff(case_id)
        return found if found and len(found.said) == len(conversation.turns) else None

    return await wait_for(packet), filled


async def of_different_customers(home: House) -> list[FoundOrder]:
    """An order for each conversation."""
    picked: dict[str, FoundOrder] = {}
    async with home.pool.connection() as connection:
        for one in CONVERSATIONS:
            found = await find(connection, limit=len(CONVERSATIONS) + 1, **{"language": "en", **one.needs})
            order = next(order for order in found if order.customer_id not in picked)
            picked[order.customer_id] = order
    return list(picked.values())


async def test_every_fact_of_twelve_conversations_is_in_the_packet(home: House) -> None:
    orders = await of_different_customers(home)
    told = await asyncio.gather(*(held(home, one, order) for one, order in zip(CONVERSATIONS, orders, strict=True)))
    missing: list[str] = []
    for one, (packet, filled) in zip(CONVERSATIONS, told, strict=True):
        stated = {(fact.kind, fact.value) for fact in packet.stated}
        page = html.unescape(markdown(packet)).replace("\u200b", "")
        for kind, value in ((kind, value.format(**filled)) for kind, value in one.facts):
            near = {found for kinds, found in stated if kinds == kind}
            if not any(value == found or (kind == "address" and value in found) for found in near):
                missing.append(f"{one.name}: {kind} {value} is not among {sorted(near)}")
            if value not in page:
                missing.append(f"{one.name}: {value} is not in the markdown")
        spoken = " ".join(said.text for said in packet.said)
        missing += [f"{one.name}: “{words}” was said" for words in one.words if words not in spoken]
        whole = packet.model_dump_json() + page
        missing += [f"{one.name}: {words} is in the packet" for words in one.never if words in whole]
        missing += [f"{one.name}: no {name}" for name in ("problem", "wanted", "next_step") if not getattr(packet, name)]
        assert packet.problem.endswith(".")
        assert len(packet.sentiment) >= 1
    assert not missing, "\n".join(missing)


async def test_the_page_the_command_line_and_the_database_hold_the_same_packet(
    home: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await home.order(status="delivered", refunded=False, refundable_over=600)
    case = await home.open(
        order.customer_id, f"I want a full refund of {order.refundable} USD for order {order.order_id}. # <b>now</b>"
    )
    assert case.status == "WithHuman"

    live = await home.cases.handoff(case.case_id)
    assert live is not None
    rows = await home.rows("select body from handrail.handoffs where case_id = %(c)s order by version", c=case.case_id)
    printed = await asyncio.to_thread(printed_by_the_command, home, case.case_id, capsys, monkeypatch)

    assert rows[-1][0] == live.model_dump(mode="json") == json.loads(printed["--json"])
    jsonschema.validate(rows[-1][0], json_schema())
    assert printed["--markdown"] == markdown(live)
    assert "<b>" not in printed["--markdown"]
    page = await home.page(case.case_id)
    for words in (live.problem, live.next_step, live.suggested_reply or "", *live.open_questions, live.escalation.words):
        assert escape(words, 100).rstrip("…") in page
    assert all(value in page for value in (order.order_id, f"{order.refundable:.2f} USD"))
    whole = printed["--markdown"].splitlines()
    section = page[page.index("### The problem") : page.index("### What it is about")].strip().splitlines()
    assert section[-1] in whole


def printed_by_the_command(
    home: House, case_id: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """What `handrail handoff show` prints; it has a loop of its own, so it runs beside this one."""
    from handrail.cli.case import handoff
    from handrail.cli.common.world import CliContext

    place = CliContext()
    place.__dict__["settings"] = home.settings.model_copy(
        update={"temporal_address": home.temporal.service_client.config.target_host}
    )
    printed = {}
    for option in ("--json", "--markdown"):
        capsys.readouterr()
        context: Any = type("Context", (), {"obj": place})()
        handoff.show(context, case_id, markdown=option == "--markdown", as_json=option == "--json")
        printed[option] = capsys.readouterr().out
    return printed


async def test_what_is_handed_over_again_is_there_once(home: House) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    await home.cases.say(case.case_id, PERSON)
    case = await home.until(case.case_id, lambda view: view.status == "WithHuman")
    first = await home.cases.handoff(case.case_id)
    await home.cases.hand_back(case.case_id, "ann", "Please look again.")
    await home.until(case.case_id, lambda view: view.status in ("Resolved", "AwaitingCustomer"))
    await home.cases.say(case.case_id, "A person, please! This is about my parcel.")
    await home.until(case.case_id, lambda view: view.status == "WithHuman")
    second = await home.cases.handoff(case.case_id)
    assert first is not None
    assert second is not None
    assert [one.reason for one in second.earlier] == [first.escalation.reason]
    assert len(second.said) == 3
    for ones in (second.tried, [str(hit) for hit in second.policy_hits], [fact.name for fact in second.facts]):
        assert len(ones) == len(set(ones))
    assert {fact.name for fact in first.facts} <= {fact.name for fact in second.facts}
    assert order.order_id in {fact.value for fact in second.stated}
