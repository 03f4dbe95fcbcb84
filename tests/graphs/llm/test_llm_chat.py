"""The client against a real server that misbehaves on demand."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from langsmith.utils import get_env_var
from pydantic import SecretStr

from handrail.domain.errors import ModelFailed, ModelRejected, ModelUnavailable
from handrail.domain.llm.agent import Disposition
from handrail.embedded.ports import free_block
from handrail.llm.chat import ChatModel
from handrail.llm.offline.wire import FINGERPRINT, OFFLINE_MODEL
from tests.support.scripted import KEY, Scripted, asking, came, scripted, specs

WORDS = "Please refund the blue kettle of aunt Gerda"


@pytest.fixture(scope="module")
def guarded(servers: Path) -> Iterator[Scripted]:
    with scripted(servers, key=KEY) as server:
        yield server


@pytest.fixture
async def model(server: Scripted) -> AsyncIterator[ChatModel]:
    client = server.model(timeout_seconds=5)
    yield client
    await client.aclose()


async def failure(model: ChatModel, text: str = WORDS) -> ModelFailed:
    with pytest.raises(ModelFailed) as caught:
        await model.complete(asking(text))
    return caught.value


async def test_a_structured_answer_comes_with_usage_and_the_servers_words(server: Scripted, model: ChatModel) -> None:
    server.script({"reply": "It is on its way.", "confidence": 0.83, "disposition": "awaiting_customer"})
    answer = await model.complete(asking("hello"))
    assert (answer.reply, answer.confidence, answer.calls) == ("It is on its way.", 0.83, [])
    assert answer.disposition is Disposition.AWAITING_CUSTOMER
    assert (answer.model, answer.fingerprint) == (OFFLINE_MODEL, FINGERPRINT)
    assert answer.usage.calls == 1
    assert answer.usage.prompt_tokens > 100
    assert answer.usage.completion_tokens > 5
    assert 0 < answer.usage.seconds < 5


async def test_cost_follows_the_prices_per_million_tokens(server: Scripted) -> None:
    model = server.model(price_prompt=2.0, price_completion=10.0)
    usage = (await model.complete(asking("hello"))).usage
    await model.aclose()
    assert usage.cost_usd == pytest.approx((usage.prompt_tokens * 2 + usage.completion_tokens * 10) / 1e6)
    assert usage.cost_usd > 0


async def test_calls_come_through_unchecked_whatever_they_are(server: Scripted, model: ChatModel) -> None:
    wanted = [
        {"tool": "launch_rocket", "arguments": {"to": "moon"}},
        {"tool": "refund_order", "arguments": {"order_id": "O-99999", "amount": 1e6}},
    ]
    server.script({"calls": wanted})
    answer = await model.complete(asking(WORDS))
    assert [{"tool": call.tool, "arguments": call.arguments} for call in answer.calls] == wanted
    assert len({call.call_id for call in answer.calls}) == 2
    assert answer.reply is None


async def test_an_answer_beside_a_call_is_dropped(server: Scripted, model: ChatModel) -> None:
    done = {"reply": "Refunded!", "confidence": 1, "disposition": "resolved"}
    calls = [{"tool": "answer", "arguments": done}, {"tool": "get_order", "arguments": {"order_id": "O-12345"}}]
    server.script({"calls": calls})
    answer = await model.complete(asking(WORDS))
    assert ([call.tool for call in answer.calls], answer.reply) == (["get_order"], None)


async def test_nulls_for_what_was_left_out_do_not_reach_the_tool(server: Scripted, model: ChatModel) -> None:
    server.script({"calls": [{"tool": "list_orders", "arguments": {"status": None, "limit": 3}}]})
    answer = await model.complete(asking(WORDS))
    assert answer.calls[0].arguments == {"limit": 3}


async def test_the_servers_model_name_and_fingerprint_are_recorded(server: Scripted, model: ChatModel) -> None:
    server.script({"model": "other-9b", "fingerprint": "fp_x"})
    answer = await model.complete(asking("hello"))
    assert (answer.model, answer.fingerprint) == ("other-9b", "fp_x")


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
async def test_transient_statuses_are_unavailable_and_not_retried_here(
    server: Scripted, model: ChatModel, status: int
) -> None:
    server.script({"status": status, "retry_after": 7}, times=None)
    error = await failure(model)
    assert isinstance(error, ModelUnavailable)
    assert f"HTTP {status}" in str(error)
    assert "7 s" in str(error)
    assert len(server.asked()) == 1


async def test_a_quota_that_is_used_up_is_not_waited_for(server: Scripted, model: ChatModel) -> None:
    server.script({"status": 429, "code": "insufficient_quota", "retry_after": 7}, times=None)
    error = await failure(model)
    assert isinstance(error, ModelRejected)
    assert "quota is used up" in str(error)


async def test_the_wait_that_a_server_asks_for_reaches_the_error(server: Scripted, model: ChatModel) -> None:
    server.script({"status": 429, "headers": {"retry-after-ms": "1500", "Retry-After": "2"}})
    server.script({"status": 503, "headers": {"Retry-After": "Wed, 01 Jan 2250 00:00:00 GMT"}})
    server.script({"status": 500})
    waits = [error.wait for error in [await failure(model) for _ in range(3)] if isinstance(error, ModelUnavailable)]
    assert waits[0] == 1.5
    assert waits[1] is not None
    assert waits[1] > 1e9
    assert waits[2] is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_permanent_statuses_are_rejected(server: Scripted, model: ChatModel, status: int) -> None:
    server.script({"status": status, "code": "context_length_exceeded"}, times=None)
    error = await failure(model)
    assert isinstance(error, ModelRejected)
    assert f"HTTP {status} (context_length_exceeded)" in str(error)
    assert len(server.asked()) == 1


@pytest.mark.parametrize("behaviour", [{"drop": True}, {"page": True}])
async def test_a_lost_connection_and_a_proxys_page_are_unavailable(
    server: Scripted, model: ChatModel, behaviour: dict[str, Any]
) -> None:
    server.script(behaviour, times=None)
    assert isinstance(await failure(model), ModelUnavailable)
    assert len(server.asked()) == 1


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    model = ChatModel(model="m", base_url=f"http://127.0.0.1:{free_block(1)}/v1", timeout_seconds=5)
    assert isinstance(await failure(model), ModelUnavailable)
    await model.aclose()


@pytest.mark.parametrize("behaviour", [{"hang": True}, {"latency_seconds": 30}])
async def test_silence_ends_at_the_time_limit(server: Scripted, behaviour: dict[str, Any]) -> None:
    model = server.model(timeout_seconds=0.3)
    server.script(behaviour)
    started = time.monotonic()
    error = await failure(model)
    await model.aclose()
    assert isinstance(error, ModelUnavailable)
    assert "in time" in str(error)
    assert time.monotonic() - started < 30, "not before the server answered"


async def test_latency_below_the_limit_is_measured(server: Scripted, model: ChatModel) -> None:
    server.script({"latency_seconds": 0.4, "reply": "Late."})
    answer = await model.complete(asking("hello"))
    assert answer.reply == "Late."
    assert answer.usage.seconds >= 0.4


UNUSABLE = [
    {"malformed": True},
    {"empty": True},
    {"content": "Sure, I refunded it!"},
    {"reply": "Fine.", "confidence": 95},
    {"reply": "Fine.", "disposition": "done"},
    {"reply": ""},
]


@pytest.mark.parametrize("behaviour", UNUSABLE)
async def test_an_unusable_answer_is_asked_for_once_more(
    server: Scripted, model: ChatModel, behaviour: dict[str, Any]
) -> None:
    server.script(behaviour)
    server.script({"reply": "Better."})
    answer = await model.complete(asking("hello"))
    assert (answer.reply, answer.usage.calls) == ("Better.", 2)
    first, second = server.asked()
    assert "could not be used" not in first["text"]
    assert "could not be used" in second["text"]
    assert "I refunded it" not in second["text"]


@pytest.mark.parametrize("behaviour", UNUSABLE)
async def test_twice_unusable_is_rejected(server: Scripted, model: ChatModel, behaviour: dict[str, Any]) -> None:
    server.script(behaviour, times=None)
    error = await failure(model)
    assert isinstance(error, ModelRejected)
    assert len(server.asked()) == 2


async def test_an_answer_as_json_content_is_taken(server: Scripted, model: ChatModel) -> None:
    content = '```json\n{"reply": "Hallo.", "confidence": 0.5, "disposition": "resolved"}\n```'
    server.script({"content": content})
    answer = await model.complete(asking("hello"))
    assert (answer.reply, answer.usage.calls) == ("Hallo.", 1)


@pytest.mark.parametrize(
    "behaviour", [{"refusal": "I can't help with that."}, {"finish_reason": "length"}, {"finish_reason": "content_filter"}]
)
async def test_refusals_and_cut_answers_are_rejected_at_once(
    server: Scripted, model: ChatModel, behaviour: dict[str, Any]
) -> None:
    server.script(behaviour, times=None)
    assert isinstance(await failure(model), ModelRejected)
    assert len(server.asked()) == 1


@pytest.mark.parametrize("behaviour", [{"status": 401}, {"status": 500}, {"status": 400}, {"status": 429}, {"drop": True}])
async def test_errors_carry_neither_key_nor_customers_words(
    server: Scripted, model: ChatModel, behaviour: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    leak = {"message": f"Incorrect API key {KEY}; you sent: {WORDS}"} if "status" in behaviour else {}
    server.script({**behaviour, **leak})
    with caplog.at_level(logging.INFO):
        error = await failure(model)
    told = "".join(traceback.format_exception(error)) + str(error.args) + caplog.text
    assert KEY not in told
    assert "Gerda" not in told
    assert error.__cause__ is None
    assert error.__context__ is None


async def test_unusable_answers_carry_no_words_either(server: Scripted, model: ChatModel) -> None:
    server.script({"content": f"No: {WORDS}"}, times=None)
    assert "Gerda" not in "".join(traceback.format_exception(await failure(model)))


async def test_the_key_is_sent_and_never_shown(guarded: Scripted) -> None:
    right, wrong = guarded.model(), guarded.model(api_key=SecretStr("sk-wrong"))
    assert (await right.complete(asking("hello"))).reply
    with pytest.raises(ModelRejected, match=r"HTTP 401 .*OPENAI_API_KEY"):
        await wrong.complete(asking("hello"))
    assert KEY not in repr(vars(right)) + repr(right._chat)
    await right.aclose()
    await wrong.aclose()


async def test_an_unknown_model_names_the_setting(server: Scripted) -> None:
    model = server.model(model="gpt-unheard-of")
    with pytest.raises(ModelRejected, match=r"404 \(model_not_found\).*HANDRAIL_MODEL"):
        await model.complete(asking("hello"))
    await model.aclose()


async def test_the_environment_changes_nothing(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = f"http://127.0.0.1:{free_block(1)}/v1"
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "LANGSMITH_ENDPOINT", "LANGCHAIN_ENDPOINT", "OPENAI_PROXY"):
        monkeypatch.setenv(name, nowhere)
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_x")
    monkeypatch.setenv("LC_OUTPUT_VERSION", "responses/v1")
    cached: Any = get_env_var
    cached.cache_clear()
    traced: list[Any] = []
    for call in ("create_run", "update_run"):
        monkeypatch.setattr(f"langsmith.client.Client.{call}", lambda *args, **kwargs: traced.append(args))
    model, tracing = server.model(), server.model(trace=True)
    assert (await model.complete(asking("hello"))).reply
    assert traced == []
    assert (await tracing.complete(asking("hello"))).reply
    assert traced
    await model.aclose()
    await tracing.aclose()
    cached.cache_clear()


async def test_what_is_sent_names_the_case_and_offers_the_topics_tools_only(server: Scripted, model: ChatModel) -> None:
    await model.complete(asking("hello", "get_order", case_id="case-77"))
    (request,) = server.asked("case-77")
    assert request["tools"] == ["get_order", "answer"]
    assert server.asked("case-78") == []


async def test_a_tool_named_like_the_answer_is_refused_before_any_call(server: Scripted, model: ChatModel) -> None:
    clash = specs("get_order")[0].model_copy(update={"name": "answer"})
    with pytest.raises(ModelRejected, match="rename"):
        await model.complete(asking("hello", tools=[clash]))
    assert server.asked() == []


async def test_two_hundred_at_once(server: Scripted) -> None:
    model = server.model(timeout_seconds=60)
    server.script({"latency_seconds": 0.5}, times=None)
    started = time.monotonic()
    answers = await asyncio.gather(*(model.complete(asking(f"hello {n}")) for n in range(200)))
    await model.aclose()
    assert len([answer for answer in answers if answer.reply]) == 200
    assert time.monotonic() - started < 50
    assert len(server.asked()) == 200


async def test_exchanges_reach_the_server_as_calls_with_results(server: Scripted, model: ChatModel) -> None:
    result = {"order_id": "O-12345", "status": "shipped"}
    answer = await model.complete(asking("Where is O-12345?", exchanges=[came("get_order", {"order_id": "O-12345"}, result)]))
    assert answer.reply == "Order O-12345 is shipped."
