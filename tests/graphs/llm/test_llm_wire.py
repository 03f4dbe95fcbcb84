"""The offline model's own protocol: as OpenAI's client and as a bare HTTP client see it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from handrail.llm.offline.wire import OFFLINE_MODEL
from tests.support.scripted import KEY, Scripted, scripted, specs

PING = [{"role": "user", "content": "Hello there"}]
ANSWER_SCHEMA = {
    "type": "object",
    "properties": {"reply": {"type": "string"}, "confidence": {"type": "number"}, "disposition": {"type": "string"}},
}


def ask(server: Scripted, **fields: Any) -> httpx.Response:
    body = {"model": OFFLINE_MODEL, "messages": PING, **fields}
    return httpx.post(f"{server.url}/chat/completions", json=body, trust_env=False, timeout=10)


def tool(name: str) -> dict[str, Any]:
    (spec,) = specs(name)
    return {"type": "function", "function": {"name": name, "description": "", "parameters": spec.parameters}}


def message(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["choices"][0]["message"]
    return found


def test_it_says_that_it_is_offline(server: Scripted) -> None:
    models = httpx.get(f"{server.url}/models", trust_env=False).json()
    assert [one["id"] for one in models["data"]] == ["handrail-offline-1", "handrail-offline-judge-1"]
    assert httpx.get(f"{server.url}/models/gpt-5", trust_env=False).status_code == 404
    assert httpx.get(f"{server.root}/health", trust_env=False).json()["status"] == "ok"


def test_plain_chat_without_tools(server: Scripted) -> None:
    answer = ask(server).json()
    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["choices"][0]["message"]["content"]
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"]


def test_equal_requests_have_equal_answers(server: Scripted) -> None:
    first, second = ask(server).json(), ask(server).json()
    assert first["choices"] == second["choices"]
    assert first["usage"] == second["usage"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{not json", None),
        (b'{"model": "handrail-offline-1", "messages": []}', "messages"),
        (b'{"model": "handrail-offline-1", "messages": [{"role": "king"}]}', "messages.0.role"),
        (b'{"messages": [{"role": "user", "content": "x"}]}', "model"),
    ],
)
def test_bad_requests_are_refused_in_openais_shape(server: Scripted, body: bytes, param: str | None) -> None:
    answer = httpx.post(f"{server.url}/chat/completions", content=body, trust_env=False)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


def test_another_model_is_not_found(server: Scripted) -> None:
    answer = ask(server, model="gpt-5")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


def test_structured_content_follows_the_schema(server: Scripted) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": ANSWER_SCHEMA}}
    content = json.loads(message(ask(server, response_format=wanted))["content"])
    assert content.keys() == {"reply", "confidence", "disposition"}
    assert json.loads(message(ask(server, response_format={"type": "json_object"}))["content"])["reply"]


def test_tool_choice_is_obeyed(server: Scripted) -> None:
    asked = [{"role": "user", "content": "Where is my order O-12345?"}]
    tools = [tool("get_order"), tool("list_orders")]
    free = message(ask(server, messages=asked, tools=tools))
    assert json.loads(free["tool_calls"][0]["function"]["arguments"]) == {"order_id": "O-12345"}
    assert "tool_calls" not in message(ask(server, messages=asked, tools=tools, tool_choice="none"))
    forced = {"type": "function", "function": {"name": "list_orders"}}
    named = message(ask(server, messages=asked, tools=tools, tool_choice=forced))
    assert named["tool_calls"][0]["function"]["name"] == "list_orders"
    required = message(ask(server, tools=tools, tool_choice="required"))
    assert required["tool_calls"][0]["function"]["name"] in ("get_order", "list_orders")


@pytest.mark.parametrize("include", [True, False])
def test_streaming_adds_up_to_the_same_answer(server: Scripted, include: bool) -> None:
    asked = [{"role": "user", "content": "Please refund 12.50 USD of order O-12345"}]
    tools = [tool("refund_order"), tool("get_order")]
    whole = message(ask(server, messages=asked, tools=tools))["tool_calls"][0]["function"]
    answer = ask(server, messages=asked, tools=tools, stream=True, stream_options={"include_usage": include})
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    events = [json.loads(line) for line in lines[:-1]]
    deltas = [one["choices"][0]["delta"] for one in events if one["choices"]]
    calls = [call["function"] for delta in deltas for call in delta.get("tool_calls", [])]
    assert {"name": calls[0]["name"], "arguments": "".join(call["arguments"] for call in calls)} == whole
    usages = [one["usage"] for one in events if one.get("usage")]
    assert len(usages) == int(include)
    assert [one["choices"][0]["finish_reason"] for one in events if one["choices"]][-1] == "tool_calls"


def test_streamed_text(server: Scripted) -> None:
    answer = ask(server, stream=True)
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    events = [json.loads(line) for line in lines[:-1]]
    text = "".join(one["choices"][0]["delta"].get("content") or "" for one in events)
    assert text == message(ask(server))["content"]


@pytest.mark.parametrize(
    "entry",
    [
        {"behaviour": {}},
        {"behaviour": {"sleep": 3}},
        {"behaviour": {"hang": True, "drop": True}},
        {"behaviour": {"status": 200}},
        {"behaviour": {"reply": "x"}, "times": 0},
        {"match": "x"},
    ],
)
def test_a_mistyped_script_is_refused(server: Scripted, entry: dict[str, Any]) -> None:
    answer = httpx.post(f"{server.root}/script", json=entry, trust_env=False)
    assert answer.status_code == 422
    assert server.left() == []


def test_entries_match_once_n_times_or_for_good_and_in_order(server: Scripted) -> None:
    server.script({"reply": "one"}, match="hello")
    server.script({"reply": "two"}, match="HELLO", times=2)
    server.script({"reply": "rest"}, times=None)
    assert [message(ask(server))["content"] for _ in range(5)] == ["one", "two", "two", "rest", "rest"]
    assert [entry["behaviour"] for entry in server.left()] == [{"reply": "rest"}]
    assert len(server.asked("Hello there")) == 5
    assert server.asked("good bye") == []


def test_a_match_looks_at_the_customers_last_words_unless_told_otherwise(server: Scripted) -> None:
    talk = [{"role": "system", "content": "secret word: plum"}, *PING]
    server.script({"reply": "seen"}, match="plum")
    assert message(ask(server, messages=talk))["content"] != "seen"
    server.clear()
    server.script({"reply": "seen"}, match="plum", anywhere=True)
    assert message(ask(server, messages=talk))["content"] == "seen"


def command(*flags: str) -> list[str]:
    return [sys.executable, "-m", "handrail.llm.offline", *flags]


def test_the_script_is_for_loopback_only() -> None:
    done = subprocess.run(command("--host", "0.0.0.0", "--scripted"), capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "127.0.0.1" in done.stderr


@pytest.fixture
def bare(servers: Path, unused_tcp_port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    child = subprocess.Popen(
        command("--port", str(unused_tcp_port)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    root = f"http://127.0.0.1:{unused_tcp_port}"
    deadline = time.monotonic() + 30
    while not psutil.Process(child.pid).net_connections("tcp"):
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.02)
    yield child, root
    child.kill()
    child.communicate()


def test_without_the_flag_there_is_no_script_and_the_log_is_silent(bare: tuple[subprocess.Popen[str], str]) -> None:
    child, root = bare
    for path in ("script", "requests"):
        assert httpx.get(f"{root}/{path}", trust_env=False).status_code == 404
    child.send_signal(signal.SIGTERM)
    told, _ = child.communicate(timeout=30)
    assert told == ""


def test_it_stops_while_a_request_hangs(servers: Path) -> None:
    with scripted(servers) as server:
        server.script({"hang": True})
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                f"{server.url}/chat/completions", json={"model": OFFLINE_MODEL, "messages": PING}, timeout=0.5, trust_env=False
            )
        server.script({"latency_seconds": 60})
        with httpx.Client(trust_env=False) as client, pytest.raises(httpx.HTTPError):
            client.post(f"{server.url}/chat/completions", json={"model": OFFLINE_MODEL, "messages": PING}, timeout=0.5)
        started = time.monotonic()
    assert time.monotonic() - started < 8


def test_a_key_is_wanted_where_one_is_set(servers: Path) -> None:
    with scripted(servers, key=KEY) as server:
        answer = ask(server)
        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")
        assert httpx.get(f"{server.url}/models", trust_env=False).status_code == 401
        assert httpx.get(f"{server.root}/health", trust_env=False).status_code == 200
