"""Keys of a record that was restored: under a master key from before, and those that the backup does not have."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import psycopg
import pytest

from handrail.embedded.postgres import binaries
from handrail.embedded.temporal import Temporal
from handrail.vault.masters import new_master
from handrail.wiring.sealing import forget_keys
from tests.support.house import House
from tests.workflows.sealing.test_keys_at_work import client_with, rewrap


async def test_a_record_restored_from_before_the_change_is_read_with_the_key_that_was_kept(
    temporal_server: Temporal, shop_url: str, master: str, sealed_home: House
) -> None:
    order = await sealed_home.order(status="shipped")
    case = await sealed_home.open(order.customer_id, f"Where is my order {order.order_id}?")
    history = await sealed_home.temporal.get_workflow_handle(f"case-{case.case_id}").fetch_history()
    sealed = history.events[0].workflow_execution_started_event_attributes.input.payloads
    async with sealed_home.pool.connection() as connection:
        await connection.execute("create table public.kept as table handrail.owner_keys")
    fresh = new_master()
    await rewrap(sealed_home, fresh, master)
    async with sealed_home.pool.connection() as connection:
        restored = "update handrail.owner_keys o set master_id = k.master_id, wrapped = k.wrapped from public.kept k"
        await connection.execute(f"{restored} where o.key_id = k.key_id".encode())
        await connection.execute("drop table public.kept")
    without = await client_with(temporal_server, shop_url, fresh)
    with pytest.raises(Exception, match="master key"):
        await without.data_converter.decode(sealed)
    both = await client_with(temporal_server, shop_url, fresh, master)
    [opened] = await both.data_converter.decode(sealed)
    assert opened["case_id"] == case.case_id
    assert await rewrap(sealed_home, fresh, master) != await rewrap(sealed_home, master, fresh)
    for client in (without, both):
        await forget_keys(client)


async def test_keys_taken_along_open_what_a_restored_record_has_no_key_for(
    temporal_server: Temporal, shop_url: str, master: str, sealed_home: House, tmp_path: Path
) -> None:
    order = await sealed_home.strangers_order(status="shipped")
    case = await sealed_home.open(order.customer_id, f"Where is my order {order.order_id}?")
    history = await sealed_home.temporal.get_workflow_handle(f"case-{case.case_id}").fetch_history()
    sealed = history.events[0].workflow_execution_started_event_attributes.input.payloads
    kept = (
        "--data-only",
        "--inserts",
        "--on-conflict-do-nothing",
        "--table=handrail.owner_keys",
        "--table=handrail.data_keys",
    )
    await asyncio.to_thread(program, "pg_dump", *kept, f"--file={tmp_path / 'keys.sql'}", shop_url)
    with psycopg.connect(shop_url) as connection:
        # The record of an earlier moment: no key of the case, none of its customer, and no word of their end.
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM handrail.data_keys WHERE workflow_id = %s", (f"case-{case.case_id}",))
        connection.execute("DELETE FROM handrail.owner_keys WHERE customer_id = %s", (order.customer_id,))
    fresh = await client_with(temporal_server, shop_url, master)
    with pytest.raises(Exception, match="the database has no such key"):
        await fresh.data_converter.decode(sealed)
    await asyncio.to_thread(program, "psql", "--set=ON_ERROR_STOP=1", f"--file={tmp_path / 'keys.sql'}", shop_url)
    [opened] = await fresh.data_converter.decode(sealed)
    assert opened["case_id"] == case.case_id
    await forget_keys(fresh)


def program(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs."""
    subprocess.run([str(binaries() / name), *arguments], check=True, capture_output=True)
