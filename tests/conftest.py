"""Real servers for the tests that ask for them: on free ports, in temporary folders, one set per test process.

A fixture starts its server on first use, so a test pays only for what it needs.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import run
from handrail.embedded.state import last
from handrail.embedded.temporal import SEARCH_ATTRIBUTES, Temporal
from handrail.postgres.migrations import migrate
from handrail.shop import business
from handrail.temporal.connect import connect
from handrail.temporal.converter import data_converter
from tests.support.reused import ReusedDatabases
from tests.support.scripted import Scripted, scripted

HERE = Path(__file__).parent
TEMPLATE = "handrail_template"
SERVED = ("acceptance", "workflows", "replay", "postgres", "graphs")
"""Folders whose tests start servers, those with the longest tests first."""


def pytest_configure(config: pytest.Config) -> None:
    """Workflow loggers speak in tests: a bad keyword in a log call fails only where its level is on."""
    logging.getLogger("temporalio").setLevel(logging.INFO)
    # Hypothesis gives each example 200 ms by the wall, which says how busy the machine is.
    settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any machine")
    gc.disable()  # nothing of what is collected becomes garbage, and looking for it takes a fifth of the time


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make, never again among the tests and all that they have loaded."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread files that wait for servers evenly among those that compute, and put the longest first.

    So the processes seldom wait all at once, and none stands idle at the end beside a last long file.
    """
    files = dict.fromkeys(item.path for item in items)
    served = sorted((path for path in files if folder(path) in SERVED), key=lambda path: SERVED.index(folder(path)))
    others = [path for path in files if folder(path) not in SERVED]
    place = {path: number / len(group) for group in (served, others) for number, path in enumerate(group)}
    items.sort(key=lambda item: place[item.path])


def folder(path: Path) -> str:
    """Return which of the folders of tests it is in."""
    return path.relative_to(HERE).parts[0] if path.is_relative_to(HERE) else ""


@pytest.fixture(scope="session")
def servers() -> Iterator[Path]:
    """A folder for the servers' data, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="handrail-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres(servers: Path) -> Iterator[Postgres]:
    """A throw-away PostgreSQL server."""
    server = Postgres(servers / "postgres", free_block(1), durable=False)
    with run(server, servers / "postgres.log"):
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """The throw-away server's administrator URL."""
    return postgres.url_of("postgres")


@pytest.fixture(scope="session")
def template_database(postgres: Postgres, postgres_url: str) -> str:
    """A database with Handrail's and the shop's migrations applied, to be copied and never written to."""
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(migrate(postgres.url_of(TEMPLATE), business, datetime.now(UTC)))
    return TEMPLATE


@pytest.fixture(scope="session")
def reused(postgres: Postgres) -> Iterator[ReusedDatabases]:
    """Databases that tests use one after another."""
    databases = ReusedDatabases(postgres.url_of)
    yield databases
    databases.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, reused: ReusedDatabases, template_database: str) -> Iterator[str]:
    """A database for one test, migrated and empty."""
    own = request.node.get_closest_marker("own_database") is not None
    with reused.taken(template_database, own=own) as url:
        yield url


@pytest.fixture(scope="session")
def temporal_server(servers: Path) -> Iterator[Temporal]:
    """A real Temporal server with its Web UI and our search attributes; see `.address` and `.ui`."""
    base = free_block(4)
    server = Temporal(servers / "temporal.db", base, base + 1, base + 2, base + 3)
    with run(server, servers / "temporal.log"):
        yield server


@pytest.fixture(scope="session")
async def temporal_client(temporal_server: Temporal) -> Client:
    """A client of the real server with the data converter that everything here uses."""
    return await connect(temporal_server.address)


@pytest.fixture
async def time_skipping() -> AsyncIterator[WorkflowEnvironment]:
    """Temporal's test server, whose clock jumps to the next timer; a fresh clock per test."""
    program = shutil.which("temporal-test-server", path=str(Path(sys.executable).parent))
    assert program, "temporal-test-server is missing; run `make setup`"
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=data_converter, test_server_existing_path=program
    )
    async with environment:
        kinds = {
            name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}") for name, kind in SEARCH_ATTRIBUTES.items()
        }
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=environment.client.namespace, search_attributes=kinds)
        )
        yield environment


@pytest.fixture(scope="session")
def offline_model(servers: Path) -> Iterator[OfflineModel]:
    """The offline model's server; `.url` is an OpenAI base URL."""
    server = OfflineModel(free_block(1))
    with run(server, servers / "model.log"):
        yield server


@pytest.fixture
def stack_dir() -> Iterator[Path]:
    """A folder for a stack of its own, which is ended with all its processes afterwards."""
    with stack_folder() as folder:
        yield folder


@contextmanager
def stack_folder() -> Iterator[Path]:
    """A folder for a stack; what still runs of it at the end of the block is killed."""
    with tempfile.TemporaryDirectory(prefix="handrail-stack-", ignore_cleanup_errors=True) as folder:
        data_dir = Path(folder) / "data"
        yield data_dir
        stack = last(data_dir)
        found = [process.find() for process in (stack.supervisor, *stack.processes.values())] if stack else []
        alive = [process for process in found if process]
        for process in alive:
            process.kill()
        psutil.wait_procs(alive, timeout=30)


@pytest.fixture(scope="module")
def running(servers: Path) -> Iterator[Scripted]:
    """An offline model whose behaviour tests decide."""
    with scripted(servers) as server:
        yield server


@pytest.fixture
def server(running: Scripted) -> Scripted:
    """The same, with nothing scripted and nothing asked yet."""
    running.clear()
    return running
