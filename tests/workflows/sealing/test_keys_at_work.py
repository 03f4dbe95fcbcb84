"""Keys while cases run: master keys changed, encryption switched on and off, a customer shredded, PostgreSQL away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from temporalio.client import Client
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.errors import KeysAway, KeyShredded
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import run
from handrail.embedded.temporal import Temporal
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import open_pool
from handrail.postgres.vault.keys import PostgresKeyRotation, PostgresKeyStore
from handrail.shop import business
from handrail.temporal.cases.client import CaseClient
from handrail.temporal.codec import SealingCodec
from handrail.temporal.connect import connect
from handrail.temporal.plain import plain_events
from handrail.vault.hierarchy import rewrapped
from handrail.vault.masters import LocalMasterKeys, new_master
from handrail.wiring.sealing import codec_of, forget_keys, keys_of
from tests.postgres.build import NOON
from tests.support.house import House, house, wait_for
from tests.workflows.conftest import ScriptedModel
from tests.workflows.sealing.conftest import sealing
from tests.workflows.test_paths import HELD, decision
from workflows.case import CaseWorkflow


async def rewrap(home: House, *masters: str) -> str:
    """Put every key under the first of the master keys; return its id."""
    named, rotation = LocalMasterKeys(masters), PostgresKeyRotation(home.pool)
    count, behind = 1, ""
    while count:
        count, behind = await rotation.rewrap(named.first, lambda key: rewrapped(named, key), behind, 3)
    return named.first


async def client_with(temporal: Temporal, url: str, *masters: str, encrypt: bool | None = None) -> Client:
    """A client with these master keys."""
    return await connect(temporal.address, codec=codec_of(sealing(url, *masters, encrypt=encrypt)))


async def test_a_master_key_is_changed_twice_under_load_and_the_old_ones_go(
    temporal_server: Temporal, shop_url: str, master: str, scripted_model: ScriptedModel, sealed_home: House
) -> None:
    second, third = new_master(), new_master()
    order = await sealed_home.strangers_order(**HELD)
    old = await sealed_home.open(order.customer_id, f"Please refund order {order.order_id}, {order.refundable} USD.")
    shipped = await sealed_home.order(status="shipped")
    opened: list[str] = []
    ended = asyncio.Event()

    async def load(home: House) -> None:
        while not ended.is_set():
            case = await home.open(shipped.customer_id, f"Where is my order {shipped.order_id}?")
            assert case.reply
            opened.append(case.case_id)

    async def got_on(count: int) -> bool:
        return len(opened) >= count

    # As during a deployment: both know every key, and each has another one first.
    clients = [
        await client_with(temporal_server, shop_url, *masters)
        for masters in ((second, third, master), (third, second, master))
    ]
    async with AsyncExitStack() as homes:
        loads = [load(await homes.enter_async_context(house(client, shop_url, scripted_model.root))) for client in clients]
        working = asyncio.gather(*loads)
        for masters in ((second, third, master), (third, second, master)):
            enough = len(opened) + 2
            await rewrap(sealed_home, *masters)
            await wait_for(partial(got_on, enough))
        ended.set()
        await working
    last = await rewrap(sealed_home, third, second, master)
    assert [one.master for one in await PostgresKeyRotation(sealed_home.pool).counts()] == [last]

    alone = await client_with(temporal_server, shop_url, third)
    for case_id in (old.case_id, *opened):
        events = [one async for one in plain_events(alone, alone.get_workflow_handle(f"case-{case_id}"))]
        payloads = events[0].workflow_execution_started_event_attributes.input.payloads
        assert [one.metadata["encoding"] for one in payloads] == [b"json/plain"]
        assert case_id.encode() in payloads[0].data
    assert (await CaseClient(alone, task_queue=sealed_home.settings.task_queue).status(old.case_id)).status == old.status
    for client in (*clients, alone):
        await forget_keys(client)
    await rewrap(sealed_home, master, third, second)


async def test_encryption_is_switched_on_and_off_over_a_running_case(
    home: House, temporal_server: Temporal, shop_url: str, master: str
) -> None:
    order = await home.strangers_order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, {order.refundable} USD.")
    assert case.status == "AwaitingApproval"
    on = await client_with(temporal_server, shop_url, master)
    codec = on.data_converter.payload_codec
    assert isinstance(codec, SealingCodec)
    history = await home.temporal.get_workflow_handle(f"case-{case.case_id}").fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes.input.payloads
    assert await codec.decode(started) == list(started)
    off = await client_with(temporal_server, shop_url, master, encrypt=False)
    other = off.data_converter.payload_codec
    assert isinstance(other, SealingCodec)
    sealed = await codec.encode(started)
    assert sealed[0].data != started[0].data
    assert await other.encode(started) == list(started)
    assert await other.decode([*sealed, *started]) == [*started, *started]
    for client in (on, off):
        await forget_keys(client)


async def test_an_encrypted_history_replays(sealed_home: House) -> None:
    order = await sealed_home.strangers_order(**HELD)
    case = await sealed_home.open(order.customer_id, f"Please refund order {order.order_id}, {order.refundable} USD.")
    await sealed_home.cases.decide(case.case_id, decision(case, DecisionKind.APPROVE))
    await sealed_home.until(case.case_id, lambda view: view.status in ("Resolved", "AwaitingCustomer"))
    history = await sealed_home.temporal.get_workflow_handle(f"case-{case.case_id}").fetch_history()
    replayer = Replayer(
        workflows=[CaseWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),
        namespace="default",
        data_converter=sealed_home.temporal.data_converter,
    )
    await replayer.replay_workflow(history)


async def test_what_stands_in_another_workflow_is_not_read(sealed_client: Client) -> None:
    from temporalio.converter import WorkflowSerializationContext

    here, there = (
        sealed_client.data_converter.with_context(WorkflowSerializationContext("default", f"case-moved-{one}")) for one in "ab"
    )
    sealed = await here.encode(["mine"])
    assert await here.decode(sealed) == ["mine"]
    with pytest.raises(Exception, match=r"is that of case-moved-a in default, .* Somebody moved it: it is not read"):
        await there.decode(sealed)
    sealed[0].data = sealed[0].data[:-1] + bytes([sealed[0].data[-1] ^ 1])
    with pytest.raises(Exception, match="It was changed on its way"):
        await here.decode(sealed)


async def test_a_shredded_customers_words_are_gone_and_said_to_be(
    sealed_home: House, temporal_server: Temporal, shop_url: str, master: str
) -> None:
    order = await sealed_home.strangers_order(status="shipped")
    case = await sealed_home.open(order.customer_id, f"Where is my order {order.order_id}?")
    handle = sealed_home.temporal.get_workflow_handle(f"case-{case.case_id}")
    history = await handle.fetch_history()
    await handle.terminate("forgotten")
    assert (await PostgresKeyStore(sealed_home.pool).shred(order.customer_id)).data_keys
    fresh = await client_with(temporal_server, shop_url, master)
    with pytest.raises(KeyShredded, match="was destroyed on"):
        await fresh.data_converter.decode(history.events[0].workflow_execution_started_event_attributes.input.payloads)
    keys = keys_of(sealed_home.temporal)
    assert keys is not None
    await keys.look()
    with pytest.raises(KeyShredded):
        await sealed_home.temporal.data_converter.decode(
            history.events[0].workflow_execution_started_event_attributes.input.payloads
        )
    await forget_keys(fresh)


@asynccontextmanager
async def standing(server: Postgres, log: Path) -> AsyncIterator[None]:
    """Run a server for the block; starting it needs an event loop of its own."""
    block = run(server, log)
    await asyncio.to_thread(block.__enter__)
    try:
        yield
    finally:
        await asyncio.to_thread(block.__exit__, None, None, None)


async def test_a_restart_of_postgresql_is_outlived_by_keys_in_memory(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", free_block(1), durable=False)
    async with standing(server, tmp_path / "postgres.log"):
        await migrate(server.url_of("postgres"), business, NOON)
        codec = codec_of(sealing(server.url_of("postgres"), new_master()))
        assert codec is not None
        held = await codec.keys.of_workflow("default", "case-1", "C-1")
    assert await codec.keys.of_workflow("default", "case-1", "C-1") == held
    with pytest.raises(KeysAway, match="does not answer"):
        await codec.keys.of_workflow("default", "case-2", "C-1")
    async with standing(server, tmp_path / "postgres.log"):
        pool = await open_pool(server.url_of("postgres"), size=1)
        await pool.close()

        async def answered() -> bool:
            try:
                return bool(await codec.keys.of_workflow("default", "case-2", "C-1"))
            except (KeysAway, psycopg.OperationalError):
                return False

        await wait_for(answered)
        assert await codec.keys.by_id(held.key_id) == held
        await codec.keys.aclose()
