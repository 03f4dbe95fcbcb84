"""The typed client of the HTTP API: `AsyncHandrail`, and `Handrail` for programs without an event loop."""

from __future__ import annotations

from handrail.client.asynchronous import AsyncHandrail
from handrail.client.synchronous import Handrail

__all__ = ["AsyncHandrail", "Handrail"]
