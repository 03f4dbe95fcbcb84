"""`handrail policy replay` over the shop: a copy of the database in use, in which later calls see what earlier ones did."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner, Result

from handrail.cli.main import app
from handrail.embedded.postgres import Postgres
from handrail.postgres.migrations import migrate
from handrail.shop import business
from handrail.shop.demonstration.calls import PAID, SMALL
from handrail.shop.demonstration.samples import pick
from handrail.shop.demonstration.seeding import fill
from tests.postgres.shop.harness import ANCHOR, NOW, SEED


@pytest.fixture
def in_use(postgres: Postgres, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A seeded shop as a stack has it."""
    name = f"in_use_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        monkeypatch.setenv("HANDRAIL_DATABASE_URL", postgres.url_of(name))
        monkeypatch.setenv("COLUMNS", "220")
        yield postgres.url_of(name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


async def lines(url: str) -> list[dict[str, Any]]:
    await migrate(url, business, datetime.now(UTC))
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await fill(connection, SEED, ANCHOR)
        bought, paid = await pick(connection, SMALL, set()), await pick(connection, PAID, set())
    mine, theirs = ({"customer": one.customer_id, "at": NOW.isoformat()} for one in (bought, paid))
    order, cancelled = {"order_id": bought.order_id}, {"order_id": paid.order_id, "reason": "ordered by mistake"}
    refund = {**mine, "tool": "refund_order"}
    return [
        {**refund, "arguments": {**order, "amount": 12.5, "reason": "broken"}, "expected": "allow"},
        {**refund, "arguments": {**order, "amount": 5, "reason": "broken"}, "expected": "approve"},
        {**refund, "arguments": {**order, "amount": 5, "reason": "broken"}, "expected": "block", "approved_by": "ann"},
        {**mine, "name": "get_order", "arguments": json.dumps(order)},
        {**theirs, "tool": "cancel_order", "arguments": cancelled, "confirmed": True, "approved_by": "bea"},
        {**theirs, "tool": "cancel_order", "arguments": cancelled, "expected": "block"},
    ]


def replay(file: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["policy", "replay", "--calls", str(file), *words])


def everything(url: str) -> list[Any]:
    """Every table with a digest of its rows, and how far every sequence is."""
    with psycopg.connect(url) as connection:

        def rows(text: str) -> list[Any]:
            return connection.execute(text.encode()).fetchall()

        tables = rows("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('shop', 'handrail')")
        digests = [(name, rows(f"select md5(string_agg(t::text, '' order by t::text)) from {name} t")) for (name,) in tables]
        return [*sorted(digests), rows("select sequencename, last_value from pg_sequences order by 1")]


def test_later_calls_see_what_earlier_ones_did_in_the_copy_and_the_original_stays(in_use: str, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(json.dumps(one) for one in asyncio.run(lines(in_use))))
    before = everything(in_use)

    done = replay(log, "--from-stack", "--json")

    assert done.exit_code == 1, done.output
    made = json.loads(done.stdout)
    ruled = [(one["ruled"], one["became"], one["hit"]) for one in made["calls"]]
    assert ruled[:4] == [
        ("allow", "carried out", True),
        ("approve", "not carried out", True),
        ("approve", "carried out", False),
        ("allow", "read", None),
    ]
    assert ruled[4][1] == "carried out"
    assert ruled[5] == ("refused", "not carried out", True)
    assert "refund_repeat/second-refund" in made["calls"][1]["rules"]
    assert made["let_through"] == [3]
    assert made["expected"]["matrix"]["block"] == {"allow": 0, "approve": 1, "refused": 1}
    assert made["copy_of"] == "the database in use"
    assert everything(in_use) == before


def test_over_the_seed_it_needs_no_stack_and_tells_misses_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", "postgresql://127.0.0.1:1/nothing")
    monkeypatch.setenv("COLUMNS", "220")
    log = tmp_path / "log.jsonl"
    reset = {"tool": "send_password_reset"}
    calls = [
        {**reset, "customer": f"C-000{n}", "expected": wanted} for n, wanted in enumerate(("allow", "approve", "block"), 1)
    ]
    log.write_text("\n".join(json.dumps(one) for one in [*calls, {"customer": "C-0002", "tool": "think"}]))

    done = replay(log, "--skip", "think", "--only", "misses", "--each-case-anew")

    assert done.exit_code == 1, done.output
    assert done.stdout.startswith("LET THROUGH though something stricter was expected: 2\n")
    assert "expected \\ ruled" in done.stdout
    assert "1 line left out by --skip." in done.stdout
    assert " s for the copy, " in done.stdout
    log.write_text(json.dumps({**reset, "customer": "C-9999999"}))
    done = replay(log)
    assert (done.exit_code, "log.jsonl:1: customer: 'C-9999999' is no customer of shop." in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "mises"], "--only: 'mises' is none. Did you mean misses? Known: allow, "),
        (
            ["--at", "yesterday"],
            "--at: 'yesterday' is no time with its zone. Write it with its zone, such as 2026-03-01T10:00:00Z.",
        ),
        (["--from-stack"], "No PostgreSQL answers at 127.0.0.1:1."),
        (["--calls", "nowhere.jsonl"], "--calls: nowhere.jsonl cannot be read"),
    ],
)
def test_what_cannot_be_replayed_is_said(words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", "postgresql://127.0.0.1:1/nothing")
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"customer": "C-0001", "tool": "send_password_reset"}))
    done = replay(log, *words)
    assert done.exit_code != 0
    assert said in done.stderr
