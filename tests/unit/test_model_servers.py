"""Which model server the environment names, and what is said of it before anything starts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pydantic import ValidationError

from handrail.cli.reach import look
from handrail.embedded.ports import free_block
from handrail.embedded.process import StackFailed
from handrail.settings import Settings, in_words


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HANDRAIL_MODEL"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def serving(key: str | None = None) -> Iterator[str]:
    """A server that has its models under /v1 and nothing else, as Ollama does; gives its root."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

        def do_GET(self) -> None:
            refused = key is not None and self.headers["Authorization"] != f"Bearer {key}"
            status = 404 if self.path != "/v1/models" else 401 if refused else 200
            body = json.dumps({"data": [{"id": "llama3.1:8b"}]}).encode()
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


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
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
    words = in_words(wrong.value)
    assert remedy in words
    assert "secret" not in words
