"""A database knows whose it is, and nobody else's business works on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from handrail.business import Business
from handrail.cli.common.world import CliContext
from handrail.domain.errors import InvalidInput
from handrail.postgres.migrations import migrate
from handrail.postgres.owner import check
from handrail.postgres.pool import open_pool
from handrail.settings import Settings
from handrail.wiring.cases.worker import world
from tests.postgres.wallets import business as wallets

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def airline(tmp_path: Path) -> Business:
    """Another business, with migrations of its own."""
    (tmp_path / "0001_flights.sql").write_text("CREATE TABLE flights (n integer)")
    return replace(wallets, name="airline", migrations=tmp_path)


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE tablename = 'flights'")}


async def test_another_business_migrates_nothing_and_is_told_how_to_go_on(database_url: str, airline: Business) -> None:
    await migrate(database_url, wallets, NOW, "wallets")
    with pytest.raises(InvalidInput, match=r"belongs to the business 'wallets', and 'airline'.*HANDRAIL_BUSINESS=wallets"):
        await migrate(database_url, airline, NOW, "airline")
    assert tables(database_url) == set()
    assert await migrate(database_url, wallets, NOW) == []


@pytest.mark.parametrize("migrated", [True, False])
async def test_a_database_from_before_the_stamp_is_known_by_its_migrations(
    database_url: str, airline: Business, migrated: bool
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM handrail.owner")
    if migrated:
        with pytest.raises(InvalidInput, match="HANDRAIL_BUSINESS to the package of 'wallets'"):
            await migrate(database_url, airline, NOW, "airline")
    else:
        await migrate(database_url, wallets, NOW)
        with pytest.raises(InvalidInput, match="'wallets'"):
            await migrate(database_url, airline, NOW, "airline")


async def test_whoever_connects_asks_first(database_url: str, airline: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = await open_pool(database_url, size=2)
    try:
        await check(pool, wallets)
        with pytest.raises(InvalidInput, match="'wallets'"):
            await check(pool, airline)
        monkeypatch.setattr("handrail.outside.loading.load_business", lambda name: airline)
        with pytest.raises(InvalidInput, match="'wallets'"):
            async with world(Settings(database_url=SecretStr(database_url)), pool):
                raise AssertionError("it went on")
    finally:
        await pool.close()
    place = CliContext()
    place.__dict__["settings"] = Settings(database_url=SecretStr(database_url))
    place.__dict__["business"] = airline
    with pytest.raises(InvalidInput, match="'wallets'"):
        async with place.pool():
            raise AssertionError("it went on")
