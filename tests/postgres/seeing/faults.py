"""A fault for each alert: planted in real servers, files and clients, wherever one can be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from uuid import uuid4

import httpx
import psycopg
from psycopg import sql
from temporalio.client import Client

from graphs.nodes.case_nodes import Update
from handrail.api.app import create_app
from handrail.background import BackgroundTroubles, supervised
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import CaseStatus, Commit, Tier
from handrail.domain.case.handoffs import Escalation
from handrail.domain.errors import ModelUnavailable
from handrail.domain.quality.judge.canary import CanaryPrompt
from handrail.llm.chat import ChatModel
from handrail.llm.server.calls import About
from handrail.llm.server.health import Answered
from handrail.wiring.seen.around import SeenCalls, seen_node
from handrail.wiring.seen.beginning import troubled
from handrail.wiring.seen.requests import seen_requests
from tests.postgres.build import NOON, approval, opening, row, ruling
from tests.postgres.seeing.drill import Drill, Fault, nobody
from tests.support.certificates import certificate

ENDPOINT = """
INSERT INTO handrail.webhook_endpoints (endpoint_id, url, kinds, owner, disabled_at, disabled_because)
VALUES ('wh-1', 'https://a.example', '{}', 'ann', %s, %s)
"""
MESSAGE = """
INSERT INTO handrail.webhook_messages (message_id, endpoint_id, case_id, sequence, state, noted_at)
SELECT 'm', 'wh-1', case_id, sequence, %s, now() - interval '20 minutes' FROM handrail.case_event LIMIT 1
"""
CONTROL = """
INSERT INTO handrail.controls (scope, level, hand, reason, actor, waited) VALUES (%s, %s, 'person', 'a drill', 'ann', false)
"""
CLOSED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
MANY = 101


class Plain:
    """A watch that watches nothing."""

    async def around(self, about: About, send: Callable[[], Awaitable[Answered]]) -> Answered:
        return await send()


async def ask(drill: Drill, url: str, name: str, price: float = 0.0) -> None:
    """Ask a model, seen."""
    model = ChatModel(model=name, base_url=url, watch=SeenCalls(Plain(), name, drill.served.seen), price_prompt=price)
    try:
        await model.speak(CanaryPrompt(name="p", text="Hello"), 0.0)
    finally:
        await model.aclose()


async def worker_away(drill: Drill) -> None:
    drill.addresses["worker"] = nobody()


async def api_away(drill: Drill) -> None:
    drill.addresses["api"] = nobody()


async def mail_away(drill: Drill) -> None:
    drill.addresses["mail"] = drill.served.address
    await drill.collect()
    del drill.addresses["mail"]


async def nobody_polls(drill: Drill) -> None:
    drill.settings = drill.settings.model_copy(update={"task_queue": f"nobody-{uuid4().hex}"})


async def api_errors(drill: Drill) -> None:
    app = create_app(None)
    seen_requests(app, drill.served.seen)
    await drill.collect()
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        for _ in range(6):
            assert (await client.get("/healthz/ready")).status_code == 500


async def database_away(drill: Drill) -> None:
    name = (await drill.run("SELECT current_database()"))[0][0]
    async with await psycopg.AsyncConnection.connect(drill.admin, autocommit=True) as admin:
        await admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        await admin.execute(CLOSED, [name])


async def temporal_away(drill: Drill) -> None:
    drill.client = await Client.connect(nobody(), lazy=True)


async def figures_stale(drill: Drill) -> None:
    await database_away(drill)
    drill.later = 150.0


async def backlog(drill: Drill) -> None:
    await nobody_polls(drill)
    queue = drill.settings.task_queue
    for number in range(MANY):
        await drill.client.start_workflow("anything", id=f"{queue}-{number}", task_queue=queue)


async def background(drill: Drill) -> None:
    tried = asyncio.Event()

    async def read() -> None:
        tried.set()
        raise ConnectionError("the mailbox does not answer")

    say = BackgroundTroubles(None, troubled(drill.served.seen)).about("reading mail")
    async with supervised("reading mail", read, say=say):
        await tried.wait()
        await asyncio.sleep(0)


async def certificate_ends(drill: Drill) -> None:
    certificate(drill.settings.data_dir, "temporal.example")
    file = drill.settings.data_dir / "temporal.example.pem"
    drill.settings = drill.settings.model_copy(update={"temporal_tls_client_cert": file})


async def switched_off(drill: Drill) -> None:
    await drill.run(CONTROL, "global", "off")


async def topic_lowered(drill: Drill) -> None:
    await drill.run(CONTROL, "topic:refund", "review")


async def model_errors(drill: Drill) -> None:
    for _ in range(6):
        with suppress(ModelUnavailable):
            await ask(drill, f"http://{nobody()}/v1", "m")


async def model_cost(drill: Drill) -> None:
    await ask(drill, drill.model, "handrail-offline-1", price=5_000_000.0)


async def effect_unknown(drill: Drill) -> None:
    await drill.cases.open(opening(), NOON)
    await drill.cases.commit(ruling(Ruling.ALLOW))
    await drill.run("INSERT INTO handrail.effect_attempts VALUES ('e-1', now() - interval '6 minutes')")


async def opening_refused(drill: Drill) -> None:
    await drill.run(
        "INSERT INTO handrail.openings (workflow_id, run_id, at, words, input, taken)"
        " VALUES ('case-x', 'r', now(), 'w', 'i', false)"
    )


async def cases_not_begun(drill: Drill) -> None:
    await drill.run(
        "INSERT INTO handrail.case_starts"
        " (case_id, customer_id, opening, content_digest, identity, kept_at, due_at, taken_until)"
        " VALUES ('c', 'C-1', '{}', 'd', 'api:shop', now() - interval '3 minutes', now(), now())"
    )


async def approval_overdue(drill: Drill) -> None:
    await drill.cases.open(opening(), NOON)
    late = datetime.now(UTC) - timedelta(minutes=1)
    await drill.cases.commit(Commit(row=row(status=CaseStatus.AWAITING_APPROVAL), approvals=[approval(due_at=late)]))


async def approval_expired(drill: Drill) -> None:
    async def escalate(_: object) -> Update:
        return {}

    await drill.collect()
    why = Escalation(reason="approval_expired", words="Nobody decided in time.")
    await seen_node("escalate", escalate, drill.served.seen)(SimpleNamespace(escalation=why))


async def queue_overdue(drill: Drill) -> None:
    late = row(status=CaseStatus.WITH_HUMAN, tier=Tier.SUPPORT, queue="support", due_at=NOON)
    await drill.cases.commit(Commit(row=late))


async def message(drill: Drill, state: str) -> None:
    """A message of a webhook that stands so."""
    await drill.run(ENDPOINT, None, None)
    await drill.cases.open(opening(), NOON)
    await drill.run(MESSAGE, state)


async def webhook_disabled(drill: Drill) -> None:
    await drill.run(ENDPOINT, datetime.now(UTC), "it answered 410")


async def days_late(drill: Drill) -> None:
    await drill.cases.open(opening(), datetime.now(UTC) - timedelta(days=5))


async def alarm_open(drill: Drill) -> None:
    await drill.run(
        "INSERT INTO handrail.drift_alarms (kind, detector, day, first_day, indicator, topic, evidence)"
        " VALUES ('rise', 'z-CUSUM', '2026-03-29', '2026-03-29', 'repeat_7d', '', '{}')"
    )


FAULTS: dict[str, Fault] = {
    "HandrailWorkerAway": worker_away,
    "HandrailNobodyPolls": nobody_polls,
    "HandrailApiAway": api_away,
    "HandrailMailAway": mail_away,
    "HandrailApiErrors": api_errors,
    "HandrailDatabaseAway": database_away,
    "HandrailTemporalAway": temporal_away,
    "HandrailFiguresStale": figures_stale,
    "HandrailTaskBacklog": backlog,
    "HandrailBackgroundTrouble": background,
    "HandrailCertificateEnds": certificate_ends,
    "HandrailSwitchedOff": switched_off,
    "HandrailTopicLowered": topic_lowered,
    "HandrailModelErrors": model_errors,
    "HandrailModelCost": model_cost,
    "HandrailEffectUnknown": effect_unknown,
    "HandrailOpeningsRefused": opening_refused,
    "HandrailCasesNotBegun": cases_not_begun,
    "HandrailApprovalsOverdue": approval_overdue,
    "HandrailApprovalsExpired": approval_expired,
    "HandrailQueueOverdue": queue_overdue,
    "HandrailOutboxOld": partial(message, state="pending"),
    "HandrailDeadLetters": partial(message, state="dead"),
    "HandrailWebhookDisabled": webhook_disabled,
    "HandrailDaysLate": days_late,
    "HandrailAlarmsOpen": alarm_open,
}
