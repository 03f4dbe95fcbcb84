"""The wallets with tools of a hotel's MCP server, which runs here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.business import Business
from handrail.outside.loading import with_outside
from tests.postgres.wallets import business as wallets
from tests.support.outside.bookings import Hotel
from tests.support.outside.listing import CALL, GET, REFUND, listed, pinned


@pytest.fixture(scope="session")
def served_hotel() -> Iterator[tuple[Hotel, str]]:
    hotel = Hotel()
    with hotel.open() as url:
        yield hotel, url


@pytest.fixture
def hotel(served_hotel: tuple[Hotel, str]) -> Hotel:
    served_hotel[0].reset()
    return served_hotel[0]


@pytest.fixture
async def outside(hotel: Hotel, served_hotel: tuple[Hotel, str], tmp_path: Path) -> Business:
    listed(tmp_path, {"url": served_hotel[1]}, GET, REFUND, CALL)
    await pinned(tmp_path)
    return with_outside(wallets, tmp_path)
