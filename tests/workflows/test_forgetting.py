"""A customer with open, waiting and ended cases is forgotten: no canary is left in either database, and others keep all."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.team.desk import DraftKind
from handrail.embedded.temporal import Temporal
from handrail.personal.access import everything, page
from handrail.postgres.desk.record import PostgresDesk
from handrail.postgres.personal.record import PostgresPersonal
from handrail.shop.records.find import FoundOrder
from handrail.temporal.cases.erasing import TemporalRuns
from tests.support.house import House, wait_for

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'handrail' AND table_type = 'BASE TABLE'"


def postgres_holds(url: str, canary: str) -> dict[str, int]:
    """Count the rows of each table of the record that hold the canary, in words or in bytes."""
    found: dict[str, int] = {}
    wanted = f"%{canary}%"
    coded = f"%{canary.encode().hex()}%"
    with psycopg.connect(url) as connection:
        for (name,) in connection.execute(TABLES).fetchall():
            table = psycopg.sql.Identifier("handrail", name)
            query = psycopg.sql.SQL("SELECT count(*) FROM {} AS t WHERE t::text LIKE %s OR t::text LIKE %s").format(table)
            row = connection.execute(query, (wanted, coded)).fetchone()
            if row and row[0]:
                found[name] = row[0]
    return found


def temporal_holds(server: Temporal, canary: str) -> dict[str, int]:
    """Count the rows of each table of Temporal's database that hold the canary."""
    found: dict[str, int] = {}
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                texts = [one if isinstance(one, bytes) else str(one).encode() for one in row]
                found[name] = found.get(name, 0) + any(canary.encode() in one for one in texts)
    return {name: count for name, count in found.items() if count}


class Customer:
    """A customer whose every word holds the canary."""

    def __init__(self, order: FoundOrder) -> None:
        self.order, self.customer_id = order, order.customer_id
        self.canary = f"Quaxel{uuid4().hex[:10]}"
        self.cases: list[str] = []


async def lived(home: House, orders: list[FoundOrder]) -> Customer:
    """A customer with a case of each kind, with mail, a draft, a correction and an answer that the HTTP API keeps."""
    who = Customer(orders[0])
    answered = await home.open(who.customer_id, f"{who.canary} here. Where is my order {who.order.order_id}?")
    wish = f"{who.canary} asks: please refund order {who.order.order_id}, that is {who.order.refundable} USD."
    held = await home.open(who.customer_id, wish)
    assert held.status == "AwaitingApproval", held
    rejected = await home.open(who.customer_id, f"{wish} It is broken.")
    if rejected.approvals:
        seen = rejected.approvals[0]
        note = f"{who.canary} called about this"
        about: dict[str, Any] = {"approval_id": seen.approval_id, "revision": seen.revision, "reviewer": "ann", "note": note}
        await home.cases.decide(rejected.case_id, DecisionInput(decision=DecisionKind.REJECT, **about))
        await home.settled(rejected.case_id)
    person = await home.open(who.customer_id, f"I am {who.canary}, I want to talk to a person, please.")
    assert person.status == "WithHuman", person
    await PostgresDesk(home.pool).keep(person.case_id, "ann", DraftKind.NOTE, f"Ask {who.canary} for a photo")
    closed = await home.open(who.customer_id, f"{who.canary}: where is my order {who.order.order_id}, again?")
    await home.cases.close(closed.case_id)
    await home.until(closed.case_id, lambda view: view.status == "Closed")
    who.cases = [one.case_id for one in (answered, held, rejected, person, closed)]
    await mailed(home, who)
    return who


async def mailed(home: House, who: Customer) -> None:
    """Rows as mail and the HTTP API leave them."""
    address, raw = f"{who.canary}@example.com", f"From: {who.canary}@example.com\r\n\r\n{who.canary}".encode()
    async with home.pool.connection() as connection:
        for mail_id, case_id, customer in ((uuid4().hex, who.cases[0], who.customer_id), (uuid4().hex, None, None)):
            values = {"id": mail_id, "case": case_id, "customer": customer, "sender": address, "raw": raw}
            await connection.execute(
                """INSERT INTO handrail.mails (mail_id, incoming, sender, subject, vouched, disposition, case_id, customer_id,
                size, raw)
                VALUES (%(id)s, true, %(sender)s, %(sender)s, 'dkim', 'opened', %(case)s, %(customer)s, 10, %(raw)s)""",
                values,
            )
            await connection.execute(
                """INSERT INTO handrail.mail_attachments (mail_id, position, name, size, kind, sha256)
                VALUES (%(id)s, 1, %(sender)s, 3, 'text/plain', 'x')""",
                values,
            )
        body = json.dumps({"case_id": who.cases[1], "reply": who.canary}).encode()
        await connection.execute(
            """INSERT INTO handrail.api_answers (caller, idempotency_key, fingerprint, claim, held_until, claimed_at, status,
            headers, body) VALUES ('shop', %(key)s, 'f', 'c', now(), now(), 200, '{}', %(body)s)""",
            {"key": uuid4().hex, "body": body},
        )


