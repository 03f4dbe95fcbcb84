"""The codec server's two addresses, as Temporal's Web UI and command line call them: `/{namespace}/decode` and `/encode`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp
from temporalio.api.common.v1 import Payload, Payloads

from handrail.api.codec.door import CodecDoor
from handrail.api.problems.answers import problem, refusal
from handrail.api.problems.table import PLAIN
from handrail.domain.access.principals import Principal
from handrail.domain.errors import HandrailError, InvalidInput, KeyShredded
from handrail.pages.guarded import REFUSED
from handrail.ports.vault import PlainReadings
from handrail.temporal.cases.executions import PREFIX
from handrail.temporal.codec import SealingCodec, key_of

PATH = "/codec"
JSON = {"encoding": b"json/plain"}
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class CodecServer:
    """Decrypts and encrypts for those whom the door lets in; each look at a case is written down ahead of the answer."""

    def __init__(self, codec: SealingCodec, door: CodecDoor, readings: PlainReadings) -> None:
        self._codec, self._door, self._readings = codec, door, readings

    async def decode(self, request: Request) -> Response:
        """Decrypt payloads; what was shredded is answered in words of its own. Raises: HandrailError."""
        return await self._answered(request, self._door.reader, self._decoded)

    async def encode(self, request: Request) -> Response:
        """Encrypt payloads with a key that goes to the case which reads them first. Raises: HandrailError."""
        return await self._answered(request, self._door.writer, self._encoded)

    async def _answered(
        self,
        request: Request,
        let_in: Callable[[Request], Awaitable[Principal]],
        work: Callable[[Principal, list[Payload]], Awaitable[list[Payload]]],
    ) -> Response:
        if refused := request.scope.get("state", {}).get(REFUSED):
            raise refused
        caller = await let_in(request)
        if request.path_params["namespace"] != self._codec.namespace:
            raise HTTPException(404)
        try:
            given = Parse(await request.body(), Payloads(), ignore_unknown_fields=True)
        except (ParseError, UnicodeDecodeError, RecursionError):
            raise InvalidInput('body: is no list of payloads. Send {"payloads": [{"metadata": …, "data": …}]}.') from None
        answer = Payloads(payloads=await work(caller, list(given.payloads)))
        return Response(MessageToJson(answer, indent=None), media_type="application/json", headers=HEADERS)

    async def _decoded(self, caller: Principal, payloads: list[Payload]) -> list[Payload]:
        await self._write_down(caller, payloads)
        return [await self._opened(one) for one in payloads]

    async def _opened(self, payload: Payload) -> Payload:
        try:
            [plain] = await self._codec.decode([payload])
        except KeyShredded as gone:
            return Payload(metadata=JSON, data=_quoted(str(gone)))
        return plain

    async def _encoded(self, caller: Principal, payloads: list[Payload]) -> list[Payload]:
        return await self._codec.encode(payloads)

    async def _write_down(self, caller: Principal, payloads: Iterable[Payload]) -> None:
        """Note who reads which cases, once a minute for each."""
        cases = set[str]()
        for key_id in {found for one in payloads if (found := key_of(one))}:
            try:
                workflow = await self._codec.keys.workflow_of(key_id)
            except KeyShredded:
                continue
            if workflow.startswith(PREFIX):
                cases.add(workflow.removeprefix(PREFIX))
        if cases:
            await self._readings.note(sorted(cases), caller.identity, datetime.now(UTC))


def create_codec(codec: SealingCodec, door: CodecDoor, readings: PlainReadings) -> ASGIApp:
    """Return the server, to be mounted under `/codec`."""
    server = CodecServer(codec, door, readings)
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(door.origins),
        allow_methods=["POST"],
        allow_headers=["authorization", "authorization-extras", "content-type", "x-namespace"],
        max_age=600,
    )
    return Starlette(
        routes=[
            Route("/{namespace}/decode", server.decode, methods=["POST"]),
            Route("/{namespace}/encode", server.encode, methods=["POST"]),
        ],
        middleware=[cors],
        exception_handlers={HTTPException: _unread, HandrailError: _refused, Exception: _refused},
    )


async def _refused(request: Request, error: Exception) -> Response:
    return refusal(request.scope, error)


async def _unread(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    words = f"Payloads are taken at {PATH}/NAMESPACE/decode and {PATH}/NAMESPACE/encode, by POST, 8 MiB at most."
    return problem(request.scope, PLAIN.get(status, "BadRequest"), words)


def _quoted(words: str) -> bytes:
    return json.dumps(words, ensure_ascii=False).encode()
