"""A backend in TypeScript, with Temporal's own client, and with one made of the contract of the HTTP API."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from handrail import api
from handrail.domain.access.principals import ApiScope
from handrail.postgres.case.openings import PostgresOpenings
from tests.support.deskside import key_of, serving
from tests.support.house import House, wait_for
from tests.support.node import installed, run

PACKAGE = "@temporalio/client@1.24.0"
GENERATORS = ("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3", "@types/node@20.19.9")
SCRIPTS = Path(__file__).parents[2] / "typescript"
SCRIPT, ASKS = SCRIPTS / "opens.mjs", SCRIPTS / "asks.ts"
CONTRACT = Path(api.__file__).with_name("openapi.json")
STRICT = ("--strict", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Temporal's client for TypeScript is installed, and the script beside it."""
    folder = installed(tmp_path_factory.mktemp("typescript"), PACKAGE)
    shutil.copy(SCRIPT, folder)
    return folder


async def test_a_backend_in_typescript_opens_cases_and_loses_none(home: House, client: Path) -> None:
    order = await home.strangers_order(status="shipped")
    name = f"ts-{uuid4().hex[:8]}"
    address = home.temporal.service_client.config.target_host
    script = await asyncio.create_subprocess_exec(
        "node",
        str(client / SCRIPT.name),
        address,
        home.settings.task_queue,
        name,
        order.customer_id,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, trouble = await asyncio.wait_for(script.communicate(), 120)
    assert script.returncode == 0, trouble.decode()
    found = json.loads(out)
    assert (found["first"]["case_id"], found["first"]["duplicate"]) == (f"{name}-1", False)
    assert found["again"]["duplicate"] is True
    assert found["other"]["refused"] == "CaseConflict"
    assert found["wrong"]["refused"] == "InvalidInput"
    assert "customer_id" in found["wrong"]["words"]
    assert found["retried"]["duplicate"] is False
    assert "the agent reads at most 8,000" in found["long"]["notice"]
    for number in (3, 4, 5):
        case = await home.until(f"{name}-{number}", lambda view: view.status == "WithHuman")
        assert (case.customer_id, case.reason) == (order.customer_id, "odd_message")

    async def seen() -> bool:
        return f"case-{name}-6" in [one.workflow_id for one in await PostgresOpenings(home.pool).refused()]

    assert await wait_for(seen)


async def test_a_client_made_of_the_contract_compiles_and_asks(home: House, tmp_path: Path) -> None:
    installed(tmp_path, *GENERATORS)
    shutil.copy(ASKS, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    npx = shutil.which("npx") or "npx"
    made = (npx, "--no-install", "openapi-typescript", str(CONTRACT), "--default-non-nullable=false", "-o", "schema.d.ts")
    await asyncio.to_thread(run, tmp_path, *made)
    await asyncio.to_thread(run, tmp_path, npx, "--no-install", "tsc", *STRICT, ASKS.name)
    order = await home.strangers_order(status="shipped")
    key = await key_of(home, None, ApiScope.CASES_WRITE, ApiScope.CASES_READ)
    async with serving(home) as at:
        words = (
            at.removesuffix("/desk/"),
            key,
            order.customer_id,
            f"ts-{uuid4().hex[:8]}",
            f"Where is order {order.order_id}?",
        )
        found = json.loads(await asyncio.to_thread(run, tmp_path, "node", "asks.js", *words))
    assert found["first"]["status"] == 201
    assert order.order_id in found["first"]["reply"]
    assert found["again"] == {**found["first"], "replayed": "true"}
    assert (found["other"]["status"], found["other"]["code"]) == (422, "KeyReused")
