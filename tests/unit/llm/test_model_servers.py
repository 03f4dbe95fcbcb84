"""Which model server the environment names, and what is said of it before anything starts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr, ValidationError

from handrail.cli.stacks.reach import look
from handrail.embedded.ports import free_block
from handrail.embedded.process import StackFailed
from handrail.llm.chat import ChatModel
from handrail.settings import Settings
from tests.support.scripted import asking


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HANDRAIL_MODEL"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def serving(key: str | None = None, wanted: str | None = None, unlisted: int | None = None) -> Iterator[str]:
    """A server that has its models under /v1 and nothing else, as Ollama does; gives its root.

    `wanted` is a header without which it answers 400, as Portkey's gateway does; `unlisted` is what it says instead of a list.
    """

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

        def do_GET(self) -> None:
            refused = key is not None and self.headers["Authorization"] != f"Bearer {key}"
            status = 404 if self.path != "/v1/models" else 401 if refused else unlisted or 200
            status = 400 if wanted and wanted not in self.headers else status
            self._send(status, {"data": [{"id": "llama3.1:8b"}]})

        def do_POST(self) -> None:
            """An answer whose reply is the headers that came."""
            self.rfile.read(int(self.headers["Content-Length"]))
            reply = json.dumps({name.lower(): value for name, value in self.headers.items()})
            said = json.dumps({"reply": reply, "confidence": 1, "disposition": "resolved"})
            self._send(200, {"choices": [{"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}]})

        def _send(self, status: int, answer: object) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


async def test_nothing_is_said_of_the_offline_model() -> None:
    assert await look(Settings()) == []


async def test_a_key_alone_means_openai_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    assert await look(Settings()) == ["model gpt-5-mini at https://api.openai.com/v1, with OPENAI_API_KEY"]


async def test_a_server_without_a_key_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as root:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{root}/v1")
        monkeypatch.setenv("HANDRAIL_MODEL", "llama3.1:8b")
        assert await look(Settings()) == [f"model llama3.1:8b at {root}/v1, without a key, as OPENAI_API_KEY is not set"]
        monkeypatch.delenv("HANDRAIL_MODEL")
        assert "it names llama3.1:8b as its models; HANDRAIL_MODEL=gpt-5-mini may be none" in (await look(Settings()))[1]


async def test_a_missing_v1_a_missing_key_and_a_missing_server_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("sk-right") as root:
        monkeypatch.setenv("OPENAI_BASE_URL", root)
        with pytest.raises(StackFailed, match="add /v1"):
            await look(Settings())
        monkeypatch.setenv("OPENAI_BASE_URL", f"{root}/v1/")
        assert "it wants a key: set OPENAI_API_KEY" in (await look(Settings()))[1]
        monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
        assert "it refuses OPENAI_API_KEY" in (await look(Settings()))[1]
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{free_block(1)}/v1")
    assert "does not answer yet" in (await look(Settings()))[1]


async def test_a_gateway_that_lists_no_models_or_wants_headers_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    for status in (404, 500):
        with serving(unlisted=status) as root:
            monkeypatch.setenv("OPENAI_BASE_URL", f"{root}/v1")
            (_, said) = await look(Settings())
            assert said == f"it does not list its models (HTTP {status}), so nobody could look whether it has gpt-5-mini"
    with serving(wanted="x-portkey-provider") as root:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{root}/v1")
        assert (await look(Settings()))[1].endswith("a gateway may want headers of its own: set HANDRAIL_MODEL_HEADERS")
        monkeypatch.setenv("HANDRAIL_MODEL_HEADERS", "x-portkey-provider: openai")
        monkeypatch.setenv("HANDRAIL_MODEL", "llama3.1:8b")
        assert len(await look(Settings())) == 1


def test_headers_are_read_a_line_each_and_kept_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    config = '{"targets": [{"api_key": "sk-hidden"}]}'
    monkeypatch.setenv("HANDRAIL_MODEL_HEADERS", f"X-Portkey-Config: {config}\n\n  apikey:a:b \n")
    assert Settings().headers == {"x-portkey-config": config, "apikey": "a:b"}
    assert "sk-hidden" not in repr(Settings())
    monkeypatch.delenv("HANDRAIL_MODEL_HEADERS")
    assert Settings().headers == {}


async def test_a_gateway_gets_its_headers_beside_the_key_and_the_case() -> None:
    with serving() as root:
        headers = {"x-portkey-provider": "openai"}
        model = ChatModel(model="m", api_key=SecretStr("sk-x"), base_url=f"{root}/v1", headers=headers)
        answer = await model.complete(asking("Where is my order?", case_id="K-7"))
        await model.aclose()
    sent = json.loads(answer.reply or "")
    assert (sent["x-portkey-provider"], sent["authorization"], sent["x-client-request-id"]) == ("openai", "Bearer sk-x", "K-7")


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("HANDRAIL_MODEL_HEADERS", "secret", "HANDRAIL_MODEL_HEADERS: has a line that is no header. Write Name: value"),
        ("HANDRAIL_MODEL_HEADERS", '{"a b": "secret"}', "HANDRAIL_MODEL_HEADERS: has a line that is no header"),
        ("HANDRAIL_MODEL_HEADERS", "x-key:", "HANDRAIL_MODEL_HEADERS: has a line that is no header"),
        ("HANDRAIL_MODEL_HEADERS", "x-key: gesch\xfctzt", "HANDRAIL_MODEL_HEADERS: has a line that is no header"),
        ("HANDRAIL_MODEL_HEADERS", "a: b\nAuthorization: Bearer secret", "authorization: OPENAI_API_KEY is sent there"),
        ("HANDRAIL_MODEL_HEADERS", "Content-Length: 3", "must not set content-length: the client sets it"),
        ("OPENAI_API_KEY", "", "OPENAI_API_KEY: is set but empty. Give the key"),
        ("OPENAI_API_KEY", "  ", "OPENAI_API_KEY: is set but empty. Give the key"),
        ("OPENAI_BASE_URL", "127.0.0.1:11434/v1", "OPENAI_BASE_URL: is no address of a server. Write for example http://"),
        ("OPENAI_BASE_URL", "http:///v1", "OPENAI_BASE_URL: is no address of a server"),
        ("OPENAI_BASE_URL", "http://there/v1/chat/completions", "Leave out what comes behind /v1"),
        ("OPENAI_BASE_URL", "http://there/v1?key=secret", "OPENAI_BASE_URL: is no address of a server"),
        ("HANDRAIL_MODEL_CHANGE", "panic", "HANDRAIL_MODEL_CHANGE: Input should be 'ignore', 'tell' or 'review'."),
    ],
)
def test_what_is_wrong_names_the_variable_and_not_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, remedy: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as wrong:
        Settings()
    words = Settings.in_words(wrong.value)
    assert remedy in words
    assert "secret" not in words
