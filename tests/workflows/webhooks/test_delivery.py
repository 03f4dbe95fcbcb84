"""Webhooks from the event to a real receiver, by Temporal: retried, in the case's order, rotated, gone, dead, replayed."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from handrail.background import supervised
from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.case.messages import Author, Message
from handrail.domain.channels import Arrival
from handrail.domain.webhooks import DELAYS, WebhookWanted
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.channels.record import PostgresChannels
from handrail.postgres.pool import Pool, open_pool
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.postgres.webhooks.outbox import PostgresOutbox
from handrail.settings import Settings
from handrail.shop import business
from handrail.temporal.converter import data_converter
from handrail.temporal.webhooks import deliver
from handrail.webhooks.sealing import KeySeal, new_secret
from handrail.webhooks.sending import HttpSender
from handrail.wiring.front.webhooks import Addressing, webhook_worker
from tests.postgres.build import NOON, opening, row
from tests.replay.record import scrubbed
from tests.support.house import wait_for
from tests.support.receiving import Receiver, receiver, status
from workflows.webhooks import WebhookWorkflow

KEY = "k" * 32
CASE = "case-1"
HISTORY = Path(__file__).with_name("delivered.json")
"""Recorded anew with HANDRAIL_RECORD_HISTORIES=1, where a change is meant to be incompatible."""


@dataclass
class Post:
    """Everything a test talks to: a house without cases' worker, a receiver, and the endpoint `wh-1`."""

    environment: WorkflowEnvironment
    settings: Settings
    pool: Pool
    there: Receiver
    secret: str

    async def send(self, *, now: bool = False) -> None:
        """Address what happened, deliver, and wait until nothing is left; timers take no time."""
        wanted = await PostgresOutbox(self.pool).address()
        await deliver(self.environment.client, self.settings.task_queue, wanted, now=now)
        for one in wanted:
            await self.ended(one.endpoint_id, one.case_id)

    async def ended(self, endpoint_id: str = "wh-1", case_id: str = CASE) -> None:
        """Wait until the run has nothing left to send; the server's clock goes on by an hour at a time."""
        while True:
            found = await self.run_of(endpoint_id, case_id).describe()
            if found.status is not WorkflowExecutionStatus.RUNNING:
                return
            await self.environment.sleep(timedelta(hours=1))

    def run_of(self, endpoint_id: str, case_id: str) -> WorkflowHandle[object, object]:
        return self.environment.client.get_workflow_handle(f"webhook-{endpoint_id}-{case_id}")

    @property
    def came(self) -> list[tuple[str, int]]:
        """The type and sequence of each request that came."""
        bodies = [json.loads(one.body) for one in self.there.came]
        return [(one["type"], one["data"]["sequence"]) for one in bodies]

    async def state(self) -> list[tuple[int, str, int]]:
        async with self.pool.connection() as connection:
            found = await connection.execute(
                b"SELECT sequence, state, attempts FROM handrail.webhook_messages ORDER BY case_id, sequence"
            )
            return await found.fetchall()


@pytest.fixture
async def post(time_skipping: WorkflowEnvironment, database_url: str) -> AsyncIterator[Post]:
    settings = Settings(
        database_url=SecretStr(database_url), webhook_key=SecretStr(KEY), task_queue=f"cases-{uuid4().hex[:8]}"
    )
    pool = await open_pool(database_url, size=4)
    async with receiver() as there:
        secret = new_secret()
        url = f"http://127.0.0.1:{there.port}/hooks"
        await PostgresWebhooks(pool).add("wh-1", url, WebhookWanted(), "ann", KeySeal(KEY).seal(secret))
        sender = HttpSender(loopback=True, seconds=1)
        async with webhook_worker(time_skipping.client, settings, pool, sender):
            yield Post(time_skipping, settings, pool, there, secret)
    await pool.close()


async def test_a_receiver_that_fails_hangs_and_asks_for_patience_gets_each_event_once_in_order(post: Post) -> None:
    await PostgresCases(post.pool, business).open(opening(CASE), NOON)
    post.there.answers = [
        status(429, "retry-after: 7"),
        status(500),
        None,
        status(302, "location: http://169.254.169.254/"),
        status(200),
    ]
    await post.send()
    assert post.came == [("case.opened", 1)] * 5 + [("case.message", 2)]
    ids = [one.headers["webhook-id"] for one in post.there.came]
    assert len(set(ids[:5])) == 1
    assert ids[5] != ids[0]
    assert all(one.startswith("msg_") for one in ids)
    for one in post.there.came:
        assert Webhook(post.secret).verify(one.body, one.headers)
    assert b"Hello" not in b"".join(one.body for one in post.there.came), "words of a customer were sent"
    assert await post.state() == [(1, "delivered", 5), (2, "delivered", 1)]
    handle = post.run_of("wh-1", CASE)
    history = await handle.fetch_history()
    pauses = [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta().total_seconds()
        for event in history.events
        if event.HasField("timer_started_event_attributes")
    ]
    assert pauses[0] == 7
    assert all(one <= pause <= one * 1.2 for one, pause in zip(DELAYS[1:4], pauses[1:], strict=True))
    if os.environ.get("HANDRAIL_RECORD_HISTORIES"):
        HISTORY.write_text(scrubbed(history.to_json()))
    await replayed(history)


