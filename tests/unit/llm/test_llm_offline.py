"""The rules never fall over, and read money, order numbers and addresses as people write them."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.llm.offline.behaviour import extract
from handrail.llm.offline.behaviour.delivery import CallTool, Say
from handrail.llm.offline.behaviour.lexicon import _phrases, actions, phrase, says
from handrail.llm.offline.behaviour.rules import decide
from handrail.llm.offline.reading import Conversation, MadeCall, blocks
from handrail.llm.offline.wire import ToolFunction
from handrail.shop import business

TOOLS = {tool.name: ToolFunction(name=tool.name, parameters=tool.arguments.model_json_schema()) for tool in business.tools}
KEYS = st.sampled_from(
    [
        "order_id",
        "payment_id",
        "status",
        "items",
        "name",
        "refundable_usd",
        "refunded_usd",
        "shipment",
        "shipped_on",
        "amount_usd",
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["O-12345", "paid", "shipped", "lamp", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=15,
)
WORDS = st.lists(
    st.sampled_from(
        [
            "refund",
            "cancel",
            "address",
            "password",
            "where is",
            "order",
            "O-12345",
            "O-99999",
            "lamp",
            "payment",
            "thanks",
            "$5",
            "last order",
        ]
    )
    | st.text(max_size=10),
    max_size=6,
).map(" ".join)


@given(
    st.lists(WORDS, max_size=3),
    st.dictionaries(st.sampled_from(["list_orders", "get_order", "list_payments"]), VALUES, max_size=3),
    st.lists(
        st.builds(MadeCall, st.sampled_from(sorted(TOOLS)), st.just({"order_id": "O-12345"}), VALUES, st.booleans()),
        max_size=3,
    ),
    st.lists(WORDS, max_size=1),
    st.sampled_from([None, "en", "de", "fr", "es", "xx"]),
    st.sets(st.sampled_from(sorted(TOOLS))),
)
def test_whatever_is_on_the_wire_there_is_a_move(
    texts: list[str], context: dict[str, Any], done: list[MadeCall], feedback: list[str], language: str | None, tools: set[str]
) -> None:
    conversation = Conversation(
        said=texts,
        context=context,
        done=done,
        feedback=feedback,
        language=language,
        tools={name: TOOLS[name] for name in tools},
    )
    move = decide(conversation)
    if isinstance(move, CallTool):
        assert move.tool in tools
        assert move.arguments.keys() <= TOOLS[move.tool].parameters["properties"].keys()
    else:
        assert isinstance(move, Say)
        assert move.reply
        assert not re.search(r"\{[a-z_]+\}", move.reply)
    assert decide(conversation) == move


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$45", 45.0),
        ("45.5 USD", 45.5),
        ("1,234.50 dollars", 1234.5),
        ("1.234,50 €", 1234.5),
        ("12,5 euros", 12.5),
        ("USD 1,000", 1000.0),
        ("first $10, no: $20", 20.0),
        ("order O-12345 of 3 lamps", None),
    ],
)
def test_amounts(text: str, amount: float | None) -> None:
    assert extract.amount(text) == amount


def test_orders_are_named_once_each_in_order() -> None:
    assert extract.orders("o-10021, O-10020 and O-10021; also O12345 but not NO-1 or 12345") == [
        "O-10021",
        "O-10020",
        "O-12345",
    ]


def test_no_address_in_a_sentence_without_one() -> None:
    assert extract.address("I bought 3 lamps on 12 May 2026, order O-12345, and paid 80 USD") == {}


def test_a_country_is_read_behind_the_address() -> None:
    assert extract.address("Ringstraße 9, 1010 Wien, Österreich")["country"] == "AT"


def test_every_language_has_every_phrase_with_the_same_facts() -> None:
    english = _phrases()["en"]
    for language, phrases in _phrases().items():
        assert phrases.keys() == english.keys(), language
        assert phrases["status"].keys() == english["status"].keys()
        for name, text in english.items():
            if name != "status":
                assert _fields(phrases[name]) == _fields(text), (language, name)
    assert phrase("de", "order", order_id="O-1", status="on the moon") == "Die Bestellung O-1 ist on the moon."


def _fields(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}


@pytest.mark.parametrize("action", actions())
def test_no_action_is_seen_in_plain_words(action: str) -> None:
    assert not says("Hello, how are you today? I like the colour.", "actions", action)


@pytest.mark.parametrize("piece", ["a ", "1 a ", "a", "1", "1,", "to at ", "a 1,\n", " ", "O-", "<data ", "call "])
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * 8_000)[:8_000]
    started = time.process_time()
    decide(Conversation(said=[text], tools=TOOLS))
    extract.address(text)
    blocks(text)
    assert time.process_time() - started < 1
