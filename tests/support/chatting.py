"""The chat, served over the real house to browsers: the whole API process, on a port of its own, and a company's website."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from handrail.api.access.customers import mint_token
from handrail.background import supervised
from handrail.events.tail import EventTail
from handrail.postgres.access.vouchers import PostgresCustomerTokens
from handrail.settings import Settings
from handrail.wiring.front.api import ClosingServer, listen, services_of, tail_of
from handrail.wiring.front.rooms import with_rooms
from tests.support.house import House, wait_for


async def token_of(home: House, customer_id: str, minutes: float = 15.0) -> str:
    """A token of the customer's, as a backend has it minted."""
    token, hashed = mint_token()
    now = datetime.now(UTC)
    await PostgresCustomerTokens(home.pool).add(
        hashed, customer_id, "a test", now - timedelta(hours=1), now + timedelta(minutes=minutes)
    )
    return token


def lines(characters: int) -> str:
    """A text of so many characters as its reader counts them, every second one a line break as browsers send it."""
    return "".join("x" if place % 2 == 0 else "\r\n" for place in range(characters))


@dataclass
class Website:
    """A company's website: `customer` is who is signed in there, nobody where it is None.

    `minted` counts tokens; the first `ended` of them have ended before they are handed out.
    """

    home: House
    app: FastAPI
    root: str
    at: str
    tail: EventTail
    customer: str | None = None
    minted: int = 0
    ended: int = 0

    async def page(self, request: Request) -> Response:
        """A page with the chat on it, and script of its own from nowhere but there."""
        html = (
            '<!doctype html><html lang="en"><head><title>A shop</title>'
            f'<script src="{self.root}/chat/widget.js" data-token-url="/token" async></script></head>'
            f'<body><main><h1>A shop</h1><p><a href="/other">Other page</a></p><noscript><a href="{self.root}/chat/plain">'
            "Write to us</a></noscript></main></body></html>"
        )
        policy = f"default-src 'none'; script-src {self.root}; frame-src {self.root}; connect-src 'self'; style-src 'self'"
        return HTMLResponse(html, headers={"content-security-policy": policy})

    async def token(self, request: Request) -> Response:
        """What the company's backend says of who is signed in."""
        if self.customer is None:
            return Response(status_code=401)
        self.minted += 1
        minutes = -1 if self.minted <= self.ended else 15
        return JSONResponse({"token": await token_of(self.home, self.customer, minutes)})

    def cut(self) -> None:
        """End every stream, and each that comes, until mended."""
        self.tail.close()

    def mend(self) -> None:
        """Take streams again, as another process would that starts."""
        self.app.state.tail = tail_of(self.home.settings, self.home.pool)
        self.tail = self.app.state.tail


@asynccontextmanager
async def listening_at(app: Any, server_of: Any = uvicorn.Server) -> AsyncIterator[str]:
    """The address of an application that is served."""
    listening = listen("127.0.0.1:0")
    server = server_of(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=2))
    work = asyncio.create_task(server.serve(sockets=[listening]))
    try:

        async def started() -> bool:
            return bool(server.started)

        await wait_for(started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await work
        listening.close()


@asynccontextmanager
async def website(home: House, *, same_site: bool = False, **changes: Any) -> AsyncIterator[Website]:
    """The house's pages and API on one port, and a website that shows the chat on another: as a rule another site."""
    shop = Starlette()
    async with listening_at(shop) as there:
        # The name makes it another site, as a company's website may be; the port alone makes it another origin.
        at = there if same_site else there.replace("127.0.0.1", "localhost")
        settings: Settings = home.settings.model_copy(
            update={"chat_origins": at, "chat_visitors": True, "api_customer_calls_per_minute": 10_000, **changes}
        )
        services = await services_of(settings, home.temporal, home.pool)
        app = with_rooms(settings, home.pool, services)
        tail = app.state.tail = tail_of(settings, home.pool)
        async with (
            supervised("the tail", tail.forever),
            listening_at(app, lambda config: ClosingServer(config, tail)) as root,
        ):
            site = Website(home, app, root, at, tail)
            shop.router.routes += [Route("/token", site.token, methods=["POST"]), Route("/{path:path}", site.page)]
            yield site
