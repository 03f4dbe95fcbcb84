"""The HTTP API: one stateless process over ports. `create_app` makes it; `handrail.wiring.front.api` says what it is made of.

To add a route: write a module with `router = APIRouter(prefix="/v1", tags=[…])` in `handrail/api/routes/` (or in a room of
your own), ask for `caller: Reader` (`handrail.api.access.callers`, one name for each scope) and `services: Services`, raise
errors of the domain (`handrail.api.problems.table` has their status), answer with `answered(model)`, let what must count once
run in `once.run(body, work)`, and name the router in `ROUTERS` below or give it to `create_app(…, routers=[…])` in the wiring.
Pages that are no API go under a path of their own by `mounts`: the gate checks keys under /v1 alone.
`python -m tests.guard.openapi --write` then writes the contract anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp

from handrail.api.access.gate import Gate
from handrail.api.agents import page
from handrail.api.problems.answers import Problem, handle
from handrail.api.routes import cases, customers, decisions, effects, events, health, messages, owners, people, webhooks
from handrail.api.services import ApiServices

VERSION = "1.0.0"
ROUTERS: tuple[APIRouter, ...] = (
    cases.router,
    messages.router,
    events.router,
    decisions.router,
    effects.router,
    people.router,
    owners.router,
    customers.router,
    webhooks.router,
    health.router,
)


class Lifespan(Protocol):
    """A context in which the process serves."""

    def __call__(self, app: FastAPI) -> AbstractAsyncContextManager[None]: ...


def create_app(
    services: ApiServices | None,
    *,
    routers: Sequence[APIRouter] = (),
    mounts: Mapping[str, ASGIApp] | None = None,
    lifespan: Lifespan | None = None,
    tracer_provider: Any = None,
) -> FastAPI:
    """Return the application; `services` may come later, as `app.state.services`, ahead of the first request.

    Each request is a span where a provider of tracers is given.
    """
    app = FastAPI(
        title="Handrail",
        version=VERSION,
        description="Customer cases over HTTP. Every refusal is a problem (RFC 9457) in the words of the command line.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
        telemetry=telemetry(tracer_provider),
    )
    app.state.services = services
    handle(app)
    for router in (*ROUTERS, *routers):
        app.include_router(router)
    rooms = {**(mounts or {}), page.PATH: page.create_confirm(lambda: app.state.services)}
    for path, mounted in rooms.items():
        app.mount(path, mounted)
    app.add_middleware(Gate, services=lambda: app.state.services, rooms=rooms)
    _documented(app)
    return app


def telemetry(tracer_provider: Any) -> TelemetryConfig:
    """Return what the framework tells of requests: spans where somebody takes them, and nothing by itself."""
    return {
        "tracing": tracer_provider is not None,
        "tracer_provider": tracer_provider,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
    }


def _documented(app: FastAPI) -> None:
    """Have the document hold the shape of problems."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:
            shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(shape.pop("$defs", {}))
            schemas["Problem"] = shape
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
        return document

    app.openapi = whole  # type: ignore[method-assign]
