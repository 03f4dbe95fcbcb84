"""Counts the HTTP API's requests by kind of answer, and how long each route took, outside of all that may refuse them."""

from __future__ import annotations

import time

from fastapi import FastAPI
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handrail.seeing.figures import catalogue
from handrail.seeing.figures.kept import SeenFigures
from handrail.seeing.now import Seen

CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


def seen_requests(app: FastAPI, seen: Seen) -> None:
    """Have the application's requests counted, where somebody collects figures."""
    if seen.figures is None:
        return
    routes: set[str] = set()
    seen.labels.define(route=lambda: routes, status=lambda: CLASSES)
    for status in CLASSES:
        seen.figures.add(catalogue.HTTP, 0, status=status)
    app.add_middleware(CountedRequests, figures=seen.figures, application=app, routes=routes)


class CountedRequests:
    """Counts a request when its answer begins: a stream may go on for hours.

    `routes` takes the templates of the routes that were asked for: those are code, and no more than the code has.
    """

    def __init__(self, app: ASGIApp, figures: SeenFigures, application: FastAPI, routes: set[str]) -> None:
        self.app = app
        self._figures, self._application, self._routes = figures, application, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path, began, answered = scope["path"], time.monotonic(), False

        def count(status: int) -> None:
            nonlocal answered
            answered = True
            self._figures.add(catalogue.HTTP, status=f"{status // 100}xx")
            self._figures.took(catalogue.HTTP_SECONDS, time.monotonic() - began, route=self._route(scope, path))

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(message["status"])
            await send(message)

        try:
            return await self.app(scope, receive, counted)
        except Exception:
            # What nobody expected is answered further out, by the framework.
            if not answered:
                count(500)
            raise

    def _route(self, scope: Scope, path: str) -> str:
        rooms = (one.path for one in self._application.routes if isinstance(one, Mount) and one.path)
        found = next((one for one in rooms if path == one or path.startswith(f"{one}/")), None)
        template = found or getattr(scope.get("route"), "path", None)
        if not isinstance(template, str):
            return ""
        self._routes.add(template)
        return template
