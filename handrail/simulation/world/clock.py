"""The simulated clock."""

from __future__ import annotations

from datetime import datetime


class SimulatedClock:
    """The port `Clock`, which stands still until it is set."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """The moment that it was set to, UTC."""
        return self._at

    def set(self, at: datetime) -> None:
        """Set it."""
        self._at = at
