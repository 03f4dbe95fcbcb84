"""Health, split in two: the process lives; and what it needs answers, so that it can do its work."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from handrail.api.answering.bodies import answered
from handrail.api.services import Services

router = APIRouter(prefix="/healthz", tags=["health"])


class Health(BaseModel):
    """The health: `ok`, or `away` with what does not answer and why."""

    status: str
    away: dict[str, str] = {}


@router.get("/live", response_model=Health)
async def live() -> Response:
    """Say that the process lives; restart it only where this does not answer."""
    return answered(Health(status="ok"))


@router.get("/ready", response_model=Health, responses={503: {"model": Health, "description": "Something is away"}})
async def ready(services: Services) -> Response:
    """Say whether Temporal and the record answer; send no requests here while they do not."""
    away = await services.away()
    return answered(Health(status="away" if away else "ok", away=away), 503 if away else 200)