async def test_runs_that_began_under_this_code_go_on_under_the_next() -> None:
    """What was recorded replays; a change of commands stands behind `workflow.patched`."""
    await replayed(WorkflowHistory.from_json("webhook-wh-1-case-1", HISTORY.read_text()))


async def replayed(history: WorkflowHistory) -> None:
    await Replayer(workflows=[WebhookWorkflow], data_converter=data_converter).replay_workflow(history)


async def test_a_reply_to_a_channel_of_ones_own_carries_its_address_and_has_left_then(post: Post) -> None:
    cases, channels = PostgresCases(post.pool, business), PostgresChannels(post.pool)
    await channels.arrived(Arrival(case_id=CASE, message_id="m-1", channel="sms", address="+1 555 0100"))
    await cases.open(opening(CASE), NOON)
    said = Message(message_id="~1", author=Author.ASSISTANT, text="It is on its way.", at=NOON, turn=1, approved=True)
    await cases.commit(Commit(row=row(1, CASE, status="AwaitingCustomer"), messages=[said]))
    await post.send()
    (reply,) = [json.loads(one.body)["data"] for one in post.there.came if b"case.reply" in one.body]
    assert reply["channel"] == "sms"
    assert reply["address"] == "+1 555 0100"
    assert reply["approved"] is True
    async with post.pool.connection() as connection:
        found = await connection.execute(b"SELECT channel, state, attempts FROM handrail.departures")
        assert await found.fetchall() == [("sms", "sent", 1)]


async def test_a_rotated_secret_loses_no_event(post: Post) -> None:
    cases, webhooks = PostgresCases(post.pool, business), PostgresWebhooks(post.pool)
    await cases.open(opening(CASE), NOON)
    await post.send()
    fresh = new_secret()
    await webhooks.rotate("wh-1", KeySeal(KEY).seal(fresh))
    await cases.commit(Commit(row=row(1, CASE, status="Resolved")))
    await post.send()
    last = post.there.came[-1]
    for secret in (post.secret, fresh):
        assert Webhook(secret).verify(last.body, last.headers)["type"] == "case.resolved"
    newest = new_secret()
    await webhooks.rotate("wh-1", KeySeal(KEY).seal(newest))
    assert len(await webhooks.secrets("wh-1")) == 2, "two count at a time"
    assert await webhooks.sweep_secrets() == 1
    assert len(await webhooks.secrets("wh-1")) == 2, "what counts is not swept"
    await cases.commit(Commit(row=row(2, CASE, status="Closed")))
    await post.send()
    last = post.there.came[-1]
    for secret in (fresh, newest):
        assert Webhook(secret).verify(last.body, last.headers)["type"] == "case.closed"
    assert await post.state() == [(n, "delivered", 1) for n in (1, 2, 3, 4)]


async def test_secrets_of_a_removed_webhook_are_swept(post: Post) -> None:
    webhooks = PostgresWebhooks(post.pool)
    assert await webhooks.sweep_secrets() == 0
    await webhooks.remove("wh-1")
    assert await webhooks.sweep_secrets() == 1
    assert await webhooks.secrets("wh-1") == []


async def test_gone_disables_and_replay_enables_again(post: Post) -> None:
    await PostgresCases(post.pool, business).open(opening(CASE), NOON)
    post.there.answers = [status(410)]
    await post.send()
    assert await post.state() == [(1, "pending", 1), (2, "pending", 0)]
    assert len(post.there.came) == 1
    (told,) = await PostgresWebhooks(post.pool).disabled()
    assert told.startswith("wh-1 of ann: it answered 410 to msg_")
    await PostgresWebhooks(post.pool).enable("wh-1")
    wanted = await PostgresOutbox(post.pool).waiting("wh-1")
    await deliver(post.environment.client, post.settings.task_queue, wanted, now=True)
    await post.ended()
    assert post.came == [("case.opened", 1), ("case.opened", 1), ("case.message", 2)]


async def test_what_nobody_takes_in_three_days_is_dead_and_can_be_replayed(post: Post) -> None:
    await PostgresCases(post.pool, business).open(opening(CASE), NOON)
    attempts = len(DELAYS) + 1
    post.there.answers = [status(503)] * attempts
    await post.send()
    assert await post.state() == [(1, "dead", attempts), (2, "delivered", 1)]
    (dead,) = await PostgresOutbox(post.pool).dead(None, 10)
    assert (dead.sequence, dead.words, dead.message_id) == (1, "answered 503", post.there.came[0].headers["webhook-id"])
    again = await PostgresOutbox(post.pool).replay("wh-1")
    await deliver(post.environment.client, post.settings.task_queue, again, now=True)
    await post.ended()
    assert post.there.came[-1].headers["webhook-id"] == dead.message_id
    assert await PostgresOutbox(post.pool).dead(None, 10) == []


