"""Cases on a real Temporal server, a real database with the seeded shop, and the offline model, scripted."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from temporalio.client import Client

from handrail.business import seeded
from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import HOST, free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import Command, run
from handrail.shop import business
from tests.support.house import House, Model, house


class ScriptedModel(OfflineModel):
    """The offline model with its switches for tests."""

    def command(self) -> Command:
        command = super().command()
        argv = (sys.executable, "-m", "handrail.llm.offline", "--host", HOST, "--port", str(self.port), "--scripted")
        return Command(argv=argv, environment=command.environment)


@pytest.fixture(scope="session")
def scripted_model(servers: Path) -> Iterator[ScriptedModel]:
    """A model that does what a test says."""
    server = ScriptedModel(free_block(1))
    with run(server, servers / "scripted-model.log"):
        yield server


@pytest.fixture(scope="session")
async def seeded_database(postgres: Postgres, postgres_url: str, template_database: str) -> str:
    """A database with the seeded shop and no case, to be copied and never written to."""
    name = copied(postgres_url, template_database)
    async with await psycopg.AsyncConnection.connect(postgres.url_of(name)) as connection:
        await seeded(business, connection, datetime.now(UTC))
    return name


@pytest.fixture(scope="session")
def shop_url(postgres: Postgres, postgres_url: str, seeded_database: str) -> str:
    """A database with the seeded shop, shared by the session: tests use different orders."""
    return postgres.url_of(copied(postgres_url, seeded_database))


@pytest.fixture(scope="module")
def own_shop_url(postgres: Postgres, postgres_url: str, seeded_database: str) -> str:
    """The same for one file: whoever compares every case of a record meets no case of another server."""
    return postgres.url_of(copied(postgres_url, seeded_database))


def copied(postgres_url: str, template: str) -> str:
    """Make a database as the template is, and return its name."""
    name = f"shop_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template)))
    return name


@pytest.fixture(scope="session")
async def at_home(temporal_client: Client, shop_url: str, scripted_model: ScriptedModel) -> AsyncIterator[House]:
    """The house, once per session."""
    async with house(temporal_client, shop_url, scripted_model.root) as everything:
        yield everything


@pytest.fixture(scope="module")
async def there(temporal_client: Client, own_shop_url: str, scripted_model: ScriptedModel) -> AsyncIterator[House]:
    """A house whose record holds the cases of one file alone."""
    async with house(temporal_client, own_shop_url, scripted_model.root) as everything:
        await everything.model.clear()
        yield everything


@pytest.fixture
async def home(at_home: House) -> AsyncIterator[House]:
    """The house with a model that follows its rules."""
    await at_home.model.clear()
    yield at_home
    await Model(at_home.model.root).clear()


@pytest.fixture
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case goes on in a fresh run as soon as it waits."""
    monkeypatch.setattr("workflows.steps.loop.EVENTS", 8)
