"""The offline model with its script enabled, in its own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from handrail.domain.case.messages import Author, Message
from handrail.domain.llm.agent import Exchange, ModelRequest, ToolCall, ToolSpec
from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import free_block
from handrail.embedded.process import Command, run
from handrail.llm.chat import ChatModel
from handrail.llm.offline.wire import OFFLINE_MODEL
from handrail.shop import business

KEY = "sk-test-4f2a9c-secret"


class Scripted(OfflineModel):
    """A server whose behaviour a test decides."""

    def __init__(self, port: int, *flags: str, key: str | None = None) -> None:
        super().__init__(port)
        self._flags = flags
        self._key = key

    def command(self) -> Command:
        command = super().command()
        environment = {**command.environment, **({"HANDRAIL_OFFLINE_API_KEY": self._key} if self._key else {})}
        return replace(command, argv=(*command.argv, "--scripted", *self._flags), environment=environment)

    def script(self, behaviour: dict[str, Any], *, match: str = "", times: int | None = 1, anywhere: bool = False) -> None:
        """Meet the next matching requests with `behaviour`."""
        entry = {"match": match, "times": times, "anywhere": anywhere, "behaviour": behaviour}
        answer = httpx.post(f"{self.root}/script", json=entry, trust_env=False)
        assert answer.is_success, answer.text

    def left(self) -> list[dict[str, Any]]:
        """Entries that still stand."""
        found: list[dict[str, Any]] = httpx.get(f"{self.root}/script", trust_env=False).json()["entries"]
        return found

    def asked(self, contains: str = "") -> list[dict[str, Any]]:
        """Requests that hold the text, or are of this case."""
        answer = httpx.get(f"{self.root}/requests", params={"contains": contains}, trust_env=False)
        found: list[dict[str, Any]] = answer.json()["requests"]
        return found

    def clear(self) -> None:
        """Forget everything."""
        for path in ("script", "requests"):
            httpx.delete(f"{self.root}/{path}", trust_env=False)

    def model(self, **overrides: Any) -> ChatModel:
        """The real client of this server."""
        return ChatModel(**{"model": OFFLINE_MODEL, "api_key": SecretStr(KEY), "base_url": self.url, **overrides})


@contextmanager
def scripted(folder: Path, *flags: str, key: str | None = None) -> Iterator[Scripted]:
    """A running server."""
    server = Scripted(free_block(1), *flags, key=key)
    with run(server, folder / f"model-{server.port}.log"):
        yield server


def specs(*names: str) -> list[ToolSpec]:
    """The shop's tools, as the system of record hands them to the model."""
    return [
        ToolSpec(
            name=name,
            description=business.by_name[name].description,
            parameters=business.by_name[name].arguments.model_json_schema(),
            effect=business.by_name[name].kind == "effect",
        )
        for name in names or business.by_name
    ]


def said(*texts: str, author: Author = Author.CUSTOMER) -> list[Message]:
    """Messages of one author."""
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    return [Message(message_id=f"m{n}", author=author, text=text, at=at, turn=1, sequence=n) for n, text in enumerate(texts)]


def asking(text: str, *tools: str, **fields: Any) -> ModelRequest:
    """A request with one message of the customer."""
    given = {"case_id": "K-1", "topic": "refund", "prompt": "Orders and refunds.", **fields}
    return ModelRequest(**{"tools": specs(*tools), "transcript": said(text), **given})


def came(tool: str, arguments: dict[str, Any], result: dict[str, Any], *, ok: bool = True) -> Exchange:
    """A call of this turn with what came back."""
    return Exchange(call=ToolCall(call_id=f"call_{tool}", tool=tool, arguments=arguments), result=result, ok=ok)
