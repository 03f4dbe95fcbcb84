"""What the doctor finds in PostgreSQL: each fault is planted in a real database, and named with what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from handrail.business import Business
from handrail.doctor import record
from handrail.doctor.findings import DoctorFinding, PartHealth
from handrail.domain.access.keys import ApiKey
from handrail.domain.access.principals import ApiScope
from handrail.domain.webhooks import WebhookWanted
from handrail.embedded.postgres import Postgres
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import Pool, open_pool
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.postgres.webhooks.outbox import PostgresOutbox
from handrail.settings import Settings
from tests.postgres.wallets import business as wallets

NOW = datetime.now(UTC)


async def look(url: str, business: Business = wallets) -> dict[str, DoctorFinding]:
    """The findings by their parts."""
    found = await record.look(Settings(database_url=SecretStr(url)), business)
    assert all(one.remedy or one.health is PartHealth.FINE for one in found), "trouble without anything to do about it"
    return {one.part: one for one in found}


async def test_a_database_as_it_should_be(database_url: str) -> None:
    found = await look(database_url)
    assert {one.health for one in found.values()} == {PartHealth.FINE}
    assert list(found) == ["PostgreSQL", "clock", "migrations", "API keys", "webhooks", "cases to begin"]


async def test_a_server_that_does_not_answer_and_a_database_that_is_not_there(postgres: Postgres) -> None:
    away = await look("postgresql://ann:secret-words@127.0.0.1:1/handrail")
    absent = await look(postgres.url_of("absent"))
    assert list(away) == list(absent) == ["PostgreSQL"]
    assert "127.0.0.1:1" in away["PostgreSQL"].words
    assert "secret-words" not in str(away)
    assert '"absent" does not exist' in absent["PostgreSQL"].words
    assert away["PostgreSQL"].health is absent["PostgreSQL"].health is PartHealth.TROUBLE


async def test_migrations_that_lack_and_a_database_that_was_never_migrated(postgres: Postgres, database_url: str) -> None:
    fresh = await look(postgres.url_of("postgres"))
    assert "handrail/0001" in fresh["migrations"].words
    assert fresh["migrations"].remedy == "handrail migrate"
    with psycopg.connect(database_url, autocommit=True) as connection:
        (last,) = connection.execute(
            "DELETE FROM handrail.migrations WHERE series = 'handrail' AND name ="
            " (SELECT max(name) FROM handrail.migrations WHERE series = 'handrail') RETURNING name"
        ).fetchone() or ("",)
    found = await look(database_url)
    assert f"lacks 1: handrail/{last}." in found["migrations"].words
    assert "API keys" not in found, "what needs the migrations is not asked"


async def test_a_database_of_a_newer_version_and_of_another_business(database_url: str, tmp_path: Path) -> None:
    await migrate(database_url, wallets, NOW, "wallets")
    (tmp_path / "0001_flights.sql").write_text("CREATE TABLE flights (n integer)")
    other = await look(database_url, replace(wallets, name="airline", migrations=tmp_path))
    assert "belongs to the business" in other["migrations"].words
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO handrail.migrations VALUES ('handrail', '9999_newer.sql', 'x', now())")
    newer = await look(database_url)
    assert "made by a newer version" in newer["migrations"].words
    assert newer["migrations"].health is other["migrations"].health is PartHealth.TROUBLE


async def test_clocks_that_differ(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ahead(pool: Pool) -> datetime:
        return datetime.now(UTC) + timedelta(minutes=1)

    monkeypatch.setattr("handrail.doctor.record.clock", ahead)
    found = await look(database_url)
    assert found["clock"].health is PartHealth.NOTICE
    assert "60 s apart" in found["clock"].words


async def test_a_key_that_ends_soon_and_an_endpoint_that_takes_nothing_more(database_url: str) -> None:
    pool = await open_pool(database_url, size=2)
    try:
        for days in (3, 400, 2):
            key = ApiKey(
                key_id=f"{days:012}",
                caller=f"caller-{days}",
                name=f"shop {days}",
                environment="test",
                secret_hash="0" * 64,
                scopes=frozenset({ApiScope.CASES_READ}),
                created_at=NOW,
                created_by="ann",
                expires_at=NOW + timedelta(days=days),
            )
            await PostgresApiKeys(pool).add(key)
        await PostgresApiKeys(pool).revoke(f"{2:012}", "ann", NOW)
        await PostgresWebhooks(pool).add("wh-1", "https://example.com/hook", WebhookWanted(), "ann", "sealed")
        await PostgresOutbox(pool).disable("wh-1", "it answered 410")
    finally:
        await pool.close()
    found = await look(database_url)
    assert found["API keys"].health is found["webhooks"].health is PartHealth.NOTICE
    assert "shop 3 (000000000003)" in found["API keys"].words
    assert "shop 400" not in found["API keys"].words
    assert "shop 2 " not in found["API keys"].words
    assert "wh-1 of ann: it answered 410" in found["webhooks"].words


async def test_cases_that_were_answered_for_and_do_not_begin(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO handrail.case_starts"
            " (case_id, customer_id, opening, content_digest, identity, kept_at, due_at, taken_until, begun_at)"
            " SELECT 'c-' || n, 'C-1', '{}', 'd', 'api:shop', now() - interval '2 minutes', now(), now(),"
            " CASE WHEN n > 2 THEN now() END FROM generate_series(1, 3) AS n"
        )
    found = (await look(database_url))["cases to begin"]
    assert found.health is PartHealth.TROUBLE
    assert "2 cases were answered for and have not begun, the oldest for 12" in found.words
