"""The HTTP server: OpenAI's chat-completions protocol, and the script where it is enabled."""

from __future__ import annotations

import asyncio
import hmac
import json
import random
import time
from collections.abc import AsyncIterator, Hashable
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from handrail.llm.offline.behaviour.acting import acted
from handrail.llm.offline.reading import converse
from handrail.llm.offline.script import Behaviour, Entry, Script
from handrail.llm.offline.wire import MODELS, OFFLINE_MODEL, ChatRequest, chunks, completion, error

KINDS = {400: "invalid_request_error", 401: "authentication_error", 404: "invalid_request_error", 429: "rate_limit_error"}
LARGEST_BODY = 4_000_000


class Dropped(Response):
    """Promises more than it sends: the server then closes the connection under the client."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


class Hanging(Response):
    """Never answers, until the client goes away."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


class Server:
    """The routes. With `scripted` requests are recorded and behaviour can be scripted; `obey` obeys injected instructions.

    Free text is drawn by chance, which `seed` makes repeatable, in the proportions of `variant`.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        scripted: bool = False,
        obey: bool = False,
        variant: str = "",
        seed: int | None = None,
    ) -> None:
        self._key = api_key
        self._obey = obey
        self._variant = variant
        self._chance = random.Random(seed)  # noqa: S311 - words, no secrets
        self._script = Script() if scripted else None

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route("/health", self.health),
            Route("/v1/models", self.models),
            Route("/v1/models/{name}", self.named),
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
        ]
        if self._script is not None:
            routes += [
                Route("/script", self.script, methods=["GET", "POST", "DELETE"]),
                Route("/requests", self.requests, methods=["GET", "DELETE"]),
            ]
        return Starlette(routes=routes)

    async def health(self, _: Request) -> Response:
        """Ready."""
        return JSONResponse({"status": "ok", "model": OFFLINE_MODEL})

    async def models(self, request: Request) -> Response:
        """The models: the agent's, and the same rules under a judge's name."""
        return self._refused(request) or JSONResponse({"object": "list", "data": [model_card(name) for name in MODELS]})

    async def named(self, request: Request) -> Response:
        """A model by its name."""
        name = request.path_params["name"]
        return self._refused(request) or (JSONResponse(model_card(name)) if name in MODELS else unknown(name))

    async def chat(self, request: Request) -> Response:
        """A completion."""
        if refused := self._refused(request):
            return refused
        body = await request.body()
        if len(body) > LARGEST_BODY:
            return failed(413, f"The request has {len(body):,} bytes, at most {LARGEST_BODY:,} are taken.")
        try:
            asked = ChatRequest.model_validate_json(body)
        except ValidationError as invalid:
            first = invalid.errors(include_url=False, include_input=False)[0]
            return failed(400, first["msg"], param=".".join(str(part) for part in first["loc"]) or None)
        if asked.model not in MODELS:
            return unknown(asked.model)
        behaviour = self._scripted(asked, request.headers.get("x-client-request-id"))
        return await self._answered(asked, behaviour)

    async def script(self, request: Request) -> Response:
        """Add an entry, clear all, or show what remains."""
        script = self._script
        assert script is not None  # noqa: S101 - the route exists only with a script
        if request.method == "DELETE":
            script.clear()
        if request.method == "POST":
            try:
                script.add(Entry.model_validate_json(await request.body()))
            except ValidationError as invalid:
                return failed(422, str(invalid))
        return JSONResponse({"entries": [entry.model_dump(exclude_defaults=True) for entry in script.entries]})

    async def requests(self, request: Request) -> Response:
        """The recorded requests, those that hold `?contains=` anywhere, or forget them."""
        script = self._script
        assert script is not None  # noqa: S101 - the route exists only with a script
        if request.method == "DELETE":
            script.forget()
        wanted = request.query_params.get("contains", "")
        found = [one.model_dump() for one in script.requests if wanted in one.text or wanted == one.client_request_id]
        return JSONResponse({"total": script.total, "count": len(found), "requests": found})

    async def _answered(self, asked: ChatRequest, behaviour: Behaviour) -> Response:
        await asyncio.sleep(behaviour.latency_seconds)
        if behaviour.hang:
            return Hanging()
        if behaviour.drop:
            return Dropped()
        if behaviour.page:
            return Response("<html><body>Back in a minute.</body></html>", media_type="text/html")
        if behaviour.status is not None:
            return scripted_failure(behaviour)
        if behaviour.body is not None:
            whole = behaviour.body if isinstance(behaviour.body, str) else json.dumps(behaviour.body)
            return Response(whole, media_type="application/json", headers=behaviour.headers)
        outcome, now = acted(asked, behaviour, self._variant, self._chance), int(time.time())
        if asked.stream:
            return StreamingResponse(stream(asked, outcome, now), media_type="text/event-stream")
        return JSONResponse(completion(asked, outcome, now))

    def _scripted(self, asked: ChatRequest, client_request_id: str | None) -> Behaviour:
        behaviour = None
        if self._script is not None:
            text = "\n".join(said.text for said in asked.messages)
            customer = converse(asked).last
            tools = [tool.function.name for tool in asked.tools]
            step = same_step(asked, customer, tools, client_request_id)
            behaviour = self._script.take(customer, text, step, client_request_id)
            self._script.record(
                model=asked.model,
                client_request_id=client_request_id,
                customer=customer,
                text=text,
                tools=tools,
                stream=asked.stream,
                behaviour=behaviour.model_dump(exclude_unset=True) if behaviour else None,
            )
        return behaviour or Behaviour(obey_injection=self._obey)

    def _refused(self, request: Request) -> Response | None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._key is None or hmac.compare_digest(given.encode(), self._key.encode()):
            return None
        return failed(401, "Incorrect or missing API key.", code="invalid_api_key")


def same_step(asked: ChatRequest, customer: str, tools: list[str], client_request_id: str | None) -> Hashable:
    """Return what tells a step of a case from its others; None without the case.

    A turn that is run again reads its facts anew, so what stands around the customer's words may differ. What the agent was
    told and what it called before stay: by them the step behind a second "yes", or behind a hand-back, is another one.
    """
    if client_request_id is None:
        return None
    roles = tuple(said.role for said in asked.messages)
    told = tuple(said.text for said in asked.messages if said.role == "system")
    called = tuple((call.function.name, call.function.arguments) for said in asked.messages for call in said.tool_calls)
    return client_request_id, customer, roles, told, called, *tools


async def stream(asked: ChatRequest, outcome: Any, now: int) -> AsyncIterator[str]:
    """Server-sent events; the loop gets its turn between them."""
    for event in chunks(asked, outcome, now):
        yield event
        await asyncio.sleep(0)


def scripted_failure(behaviour: Behaviour) -> Response:
    """The status that the script wants."""
    status = behaviour.status or 500
    asked = {"Retry-After": str(behaviour.retry_after)} if behaviour.retry_after is not None else {}
    words = behaviour.message or f"Scripted failure {status}."
    return failed(status, words, code=behaviour.code, headers={**asked, **behaviour.headers})


def unknown(name: str) -> Response:
    """There is no such model."""
    words = f"The model {name!r} does not exist; this server has {OFFLINE_MODEL!r}."
    return failed(404, words, code="model_not_found", param="model")


def failed(
    status: int, message: str, *, code: str | None = None, param: str | None = None, headers: dict[str, str] | None = None
) -> Response:
    """An error in OpenAI's shape."""
    kind = KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return JSONResponse(error(message, kind, code, param), status_code=status, headers=headers)


def model_card(name: str) -> dict[str, Any]:
    """A model as `/v1/models` shows it."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "handrail"}
