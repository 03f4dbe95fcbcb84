"""The port of channels: how customers' messages came, and the outbox of what goes to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from handrail.domain.channels import Arrival, Departure


class Channels(Protocol):
    """Arrivals and departures of all channels.

    Whatever is said to a customer is noted for departure in the transaction that records it, by the channel of their
    latest message, where that came with an address.
    """

    async def arrived(self, arrival: Arrival) -> None:
        """Note how a message came, before its case hears of it; the same again changes nothing."""
        ...

    async def came(self, case_id: str, message_id: str) -> bool:
        """Return whether the message arrived in the case, whoever has recorded it since."""
        ...

    async def due(self, channel: str, most: int, lease: timedelta) -> list[Departure]:
        """Take what is due, oldest first: for so long nobody else gets it, then it is due again."""
        ...

    async def sent(self, departure: Departure, words: str | None = None) -> None:
        """Note that it is out of the house."""
        ...

    async def failed(self, departure: Departure, words: str) -> None:
        """Note that it will not go out, and why."""
        ...

    async def postponed(self, departure: Departure, pause: timedelta, words: str) -> None:
        """Make it due again after a pause, and say why."""
        ...
