"""The retail example without any server: its files, its reference, and how tasks become plays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from examples.retail import business
from examples.retail.conformance import suite
from examples.retail.data import source
from examples.retail.data.document import Database
from examples.retail.tasks.reference import Reference, ToolRefused
from handrail.business import Kind
from handrail.conformance.differences import differences
from handrail.conformance.plays import PlayedCall, package_of
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.matrix.loader import FileMatrix
from handrail.policies.loader import FilePolicies
from handrail.topics.loader import FileTopics
from tests.support import retailer

EFFECTS = [tool.name for tool in business.tools if tool.kind is Kind.EFFECT]


@pytest.fixture
def shop() -> Reference:
    return Reference(retailer.shop())


def test_the_definitions_load_and_each_effect_belongs_to_one_topic() -> None:
    topics = FileTopics(business.folder / "topics", business.by_name).all()
    policies = FilePolicies(business.folder / "policies", facts=business.facts, tools=list(business.by_name), effects=EFFECTS)
    assert sorted(tool for topic in topics for tool in topic.tools if tool in EFFECTS) == sorted(EFFECTS)
    assert all(policy.examples for policy in policies.all())
    assert len(FileMatrix(business.folder / "matrix.yaml", topics=[topic.name for topic in topics]).all()) >= 12


def test_a_cancellation_pays_everything_back(shop: Reference) -> None:
    shop.apply("cancel_pending_order", {"order_id": "#A2", "reason": "no longer needed"})
    order = shop.db["orders"]["#A2"]
    assert (order["status"], order["cancel_reason"]) == ("cancelled", "no longer needed")
    assert [one["transaction_type"] for one in order["payment_history"]] == ["payment", "refund"]
    assert shop.db["users"]["ada_lark_1"]["payment_methods"]["gift_ada"]["balance"] == 38.4


def test_items_get_their_own_price_and_options(shop: Reference) -> None:
    shop.apply(
        "modify_pending_order_items",
        {
            "order_id": "#A1",
            "item_ids": ["mug-s", "lamp-red"],
            "new_item_ids": ["mug-l", "lamp-blue"],
            "payment_method_id": "gift_ada",
        },
    )
    order = shop.db["orders"]["#A1"]
    assert [(item["item_id"], item["price"]) for item in order["items"]] == [("mug-l", 12.35), ("lamp-blue", 35.15)]
    assert order["payment_history"][-1] == {"transaction_type": "refund", "amount": 1.0, "payment_method_id": "gift_ada"}
    assert shop.db["users"]["ada_lark_1"]["payment_methods"]["gift_ada"]["balance"] == 21.0
    with pytest.raises(ToolRefused):
        shop.apply("cancel_pending_order", {"order_id": "#A1", "reason": "no longer needed"})


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("cancel_pending_order", {"order_id": "#A3", "reason": "no longer needed"}),
        ("cancel_pending_order", {"order_id": "#A1", "reason": "found it cheaper"}),
        ("return_delivered_order_items", {"order_id": "#A3", "item_ids": ["mug-s"], "payment_method_id": "paypal_ada"}),
        ("return_delivered_order_items", {"order_id": "#A3", "item_ids": ["mug-s"] * 2, "payment_method_id": "card_ada"}),
        ("modify_pending_order_payment", {"order_id": "#A1", "payment_method_id": "gift_ada"}),
        ("modify_pending_order_payment", {"order_id": "#A1", "payment_method_id": "card_ada"}),
        ("modify_user_address", {"user_id": "ada_lark_1", "city": "Elm"}),
        ("no_such_tool", {}),
    ],
)
def test_what_the_reference_refuses_changes_nothing(shop: Reference, tool: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ToolRefused):
        shop.apply(tool, arguments)
    assert shop.db == retailer.shop()


def test_tasks_become_turns_within_topics(tmp_path: Path) -> None:
    made = suite(retailer.write(tmp_path), tmp_path)
    swaps, people, money, nothing = (made.play(task) for task in made.tasks)
    assert [play.customer_id for play in (swaps, people, money, nothing)] == [
        "ada_lark_1",
        "ada_lark_1",
        "ben_moss_2",
        "cy_fenn_3",
    ]
    assert [[call.tool for call in turn.calls] for turn in swaps.turns] == [
        ["find_user_id_by_name_zip", "get_order_details", "exchange_delivered_order_items", "calculate"],
        ["modify_pending_order_items"],
    ]
    assert [turn.hands_over for turn in people.turns] == [True, False, False]
    assert len(money.turns) == 3
    assert nothing.calls == []


def test_each_task_is_made_worse_in_ways_that_the_reference_would_not_all_stop(tmp_path: Path) -> None:
    made = suite(retailer.write(tmp_path), tmp_path)
    kinds = {task: [play.kind for play in made.worse(task, every=True)] for task in made.tasks}
    assert kinds["swaps"] == [
        "second_change",
        "wrong_payment_method",
        "another_product",
        "delivered_cancelled",
        "another_customer",
    ]
    assert kinds["nothing"] == ["delivered_cancelled", "another_customer"]
    for play in (play for task in made.tasks for play in made.worse(task, every=True)):
        (worse,) = [call for call in play.calls if call.worse]
        before = play.calls[: play.calls.index(worse)]
        reached = made.expected([*before, worse]) != made.expected(before)
        assert reached is (play.kind == "another_customer"), play
        if play.kind == "another_customer" and "order_id" in worse.arguments:
            owner = retailer.shop()["orders"][worse.arguments["order_id"]]["user_id"]
            assert owner != play.customer_id


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda tasks: tasks[0]["evaluation_criteria"]["actions"][1].update(name="get_weather"), "actions.1.name"),
        (lambda tasks: tasks[0]["evaluation_criteria"]["actions"][0].pop("name"), "name: Field required"),
        (lambda tasks: tasks[1].update(id=tasks[0]["id"]), "stands there twice"),
        (lambda tasks: tasks[3].update(user_scenario=None), "which customer"),
        (lambda tasks: tasks[0].update(initial_state={"agent_data": {}}), "initial_state"),
    ],
)
def test_a_file_of_tasks_that_cannot_be_used_says_where(tmp_path: Path, change: Any, words: str) -> None:
    file = retailer.write(tmp_path)
    tasks = json.loads(file.read_text())
    change(tasks)
    file.write_text(json.dumps(tasks))
    with pytest.raises(InvalidInput, match="--tasks") as refused:
        suite(file, tmp_path)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_absent_or_other_data_is_named_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(source.SETTING, str(tmp_path))
    with pytest.raises(InvalidInput, match=r"HANDRAIL_RETAIL_DATA.*brings no data of its own"):
        source.read()
    (tmp_path / "db.json").write_text('{"users": {}, "orders": {}}')
    with pytest.raises(InvalidInput, match=r"products: Field required"):
        source.read()


def test_a_document_survives_being_read() -> None:
    assert Database.model_validate(retailer.shop()).plain() == retailer.shop()


def test_differences_name_the_place() -> None:
    assert differences({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}, 4]}) == [
        "a.1.b: 3 instead of 2",
        "a.2: 4 instead of 'nothing'",
    ]
    assert differences({"a": 1}, {"a": 1}) == []


def test_a_call_is_recognised_with_what_was_pinned() -> None:
    call = PlayedCall("pay", {"amount": 3})
    assert call.made("pay", {"amount": 3, "pinned": True})
    assert not call.made("pay", {"amount": 4, "pinned": True})
    assert not call.made("give", {"amount": 3})


def test_packages_go_by_an_examples_name_or_their_own() -> None:
    assert package_of("retail") == "examples.retail"
    assert package_of("handrail.shop") == "handrail.shop"
    with pytest.raises(DefinitionInvalid, match="no package 'nowhere'"):
        package_of("nowhere")
