"""Health, split in two: the process lives; and what it needs answers, so that it can do its work."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from handrail.api.answering.bodies import answered
from handrail.api.services import Services

router = APIRouter(prefix="/healthz", tags=["health"])


class Health(BaseModel):
    """The health: `ok`, or `away` where requests are in vain; in either case with what does not answer, and why."""

    status: str
    away: dict[str, str] = {}


@router.get("/live", response_model=Health)
async def live() -> Response:
    """Say that the process lives; restart it only where this does not answer."""
    return answered(Health(status="ok"))


@router.get("/ready", response_model=Health, responses={503: {"model": Health, "description": "The record is away"}})
async def ready(services: Services) -> Response:
    """Say what does not answer; send no requests here while the record does not. Without Temporal cases are still taken."""
    away = await services.away()
    lost = "record" in away
    return answered(Health(status="away" if lost else "ok", away=away), 503 if lost else 200)
