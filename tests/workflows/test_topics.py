"""How far the agent may go, on real parts: files dialled while cases run, review gates, and who never meets a model."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from temporalio.client import Client

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.case.classification import OUT_OF_SCOPE, Classification
from handrail.shop import business
from tests.support.deployed import deployed
from tests.support.house import House, house
from tests.workflows.conftest import ScriptedModel
from tests.workflows.test_paths import ENDED, SMALL, decision

ASKS = {"reply": "Which of your orders do you mean?", "confidence": 0.9, "disposition": "awaiting_customer"}


@dataclass(frozen=True)
class Owner:
    """The house with topics of its own that are changed while it runs."""

    home: House
    folder: Path

    def dial(self, topic: str, **changes: Any) -> None:
        """The shop's file of the topic with some keys changed."""
        shipped = yaml.safe_load((business.folder / "topics" / f"{topic}.yaml").read_text("utf-8"))
        path = self.folder / "topics" / f"{topic}.yaml"
        path.write_text(yaml.safe_dump({**shipped, **changes}, allow_unicode=True, sort_keys=False), "utf-8")

    async def ask(self, **options: Any) -> CaseView:
        """A case about an order's status."""
        order = await self.home.order(status="shipped")
        return await self.home.open(order.customer_id, f"Where is my order {order.order_id}?", **options)

    async def answered(self, case: CaseView, turn: int) -> CaseView:
        """The case once this turn has ended."""
        return await self.home.until(case.case_id, lambda view: view.turn == turn and view.status != "Working")

    async def decide(self, case: CaseView, kind: DecisionKind, **fields: Any) -> CaseView:
        """The case after a decision."""
        await self.home.cases.decide(case.case_id, decision(case, kind, **fields))
        return await self.home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))


