"""HTTP services with an OpenAPI file: the host is the operator's, the operation what was pinned, the answer bounded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from handrail.domain.errors import InvalidInput, NotReached, OutcomeUnknown
from handrail.outside.answers import AnswerTooLarge, OutsideAnswer, bounded, said
from handrail.outside.definitions import OutsideServer
from handrail.outside.openapi import operations
from handrail.outside.pinning import ToolDefinition
from handrail.outside.references import resolved, secrets
from handrail.outside.systems import OutsideCall
from handrail.outside.validating import SchemaCheck

CONNECT_SECONDS = 3.0
AGAIN = (408, 409, 423, 425, 429)
"""Statuses of 4xx after which the same request may come out otherwise."""
_DOTS = ("", ".", "..")


class HttpSystem:
    """The port `OutsideSystem` over a service. What it offers is read from the file, at every call anew."""

    def __init__(self, name: str, server: OutsideServer, folder: Path) -> None:
        self._name, self._server = name, server
        self._file = folder / str(server.openapi)

    async def definitions(self) -> dict[str, ToolDefinition]:
        """See the port."""
        return operations(self._file)

    async def call(self, wanted: OutsideCall) -> OutsideAnswer:
        """See the port."""
        operation = operations(self._file).get(wanted.tool)
        wanted.accept(operation)
        assert operation is not None  # noqa: S101 - nothing that is gone is accepted
        hidden = secrets(self._server.headers.values())
        try:
            request = self._request(operation, wanted)
        except InvalidInput as error:
            return OutsideAnswer(refused=str(error))
        try:
            # The client's own time-outs are between two pieces of an answer.
            async with asyncio.timeout(wanted.seconds):
                status, content = await self._sent(request, wanted)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotReached(f"The service {self._name} does not answer: {type(error).__name__}.") from error
        except (httpx.HTTPError, AnswerTooLarge, TimeoutError) as error:
            words = f"The service {self._name} gave no answer that says what it did"
            raise OutcomeUnknown(f"{words}: {type(error).__name__}.") from error
        return self._answer(operation, status, content, wanted, hidden)

    def _request(self, operation: ToolDefinition, wanted: OutsideCall) -> httpx.Request:
        """Build the request. Raises: InvalidInput: an argument would lead to another path."""
        call: Mapping[str, Any] = operation.call or {}
        method, _, path = str(call["request"]).partition(" ")
        places: Mapping[str, str] = call["places"]
        query: list[tuple[str, str | int | float | bool | None]] = []
        body: dict[str, Any] = {}
        for name, value in wanted.arguments.items():
            match places.get(name):
                case "path":
                    path = path.replace(f"{{{name}}}", _segment(name, value))
                case "query":
                    query += [(name, _text(one)) for one in (value if isinstance(value, list) else [value]) if one is not None]
                case _:
                    body[name] = value
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **resolved(self._server.headers)}
        if wanted.key and wanted.key_header:
            headers[wanted.key_header] = wanted.key
        url = f"{str(self._server.url).rstrip('/')}{path}"
        has_body = "body" in places.values()
        return httpx.Request(method, url, params=query or None, json=body if has_body else None, headers=headers)

    async def _sent(self, request: httpx.Request, wanted: OutsideCall) -> tuple[int, bytes]:
        timeout = httpx.Timeout(wanted.seconds, connect=min(CONNECT_SECONDS, 0.8 * wanted.seconds))
        async with httpx.AsyncClient(timeout=timeout, trust_env=False, follow_redirects=False) as client:
            wanted.sent = True
            response = await client.send(request, stream=True)
            try:
                content = bytearray()
                async for piece in response.aiter_raw():
                    content += piece
                    if len(content) > wanted.answer_bytes:
                        raise AnswerTooLarge
                return response.status_code, bytes(content)
            finally:
                await response.aclose()

    def _answer(
        self, operation: ToolDefinition, status: int, content: bytes, wanted: OutsideCall, hidden: Collection[str]
    ) -> OutsideAnswer:
        if 400 <= status < 500 and status not in AGAIN:
            return OutsideAnswer(refused=f"{status} {said(content.decode('utf-8', 'replace'), hidden)}".strip())
        if not 200 <= status < 300:
            raise OutcomeUnknown(f"The service {self._name} answered with status {status}.")
        try:
            value = json.loads(content) if content.strip() else {}
            if operation.output_schema is not None and (wrong := SchemaCheck(operation.output_schema).misfits(value)):
                raise InvalidInput(f"It is not what the file says: {'; '.join(wrong)}.")
            return OutsideAnswer(value=bounded(value, wanted.answer_bytes, hidden))
        except (ValueError, RecursionError):
            raise OutcomeUnknown(f"The service {self._name} answered something that is no JSON.") from None
        except InvalidInput as error:
            raise OutcomeUnknown(f"The service {self._name} answered what cannot be taken. {error}") from None


def _segment(name: str, value: Any) -> str:
    text = _text(value)
    if text in _DOTS:
        raise InvalidInput(f"{name}: cannot stand in a path. Give an id.")
    return quote(text, safe="")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