@pytest.mark.parametrize("key", ["", "short", "x" * 32])
async def test_without_the_key_messages_wait_uncounted_and_go_on_with_it(
    time_skipping: WorkflowEnvironment, database_url: str, key: str
) -> None:
    settings = Settings(
        database_url=SecretStr(database_url), webhook_key=SecretStr(key), task_queue=f"cases-{uuid4().hex[:8]}"
    )
    pool = await open_pool(database_url, size=4)
    async with receiver() as there:
        url, secret = f"http://127.0.0.1:{there.port}/hooks", new_secret()
        await PostgresWebhooks(pool).add("wh-1", url, WebhookWanted(), "ann", KeySeal(KEY).seal(secret))
        await PostgresCases(pool, business).open(opening(CASE), NOON)
        sender = HttpSender(loopback=True, seconds=60)
        async with webhook_worker(time_skipping.client, settings, pool, sender):
            before = Post(time_skipping, settings, pool, there, secret)
            await before.send()
        assert await before.state() == [(1, "pending", 0), (2, "pending", 0)]
        assert there.came == []
        ours = settings.model_copy(update={"webhook_key": SecretStr(KEY)})
        async with webhook_worker(time_skipping.client, ours, pool, sender):
            after = Post(time_skipping, ours, pool, there, secret)
            await deliver(time_skipping.client, ours.task_queue, await PostgresOutbox(pool).overdue(timedelta(0)))
            await after.ended()
        assert await after.state() == [(1, "delivered", 1), (2, "delivered", 1)]
    await pool.close()


async def test_a_missing_key_is_said_once_and_no_delivery_of_its_endpoint_begins(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    other = new_secret()
    url = f"http://127.0.0.1:{post.there.port}/other"
    await PostgresWebhooks(post.pool).add("wh-2", url, WebhookWanted(), "bea", KeySeal("x" * 32).seal(other))
    await PostgresCases(post.pool, business).open(opening(CASE), NOON)
    said: list[str | None] = []
    addressing = Addressing(post.environment.client, post.settings.task_queue, post.pool, KeySeal(KEY), said.append)
    async with supervised("addressing", lambda: addressing.forever(post.settings.database_url.get_secret_value())):

        async def delivered() -> bool:
            return [state for _, state, _ in await post.state()].count("delivered") == 2

        await wait_for(delivered)
    assert [one.path for one in post.there.came] == ["/hooks", "/hooks"]
    with pytest.raises(RPCError, match="not found"):
        await post.run_of("wh-2", CASE).describe()
    words = "Webhooks wait for their key: wh-2. HANDRAIL_WEBHOOK_KEY: is not the key that the secrets were sealed with"
    assert [one for one in said if one is not None and one.startswith(words)]
    assert [one.levelname for one in caplog.records if one.getMessage().startswith(words)] == ["ERROR"]
    outbox = PostgresOutbox(post.pool)
    assert await outbox.overdue(timedelta(0), without=["wh-2"]) == []
    assert [one.endpoint_id for one in await outbox.overdue(timedelta(0))] == ["wh-2"]


async def test_messages_whose_delivery_nobody_began_are_found(post: Post) -> None:
    """A worker died between the commit and the start of the run."""
    await PostgresCases(post.pool, business).open(opening(CASE), NOON)
    outbox = PostgresOutbox(post.pool)
    (made,) = await outbox.address()
    assert await outbox.address() == []
    assert await outbox.overdue() == []
    async with post.pool.connection() as connection:
        await connection.execute(b"UPDATE handrail.webhook_messages SET noted_at = noted_at - interval '31 s'")
    assert await outbox.overdue() == [made]


async def test_what_happened_while_nobody_was_to_be_called_is_told_to_nobody(post: Post) -> None:
    webhooks, cases = PostgresWebhooks(post.pool), PostgresCases(post.pool, business)
    await webhooks.remove("wh-1")
    assert not await webhooks.wanted()
    await cases.open(opening(CASE), NOON)
    url = f"http://127.0.0.1:{post.there.port}/hooks"
    await webhooks.add("wh-2", url, WebhookWanted(), "ann", KeySeal(KEY).seal(post.secret))
    assert await webhooks.wanted()
    assert await PostgresOutbox(post.pool).address() == []
    await cases.commit(Commit(row=row(1, CASE, status=CaseStatus.RESOLVED)))
    await post.send()
    assert post.came == [("case.resolved", 3)]
    assert await post.state() == [(3, "delivered", 1)]