@pytest.fixture(scope="module")
async def owned(
    temporal_client: Client, shop_url: str, scripted_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Owner]:
    folder = tmp_path_factory.mktemp("definitions")
    shutil.copytree(business.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__", "sql"))
    async with house(temporal_client, shop_url, scripted_model.root, definitions=folder) as home:
        yield Owner(home, folder)


@pytest.fixture
async def owner(owned: Owner) -> Owner:
    for topic in ("order_status", "refund", "cancel_order"):
        owned.dial(topic)
    await owned.home.model.clear()
    return owned


async def test_in_review_every_reply_waits_and_says_why(owner: Owner) -> None:
    owner.dial("order_status", autonomy="review")
    case = await owner.ask()
    assert (case.status, case.approvals[0].request.action) == ("AwaitingApproval", "send_reply")
    assert case.approvals[0].request.reasons == ["The topic order_status runs at autonomy 'review'."]
    assert case.approvals[0].request.rules == ["topic/autonomy"]
    case = await owner.decide(case, DecisionKind.EDIT, arguments={"text": "It is on its way."})
    assert (case.status in ENDED, (case.reply or "").endswith("It is on its way.")) == (True, True)


async def test_in_draft_a_person_owns_the_case_with_the_draft(owner: Owner) -> None:
    owner.dial("order_status", autonomy="draft")
    case = await owner.ask()
    assert (case.status, case.reason, case.approvals) == ("WithHuman", "draft", [])
    packet = await owner.home.cases.handoff(case.case_id)
    assert packet is not None
    assert "is shipped" in (packet.suggested_reply or "")


async def test_off_and_whatever_routing_sends_to_people_meets_no_model(owner: Owner) -> None:
    owner.dial("order_status", autonomy="off")
    customer = (await owner.home.order(status="delivered")).customer_id
    open_ = owner.home.open
    cases = {
        "autonomy_off": await owner.ask(),
        "risk": await open_(customer, "My card was stolen and somebody is shopping with it in your store!"),
        "customer_asked": await open_(customer, "Let me talk to a real person about my refund, please."),
        "out_of_scope": await open_(customer, "Can you recommend a good pasta recipe for eight guests?"),
        "frustrated": await open_(customer, "WHERE IS MY REFUND?!! This is ridiculous, you are USELESS!!! Money back NOW!!!"),
    }
    for reason, case in cases.items():
        assert (case.status, case.reason, case.usage.calls) == ("WithHuman", reason, 0), case
        assert await owner.home.model.requests(case.case_id) == []
    packet = await owner.home.cases.handoff(cases["frustrated"].case_id)
    assert packet is not None
    assert [one.frustration > 0.7 for one in packet.sentiment] == [True]


async def test_a_review_gate_opens_with_good_reviews_and_the_topic_answers_alone(owner: Owner) -> None:
    owner.dial("order_status", review_gate={"cases": 2, "days": 14, "round": 7})
    first, second = await owner.ask(), await owner.ask()
    assert first.status == second.status == "AwaitingApproval"
    assert "Review gate: 0 of 2 cases reviewed" in first.approvals[0].request.reasons[0]
    assert first.approvals[0].request.rules == ["review_gate/autonomy"]
    for case in (first, second):
        assert (await owner.decide(case, DecisionKind.APPROVE)).status in ENDED
    assert (await owner.ask()).status in ENDED


async def test_an_effect_waits_where_routing_is_less_sure_than_the_gate_asks_for(owner: Owner) -> None:
    owner.dial("refund", gates={"effects": 1.0})
    order = await owner.home.order(**SMALL)
    text = f"One mug of order {order.order_id} arrived broken. Could you refund 11.50 USD for it please?"
    case = await owner.home.open(order.customer_id, text)
    assert (case.status, case.approvals[0].request.action) == ("AwaitingApproval", "refund_order")
    assert "topic/confidence_gate" in case.approvals[0].request.rules
    await owner.home.cases.decide(case.case_id, decision(case, DecisionKind.REJECT))


async def test_the_third_question_in_a_row_is_not_asked(owner: Owner) -> None:
    await owner.home.model.script("", ASKS, times=None)
    case = await owner.ask()
    for turn, text in enumerate(["The blue one, I think.", "I do not have the number at hand."], start=2):
        assert (case.status, case.turn) == ("AwaitingCustomer", turn - 1)
        await owner.home.cases.say(case.case_id, text)
        case = await owner.answered(case, turn)
    assert (case.status, case.reason) == ("WithHuman", "no_progress")
    packet = await owner.home.cases.handoff(case.case_id)
    assert packet is not None
    assert (packet.suggested_reply, [one.turn for one in packet.sentiment]) == (ASKS["reply"], [1, 2, 3])


async def test_an_answered_question_that_comes_again_goes_to_a_person(owner: Owner) -> None:
    order = await owner.home.order(status="shipped")
    text = f"Where is my order {order.order_id}?"
    case = await owner.home.open(order.customer_id, text)
    assert case.status in ENDED
    await owner.home.rows(
        "update handrail.messages set at = at - interval '1 minute' where case_id = %(c)s returning 1", c=case.case_id
    )
    await owner.home.cases.say(case.case_id, f"Hello? {text.upper()}")
    case = await owner.home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (case.reason, case.turn) == ("repeated_question", 2)


async def test_a_second_contact_about_the_same_thing_goes_to_a_person_and_another_thing_does_not(owner: Owner) -> None:
    orders = [await owner.home.strangers_order(status="shipped"), await owner.home.order(status="shipped", language="de")]
    same = orders[0]
    first = await owner.home.open(same.customer_id, f"Where is my order {same.order_id}?", channel="web")
    assert first.status in ENDED
    other = await owner.home.open(same.customer_id, f"Where is my order {orders[1].order_id}?", channel="web")
    assert other.reason != "second_contact"
    again = await owner.home.open(same.customer_id, f"Order {same.order_id} is still not here, where is it?", channel="web")
    assert (again.status, again.reason, again.usage.calls) == ("WithHuman", "second_contact", 0)
    packet = await owner.home.cases.handoff(again.case_id)
    assert packet is not None
    assert first.case_id in packet.escalation.words


@dataclass
class Unsure:
    """A router that cannot tell."""

    async def classify(self, text: str, *, topic_before: str | None, flags: Any = (), language: Any = None) -> Classification:
        return Classification(topic=OUT_OF_SCOPE, confidence=0.4, abstained=True, reasons=["nobody could tell"])


async def test_a_model_is_asked_what_it_is_about_only_where_routing_cannot_tell(owner: Owner) -> None:
    def sorts(topic: str) -> dict[str, Any]:
        arguments = {"topic": topic, "risk": "low", "confidence": 0.9, "why": "its words"}
        return {"calls": [{"tool": "sort_message", "arguments": arguments}]}

    order = await owner.home.order(status="shipped")
    at_home = replace(owner.home, world=replace(owner.home.world, router=Unsure()))
    async with deployed(at_home) as unsure:
        told = await unsure.open(order.customer_id, f"Where is my order {order.order_id}?")
        assert (told.status in ENDED, told.topic, told.usage.calls) == (True, "order_status", 2)
        asked = [str(one) for one in await unsure.model.requests(told.case_id)]
        assert ["sort_message" in one for one in asked] == [True, False]
        await unsure.model.script("Nanna", sorts("fraud"))
        people = await unsure.open(order.customer_id, "My Nanna says hello.")
        await unsure.model.script("Nonno", {"status": 500}, times=None)
        nobody = await unsure.open(order.customer_id, "My Nonno says hello.")
    assert (people.status, people.reason, people.topic, people.usage.calls) == ("WithHuman", "people_only", "fraud", 1)
    assert (nobody.status, nobody.reason) == ("WithHuman", "out_of_scope")
    assert len(await owner.home.model.requests(nobody.case_id)) == 1


async def test_the_shop_asks_the_customer_before_it_cancels_or_redirects_and_only_a_yes_lets_it(owner: Owner) -> None:
    ends = {}
    for said in ("yes, please", "no"):
        order = await owner.home.order(status="paid", total_under=90, language="en")
        case = await owner.home.open(order.customer_id, f"Please cancel order {order.order_id}.")
        assert case.status == "AwaitingCustomer", case
        assert case.confirmation is not None
        assert f"Cancel order {order.order_id}. " in (case.reply or "")
        assert "This cannot be undone." in (case.reply or "")
        assert case.effects == []
        await owner.home.cases.say(case.case_id, said)
        case = await owner.answered(case, 2)
        ends[said] = ([one.action for one in case.effects], case.confirmation, case.status)
        assert ("I have cancelled order" in (case.reply or "")) is (said != "no"), case.reply
    assert ends == {"yes, please": (["cancel_order"], None, "Resolved"), "no": ([], None, "Resolved")}
    order = await owner.home.order(status="shipped", total_over=20)
    case = await owner.home.open(
        order.customer_id, f"Please send order {order.order_id} to 7 Orchard Way, 31200 Elmsworth, US."
    )
    assert "7 Orchard Way, 31200 Elmsworth" in (case.reply or "")
    await owner.home.cases.say(case.case_id, "yes")
    case = await owner.home.until(case.case_id, lambda view: view.status == "AwaitingApproval")
    assert (case.effects, case.confirmation, case.topic) == ([], None, "change_address")
