"""Arrivals and departures in PostgreSQL; a trigger on messages notes the departures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from handrail.domain.channels import Arrival, Departure, DepartureState
from handrail.postgres.pool import Pool, alone, listen, writing
from handrail.postgres.queries import QUERIES


class PostgresChannels:
    """The port `Channels`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def arrived(self, arrival: Arrival) -> None:
        """Note how a message came, before its case hears of it; the same again changes nothing."""
        await alone(self._pool, "note_arrival", **arrival.model_dump())

    async def came(self, case_id: str, message_id: str) -> bool:
        """Return whether the message arrived in the case, whoever has recorded it since."""
        return bool(await alone(self._pool, "arrival", case_id=case_id, message_id=message_id))

    async def due(self, channel: str, most: int, lease: timedelta) -> list[Departure]:
        """Take what is due, oldest first: for so long nobody else gets it, then it is due again."""
        found = await alone(self._pool, "due_departures", channel=channel, most=most, lease=lease)
        return sorted((Departure.model_validate(row) for row in found), key=lambda one: (one.noted_at, one.message_id))

    async def sent(self, departure: Departure, words: str | None = None) -> None:
        """Note that it is out of the house."""
        await self._settle(departure, DepartureState.SENT, words)

    async def failed(self, departure: Departure, words: str) -> None:
        """Note that it will not go out, and why."""
        await self._settle(departure, DepartureState.FAILED, words)

    async def postponed(self, departure: Departure, pause: timedelta, words: str) -> None:
        """Make it due again after a pause, and say why."""
        about = {"case_id": departure.case_id, "message_id": departure.message_id, "pause": pause, "words": words}
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["postpone_departure"], about)

    async def _settle(self, departure: Departure, state: DepartureState, words: str | None) -> None:
        about = {"case_id": departure.case_id, "message_id": departure.message_id, "state": state.value, "words": words}
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["settle_departure"], about)


async def departures_announced(url: str) -> AsyncIterator[list[str]]:
    """Yield the channels with something new to send; an empty list once this listens, and after a silence.

    Raises:
        psycopg.OperationalError: the server is away.
    """
    async for heard in listen(url, "listen_departures"):
        yield [one.payload for one in heard]
