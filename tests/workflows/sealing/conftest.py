"""A house whose histories are encrypted, on the same servers as the others."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from handrail.embedded.temporal import Temporal
from handrail.settings import Settings
from handrail.temporal.connect import connect
from handrail.vault.masters import new_master
from handrail.wiring.sealing import codec_of, forget_keys
from tests.support.house import House, house
from tests.workflows.conftest import ScriptedModel


def sealing(database_url: str, *masters: str, encrypt: bool | None = None) -> Settings:
    """Settings that name these master keys."""
    return Settings(database_url=SecretStr(database_url), master_keys=SecretStr(" ".join(masters)), encrypt=encrypt)


@pytest.fixture(scope="session")
def master() -> str:
    """The master key of the session."""
    return new_master()


@pytest.fixture(scope="session")
async def sealed_client(temporal_server: Temporal, shop_url: str, master: str) -> AsyncIterator[Client]:
    """A client that encrypts."""
    client = await connect(temporal_server.address, codec=codec_of(sealing(shop_url, master)))
    yield client
    await forget_keys(client)


@pytest.fixture(scope="session")
async def at_sealed_home(sealed_client: Client, shop_url: str, scripted_model: ScriptedModel) -> AsyncIterator[House]:
    """The house, once per session."""
    async with house(sealed_client, shop_url, scripted_model.root) as everything:
        yield everything


@pytest.fixture
async def sealed_home(at_sealed_home: House) -> House:
    """The house with a model that follows its rules."""
    await at_sealed_home.model.clear()
    return at_sealed_home