def command(home: House, server: Temporal, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command line, pointed at the house."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HANDRAIL_")},
        "HANDRAIL_TEMPORAL_ADDRESS": server.address,
        "HANDRAIL_DATABASE_URL": home.settings.database_url.get_secret_value(),
        "HANDRAIL_TASK_QUEUE": home.settings.task_queue,
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
    }
    return [sys.executable, "-m", "handrail.cli.main", *arguments], environment


async def said(home: House, server: Temporal, *arguments: str, code: int = 0) -> str:
    """What a command prints. It ends with the code."""
    argv, environment = command(home, server, *arguments)
    process = await asyncio.create_subprocess_exec(
        *argv, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == code, out.decode()
    return out.decode()


async def killed_half_way(home: House, server: Temporal, customer_id: str) -> None:
    """Begin to forget the customer, and die behind the first case."""
    argv, environment = command(home, server, "forget", customer_id, "--by", "dpo", "--close-open")
    process = await asyncio.create_subprocess_exec(*argv, env=environment, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    begun = 0
    async with asyncio.timeout(120):
        while begun < 2 and (line := await process.stdout.readline()):
            begun += line.decode().strip().startswith("forgetting")
    assert begun == 2
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def outcomes(home: House, customer_id: str) -> list[tuple[Any, ...]]:
    """Rows of the record that are a customer's."""
    query = """select m.case_id, m.text, m.at from handrail.messages m join handrail.cases c on c.case_id = m.case_id
    where c.customer_id = %(c)s order by m.at"""
    return await home.rows(query, c=customer_id)


@pytest.mark.timeout(400)
async def test_a_customer_is_forgotten_everywhere_and_nobody_else_is(home: House, temporal_server: Temporal) -> None:
    url = home.settings.database_url.get_secret_value()
    first = await home.strangers_order(**HELD)
    who = await lived(home, [first])
    other = await home.strangers_order(**HELD)
    theirs = f"Marbled{uuid4().hex[:10]}"
    beside = await home.open(other.customer_id, f"{theirs} here. Where is my order {other.order_id}?")
    before = await outcomes(home, other.customer_id)
    for canary in (who.canary, who.customer_id):
        assert len(postgres_holds(url, canary)) > 3
        assert temporal_holds(temporal_server, canary)

    refused = await said(home, temporal_server, "forget", who.customer_id, "--by", "dpo", code=3)
    assert "--close-open" in refused
    assert who.cases[1] in refused
    await said(home, temporal_server, "hold", "set", who.customer_id, "--reason", f"{who.canary} sues", "--by", "law")
    held = await said(home, temporal_server, "forget", who.customer_id, "--by", "dpo", "--close-open", code=3)
    assert "legal hold" in held
    await said(home, temporal_server, "hold", "clear", who.customer_id, "--reason", "settled", "--by", "law")

    shown = await everything(PostgresPersonal(home.pool), who.customer_id, lambda raw: raw.decode())
    assert who.canary in json.dumps(shown)
    assert "ann" not in [one["data"].get("reviewer") for one in shown["entries"]]
    assert theirs not in json.dumps(shown)
    assert who.canary in page(shown)

    await killed_half_way(home, temporal_server, who.customer_id)
    left = await PostgresPersonal(home.pool).cases_of([who.customer_id])
    assert 0 < len(left) < len(who.cases), "killed too early, or too late, to show anything"
    proof = json.loads(await said(home, temporal_server, "forget", who.customer_id, "--by", "dpo", "--close-open", "--json"))
    assert proof["cases"] == len(left)
    assert who.canary not in json.dumps(proof)
    assert who.customer_id not in json.dumps(proof)
    assert any(one["until"] for one in proof["remains"])

    for canary in (who.canary, who.customer_id):
        assert postgres_holds(url, canary) == {}
    await wait_for(lambda: nothing_in(temporal_server, who.canary))
    assert temporal_holds(temporal_server, who.customer_id) == {}
    assert await outcomes(home, other.customer_id) == before
    assert (await home.cases.status(beside.case_id)).case_id == beside.case_id
    assert temporal_holds(temporal_server, theirs)
    await said(home, temporal_server, "audit", "verify")
    for case_id in who.cases:
        shown = json.loads(await said(home, temporal_server, "case", "show", case_id, "--json"))
        assert shown["status"] == "Closed"
    again = await said(home, temporal_server, "forget", who.customer_id, "--by", "dpo")
    assert again.startswith(f"Nothing left of {who.customer_id}.")
    told = await said(home, temporal_server, "forget", "--places", "--json")
    assert any(one["place"].startswith("messages") for one in json.loads(told))


async def greeted(home: House) -> Customer:
    """A customer with one case."""
    who = Customer(await home.strangers_order(**HELD))
    opened = await home.open(who.customer_id, f"{who.canary} here. Where is my order {who.order.order_id}?")
    who.cases.append(opened.case_id)
    return who


@pytest.mark.timeout(400)
async def test_a_person_of_two_ids_is_held_given_out_and_forgotten_whole(home: House, temporal_server: Temporal) -> None:
    url = home.settings.database_url.get_secret_value()
    mail, widget, stranger = [await greeted(home) for _ in range(3)]
    by = ("--reason", "they called", "--by", "ann")
    merged = await said(home, temporal_server, "customers", "merge", widget.customer_id, "--into", mail.customer_id, *by)
    assert f"One person: {widget.customer_id}, {mail.customer_id}" in merged
    await said(home, temporal_server, "customers", "merge", stranger.customer_id, "--into", mail.customer_id, *by)
    parted = await said(home, temporal_server, "customers", "undo", stranger.customer_id, *by)
    assert parted.startswith(f"{stranger.customer_id} has no other id.")
    shown = json.loads(await said(home, temporal_server, "customers", "show", mail.customer_id, "--json"))
    assert shown["customer_ids"] == [mail.customer_id, widget.customer_id]
    await said(home, temporal_server, "customers", "merge", mail.customer_id, "--into", mail.customer_id, *by, code=3)

    given = await everything(PostgresPersonal(home.pool), widget.customer_id, lambda raw: raw.decode())
    assert given["customer_ids"] == [widget.customer_id, mail.customer_id]
    told = json.dumps(given)
    assert mail.canary in told
    assert widget.canary in told
    assert stranger.canary not in told
    assert stranger.customer_id not in told, "whom they were parted from is somebody else"
    assert "ann" not in [one["data"].get("by") for one in given["entries"]]

    await said(home, temporal_server, "hold", "set", mail.customer_id, "--reason", "a claim", "--by", "law")
    held = await said(home, temporal_server, "forget", widget.customer_id, "--by", "dpo", "--close-open", code=3)
    assert f"{mail.customer_id} must not be forgotten" in held
    await said(home, temporal_server, "hold", "clear", mail.customer_id, "--reason", "settled", "--by", "law")

    forgotten = await said(home, temporal_server, "forget", widget.customer_id, "--by", "dpo", "--close-open")
    assert forgotten.index(f"is one person with {mail.customer_id}") < forgotten.index("deleting the runs")
    for canary in (mail.canary, widget.canary, mail.customer_id, widget.customer_id):
        assert postgres_holds(url, canary) == {}
        await wait_for(partial(nothing_in, temporal_server, canary))
    assert postgres_holds(url, stranger.canary)
    left = await home.rows("select kept, reason, by, undone_by from handrail.customer_links where merged = '' order by 1")
    assert sorted(left, key=str) == [("", "", "ann", "ann"), ("", "", "ann", None)], (
        "that there were links, and by whom, stays"
    )
    noted = "select actor, details from handrail.audit where case_id = %(c)s and action = 'customer:merged'"
    assert (await home.rows(noted, c=widget.cases[0]))[0] == ("ann", {})
    (proof,) = await home.rows("select proof ->> 'customers' from handrail.forgettings order by at desc limit 1")
    assert proof == ("2",)
    await said(home, temporal_server, "audit", "verify")


async def nothing_in(server: Temporal, canary: str) -> bool:
    """Return whether Temporal's database holds the canary no more."""
    return not temporal_holds(server, canary)


@workflow.defn(name="counting-down", sandboxed=False)
class CountingDown:
    """Goes on in fresh runs."""

    @workflow.run
    async def run(self, left: int) -> None:
        """Go on as new, or wait."""
        if left:
            workflow.continue_as_new(left - 1)
        await workflow.wait_condition(lambda: False, timeout=timedelta(hours=1))


async def test_every_run_of_a_chain_is_deleted(temporal_client: Client, home: House) -> None:
    name, queue = f"chain-{uuid4().hex}", f"chain-{uuid4().hex}"
    runner = UnsandboxedWorkflowRunner()
    async with Worker(temporal_client, task_queue=queue, workflows=[CountingDown], workflow_runner=runner):
        await temporal_client.start_workflow("counting-down", 3, id=name, task_queue=queue)
        handle = temporal_client.get_workflow_handle(name)

        async def last() -> bool:
            events = (await handle.fetch_history()).events
            return bool(events[0].workflow_execution_started_event_attributes.continued_execution_run_id) and len(events) > 4

        await wait_for(last)
        runs = TemporalRuns(temporal_client, home.cases)
        assert await runs.delete(name, 60) == 4
        assert await runs.delete(name, 60) == 0
