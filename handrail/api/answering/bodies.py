"""Answers made of models."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel
from starlette.responses import Response


def answered(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return the model as JSON."""
    return Response(model.model_dump_json(), status, dict(headers or {}), "application/json")
