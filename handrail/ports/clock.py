"""The port to the time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time in UTC."""

    def now(self) -> datetime: ...
