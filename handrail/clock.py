"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The port `Clock`: the machine's time in UTC."""

    def now(self) -> datetime:
        """Now."""
        return datetime.now(UTC)
