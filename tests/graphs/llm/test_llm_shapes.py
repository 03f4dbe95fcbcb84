"""Shapes of an answer that servers really send, over the wire: taken where the meaning is certain, refused where it is not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from handrail.domain.case.classification import Risk
from handrail.domain.errors import ModelRejected, ModelUnavailable
from handrail.domain.llm.agent import Disposition, Usage
from handrail.domain.llm.consulting import Choice, ConsultQuestion
from handrail.llm.chat import ChatModel
from handrail.llm.parsing.shapes import UNREADABLE, mended
from tests.support.scripted import Scripted, asking

COUNTED = {"prompt_tokens": 900, "completion_tokens": 30, "total_tokens": 930}
SAID = {"reply": "It is on its way.", "confidence": 0.9, "disposition": "resolved"}
ORDER = {"order_id": "O-10001"}
ONE = json.dumps(SAID)
NESTED = '{"order_id": ' + "[" * 300 + "]" * 300 + "}"


def call(arguments: Any, name: str = "get_order", **fields: Any) -> dict[str, Any]:
    return {"id": "call_a", "type": "function", "function": {"name": name, "arguments": arguments}, **fields}


def body(message: dict[str, Any], finish: str | None = "stop", **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    head = {"id": "c", "object": "chat.completion", "created": 1, "model": "m-1", "usage": COUNTED}
    return {**head, "choices": [choice], **fields}


def calling(*calls: Any, **fields: Any) -> dict[str, Any]:
    return body({"content": None, "tool_calls": list(calls)}, **{"finish": "tool_calls", **fields})


def saying(content: Any, **fields: Any) -> dict[str, Any]:
    return body({"content": content}, **fields)


@pytest.fixture
async def model(server: Scripted) -> AsyncIterator[ChatModel]:
    client = server.model(timeout_seconds=5, price_prompt=1.0, price_completion=10.0)
    yield client
    await client.aclose()


CALLS = {
    "as the protocol says": calling(call(json.dumps(ORDER))),
    "arguments as an object": calling(call(ORDER)),
    "arguments encoded twice": calling(call(json.dumps(json.dumps(ORDER)))),
    "arguments in a fence": calling(call(f"```json\n{json.dumps(ORDER)}\n```")),
    "an empty id": calling(call(ORDER, id="")),
    "no id": calling({"function": {"name": "get_order", "arguments": json.dumps(ORDER)}}),
    "an id that is a number": calling(call(json.dumps(ORDER), id=7)),
    "no type": calling({"id": "x", "function": {"name": "get_order", "arguments": json.dumps(ORDER)}}),
    "the same call twice under one id": calling(call(json.dumps(ORDER)), call(json.dumps(ORDER))),
    "a finish reason that says stop": calling(call(json.dumps(ORDER)), finish="stop"),
    "no finish reason": calling(call(json.dumps(ORDER)), finish=None),
    "the legacy function call": body({"content": "", "function_call": {"name": "get_order", "arguments": json.dumps(ORDER)}}),
    "one call that is no list": body({"content": None, "tool_calls": call(json.dumps(ORDER))}),
    "a call that is flat": calling({"id": "x", "name": "get_order", "arguments": ORDER}),
    "no role": {**calling(), "choices": [{"message": {"tool_calls": [call(ORDER)]}, "finish_reason": "tool_calls"}]},
    "a namespace before the name": calling(call(json.dumps(ORDER), name="functions.get_order")),
    "content beside the call": body({"content": "Let me look.", "tool_calls": [call(json.dumps(ORDER))]}),
    "thoughts beside the call": body({"content": "<think>Hm.</think>", "tool_calls": [call(json.dumps(ORDER))]}),
    "no content at all": body({"tool_calls": [call(json.dumps(ORDER))]}),
    "no fingerprint, no model": {**calling(call(json.dumps(ORDER))), "model": None},
}


@pytest.mark.parametrize("shape", CALLS)
async def test_a_call_is_taken_where_its_meaning_is_certain(server: Scripted, model: ChatModel, shape: str) -> None:
    server.script({"body": CALLS[shape]}, times=None)
    answer = await model.complete(asking("Where is O-10001?"))
    (found,) = answer.calls
    assert (found.tool, found.arguments, answer.reply) == ("get_order", ORDER, None)
    assert found.call_id
    assert answer.usage.model_copy(update={"seconds": 0}) == Usage(
        calls=1, prompt_tokens=900, completion_tokens=30, cost_usd=0.0012
    )


ANSWERS = {
    "as the protocol says": calling(call(ONE, "answer")),
    "arguments as an object": calling(call(SAID, "answer")),
    "one field more": calling(call({**SAID, "reasoning": "The parcel left yesterday."}, "answer")),
    "the same answer twice": calling(call(ONE, "answer"), call(ONE, "answer", id="call_b")),
    "content": saying(ONE),
    "thoughts before it": saying(f"<think>\nThe parcel {{left}}.\n</think>\n\n{ONE}"),
    "thoughts whose beginning the template ate": saying(f"The parcel left.\n</think>\n{ONE}"),
    "two thoughts": saying(f"<think>a</think><think>b</think>{ONE}"),
    "a fence": saying(f"```json\n{ONE}\n```"),
    "a fence in words": saying(f"Here is my answer:\n```\n{ONE}\n```\nI hope it helps."),
    "thoughts, then a fence": saying(f"<think>Hm.</think>\n```json\n{ONE}\n```"),
    "content in parts": saying([{"type": "text", "text": ONE[:10]}, {"type": "text", "text": ONE[10:]}]),
    "a call that the server took for content": saying(json.dumps({"name": "answer", "arguments": SAID})),
    "capitals": calling(call({**SAID, "disposition": "Resolved"}, "answer")),
    "a number as text": calling(call({**SAID, "confidence": "0.9"}, "answer")),
    "a finish reason that promises calls": saying(ONE, finish="tool_calls"),
    "a finish reason of its own": saying(ONE, finish="eos"),
    "an empty list of calls": body({"content": ONE, "tool_calls": []}),
    "no calls": body({"content": ONE, "tool_calls": None}),
    "reasoning in a field of its own": body({"content": ONE, "reasoning_content": "The parcel left."}),
}


@pytest.mark.parametrize("shape", ANSWERS)
async def test_an_answer_is_taken_where_its_meaning_is_certain(server: Scripted, model: ChatModel, shape: str) -> None:
    server.script({"body": ANSWERS[shape]}, times=None)
    answer = await model.complete(asking("Where is O-10001?"))
    assert (answer.reply, answer.confidence, answer.calls) == (SAID["reply"], 0.9, [])
    assert answer.disposition is Disposition.RESOLVED
    assert answer.usage.calls == 1


REFUSED = {
    "arguments that are cut off": calling(call('{"order_id": "O-1')),
    "arguments that are no object": calling(call("[1]")),
    "arguments that say one field twice": calling(call('{"order_id": "O-10001", "order_id": "O-10002"}')),
    "arguments nested deeper than anybody keeps": calling(call(NESTED)),
    "arguments nested deeper than JSON is read": calling(call('{"order_id": ' + "[" * 9_000 + "]" * 9_000 + "}")),
    "an answer nested deeper than JSON is read": saying("[" * 9_000 + "]" * 9_000),
    "one good call and one broken": calling(call(json.dumps(ORDER)), call("{", id="call_b")),
    "a call without anything": calling("get_order"),
    "two different answers": calling(call(ONE, "answer"), call({**SAID, "reply": "No."}, "answer", id="call_b")),
    "a thought without an end": saying(f"<think>I might say\n```json\n{ONE}\n```"),
    "two fences": saying(f"```json\n{ONE}\n```\nor\n```json\n{ONE}\n```"),
    "a call of a tool as content": saying(json.dumps({"name": "get_order", "arguments": ORDER})),
    "words before it": saying(f"Sure! {ONE}"),
    "an answer that says one field twice": saying(ONE[:-1] + ', "reply": "No."}'),
    "a confidence of 95": calling(call({**SAID, "confidence": 95}, "answer")),
    "no reply": calling(call({"confidence": 0.9, "disposition": "resolved"}, "answer")),
    "null": calling(call("null", "answer")),
    "nothing": body({"content": None}),
}


@pytest.mark.parametrize("shape", REFUSED)
async def test_what_could_mean_two_things_is_asked_for_once_more(server: Scripted, model: ChatModel, shape: str) -> None:
    server.script({"body": REFUSED[shape]}, times=None)
    with pytest.raises(ModelRejected, match="2 answers could not be used"):
        await model.complete(asking("Where is O-10001?"))
    assert len(server.asked()) == 2


def test_an_object_that_is_nested_too_deep_is_no_arguments() -> None:
    (choice,) = mended(calling(call(json.loads(NESTED))))["choices"]
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == UNREADABLE


@pytest.mark.parametrize("finish", ["length", "max_tokens", "MAX_TOKENS", "model_length", "content_filter", "SAFETY"])
@pytest.mark.parametrize("message", [{"tool_calls": [call(json.dumps(ORDER))]}, {"content": ONE}])
async def test_an_answer_that_is_not_whole_is_never_acted_on(
    server: Scripted, model: ChatModel, message: dict[str, Any], finish: str
) -> None:
    server.script({"body": body(message, finish)}, times=None)
    with pytest.raises(ModelRejected):
        await model.complete(asking("Where is O-10001?"))
    assert len(server.asked()) == 1


@pytest.mark.parametrize(
    "whole",
    [
        body({"content": ONE}, "error"),
        {"error": {"message": "overloaded", "code": 529}},
        {**body({}), "choices": []},
        {**body({}), "choices": None},
        {**body({}), "choices": [{"index": 0}]},
        "",
        "[" * 50_000,
        [],
    ],
)
async def test_what_is_no_completion_is_worth_another_try(server: Scripted, model: ChatModel, whole: Any) -> None:
    server.script({"body": whole}, times=None)
    with pytest.raises(ModelUnavailable):
        await model.complete(asking("Where is O-10001?"))
    assert len(server.asked()) == 1


async def test_different_calls_under_one_id_are_two_calls(server: Scripted, model: ChatModel) -> None:
    other = {"order_id": "O-10002"}
    server.script({"body": calling(call(ORDER), call(other), call(ORDER, id=""))})
    answer = await model.complete(asking("Where are my orders?"))
    assert [one.arguments for one in answer.calls] == [ORDER, other, ORDER]
    assert len({one.call_id for one in answer.calls}) == 3


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": -5, "completion_tokens": None},
        {"prompt_tokens": "many", "total_tokens": 12},
        "none",
    ],
)
async def test_a_cost_that_nobody_counted_is_estimated_and_not_zero(
    server: Scripted, model: ChatModel, usage: dict[str, Any] | None
) -> None:
    text = "Where is my order O-10001? " * 200
    server.script({"body": body({"content": ONE}, usage=usage)})
    found = (await model.complete(asking(text))).usage
    assert found.estimated
    assert found.prompt_tokens >= len(text) / 2
    assert found.completion_tokens >= len(ONE) / 2
    assert found.cost_usd == pytest.approx((found.prompt_tokens + 10 * found.completion_tokens) / 1e6)
    assert found.plus(Usage()).estimated
    assert Usage().plus(found).estimated


async def test_what_was_counted_is_not_estimated(server: Scripted, model: ChatModel) -> None:
    counted = {"input_tokens": 700, "output_tokens": "20"}
    server.script({"body": body({"content": ONE}, usage=counted)})
    server.script({"body": body({"content": ONE}, usage={"prompt_tokens": 700})})
    known = (await model.complete(asking("hello"))).usage
    assert (known.prompt_tokens, known.completion_tokens, known.estimated) == (700, 20, False)
    half = (await model.complete(asking("hello"))).usage
    assert (half.prompt_tokens, half.estimated) == (700, True)
    assert half.completion_tokens >= len(ONE) / 2


@pytest.mark.parametrize(
    "whole",
    [
        calling(call({"topic": "refund", "risk": "low", "confidence": 0.7, "why": "money"}, "sort_message", id="")),
        saying('<think>Money.</think>\n{"topic": "refund", "risk": "low", "confidence": 0.7, "why": "money"}'),
        saying('```json\n{"topic": "refund", "risk": "low", "confidence": 0.7, "why": "money"}\n```', usage=None),
    ],
)
async def test_an_opinion_comes_in_the_same_shapes(server: Scripted, model: ChatModel, whole: Any) -> None:
    server.script({"body": whole})
    choices = [Choice(name="refund", description="Money back")]
    found = await model.consult(ConsultQuestion(case_id="K-1", customer_id="C-1", text="money", choices=choices))
    assert (found.topic, found.risk, found.confidence) == ("refund", Risk.LOW, 0.7)
    assert found.usage.cost_usd > 0
