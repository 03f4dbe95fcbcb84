"""Forty marked words of a customer and of people, sent every way there is: the server of histories holds none of them."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack
from email.message import Message
from pathlib import Path
from uuid import uuid4

import pytest
from google.protobuf.json_format import MessageToJson
from pydantic import SecretStr
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, GetWorkflowExecutionHistoryRequest
from temporalio.client import Client

from handrail.background import BackgroundTroubles
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.case.ratings import RateCase
from handrail.domain.channels import Arrival
from handrail.domain.errors import ApprovalRefused
from handrail.domain.mail import CHANNEL
from handrail.domain.webhooks import WebhookWanted
from handrail.embedded.ports import HOST
from handrail.embedded.temporal import Temporal
from handrail.mail.settings import MailSettings
from handrail.postgres.channels.record import PostgresChannels
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.postgres.webhooks.outbox import PostgresOutbox
from handrail.temporal.cases.executions import executions
from handrail.temporal.connect import connect
from handrail.temporal.webhooks import deliver
from handrail.webhooks.sealing import KeySeal, new_secret
from handrail.webhooks.sending import HttpSender
from handrail.wiring.front.mail import run_mail
from handrail.wiring.front.webhooks import webhook_worker
from tests.support.house import House, wait_for
from tests.support.mailing import ADDRESS, KEY, Post
from tests.support.receiving import Receiver, receiver, status
from tests.workflows.test_paths import HELD, decision

KINDS = (
    "Quirinus{n}xen",
    "q{n}.zzyx@posteo.example",
    "+49 30 90182{n}7",
    "DE89 3704 0044 0532 01{n} 77",
    "Quellweg {n}97q, 89073 Ulm",
)
WORDS = tuple(kind.format(n=f"{number:02}") for kind in KINDS for number in range(8))
"""Eight each of names, addresses of mail, telephone numbers, account numbers and street addresses."""


BOX = "box@posteo.example"


def ways() -> Iterator[str]:
    """Eight texts with five marks each."""
    for first in range(0, 40, 5):
        yield ", ".join(WORDS[first : first + 5])


async def raw(client: Client, workflow_id: str) -> bytes:
    """All that the server tells of the runs: histories and descriptions, as sent and as JSON."""
    found: list[bytes] = []
    async for run in executions(client, f"WorkflowId = '{workflow_id}'"):
        place = WorkflowExecution(workflow_id=run.workflow_id, run_id=run.run_id)
        service, namespace = client.workflow_service, client.namespace
        history = await service.get_workflow_execution_history(
            GetWorkflowExecutionHistoryRequest(namespace=namespace, execution=place, maximum_page_size=5_000)
        )
        about = await service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(namespace=namespace, execution=place)
        )
        for answer in (history, about):
            found += [answer.SerializeToString(), MessageToJson(answer).encode()]
    assert found
    return b"".join(found)


def bare(text: str) -> list[bytes]:
    """A text as it may stand in bytes: as it is, in JSON, in base64 at any place."""
    plain = [text.encode(), json.dumps(text)[1:-1].encode()]
    return plain + [base64.b64encode(b"_" * shift + plain[0])[(shift * 8 + 5) // 6 : -4].rstrip(b"=") for shift in range(3)]


def seen_in(content: bytes) -> set[str]:
    """The marked words that the bytes hold."""
    return {word for word in WORDS if any(one in content for one in bare(word))}


async def through_everything(home: House) -> str:
    """Send the marks every way there is; return the case."""
    texts = ways()
    order = await home.strangers_order(**HELD)
    opening = f"Please refund order {order.order_id}, that is {order.refundable} USD. Yours, {next(texts)}"
    case = await home.open(order.customer_id, opening)
    assert case.status == "AwaitingApproval", case
    with pytest.raises(ApprovalRefused, match="colour"):
        await home.cases.decide(case.case_id, decision(case, DecisionKind.EDIT, arguments={"colour": next(texts)}))
    await home.cases.decide(case.case_id, decision(case, DecisionKind.REJECT, note=next(texts)))
    await home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    await home.cases.request_human(case.case_id, note=next(texts))
    await home.until(case.case_id, lambda view: view.status == "WithHuman")
    by_mail = Arrival(case_id=case.case_id, message_id="m-by-mail", channel=CHANNEL, address=BOX)
    await PostgresChannels(home.pool).arrived(by_mail)
    await home.cases.say(case.case_id, f"By the way: {next(texts)}.", message_id=by_mail.message_id)
    await home.cases.claim(case.case_id, "ann")
    await home.cases.reply(case.case_id, "ann", f"Good day, {next(texts)}")
    await home.cases.resolve(case.case_id, "ann", note=next(texts))
    await home.cases.rate(case.case_id, RateCase(csat=2, comment=next(texts)))
    return case.case_id


async def mailed(home: House) -> list[Message]:
    """The mails to the customer, once the last reply has left by a real server."""
    post = Post()
    with post.serving() as port:
        there = MailSettings(smtp=f"smtp://{HOST}:{port}", address=ADDRESS, name="The Shop", key=SecretStr(KEY))
        async with AsyncExitStack() as stack:
            await run_mail(home.settings, there, home.temporal, home.pool, BackgroundTroubles(None), stack)
            await wait_for(lambda: left(post))
    return post.to(BOX)


async def left(post: Post) -> bool:
    """Return whether the person's reply has left."""
    return any(b"Good day" in one.get_payload(decode=True) for one in post.to(BOX))


async def called(home: House, there: Receiver, case_id: str) -> None:
    """Tell the receiver all events of the case, until each is dead: it takes none, and answers with what it was sent."""
    settings = home.settings.model_copy(update={"webhook_key": SecretStr(KEY)})
    async with webhook_worker(home.temporal, settings, home.pool, HttpSender(loopback=True, seconds=5)):
        outbox = PostgresOutbox(home.pool)
        while wanted := await outbox.address():
            theirs = [one for one in wanted if one.case_id == case_id]
            await deliver(home.temporal, settings.task_queue, theirs)
        await wait_for(lambda: dead(home, case_id))


async def dead(home: House, case_id: str) -> bool:
    """Return whether there are dead letters of the case, and no other ones."""
    query = "select distinct state from handrail.webhook_messages where case_id = %(c)s"
    return await home.rows(query, c=case_id) == [("dead",)]


async def test_the_server_holds_no_word_of_anybody(
    sealed_home: House, temporal_server: Temporal, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("handrail.domain.webhooks.DELAYS", ())
    assert len(set(WORDS)) == 40
    hook = f"wh-{uuid4().hex[:8]}"
    async with receiver() as there:
        there.always = status(500, f"x-said: {WORDS[0]}")
        url = f"http://{HOST}:{there.port}/hooks"
        await PostgresWebhooks(sealed_home.pool).add(hook, url, WebhookWanted(), "ann", KeySeal(KEY).seal(new_secret()))
        case_id = await through_everything(sealed_home)
        await called(sealed_home, there, case_id)
    await PostgresWebhooks(sealed_home.pool).remove(hook)
    mails = await mailed(sealed_home)
    assert len({json.loads(one.body)["type"] for one in there.came}) > 6, "events of many kinds went out"
    assert seen_in(b"".join(one.body + str(one.headers).encode() for one in there.came)) == set()
    letters = await sealed_home.rows("select m::text from handrail.webhook_messages m where case_id = %(c)s", c=case_id)
    assert seen_in("\n".join(text for (text,) in letters).encode()) == set()
    assert seen_in(b"".join(one.get_payload(decode=True) for one in mails)), "the words themselves did leave"  # type: ignore[misc]
    assert seen_in("\n".join(str(one.items()) for one in mails).encode()) == set()
    assert seen_in(await raw(sealed_home.temporal, f"webhook-{hook}-{case_id}")) == set()
    known = await sealed_home.rows(
        "select text from handrail.messages where case_id = %(c)s union all"
        " select details::text from handrail.audit where case_id = %(c)s",
        c=case_id,
    )
    # What people said is in the record, so the marks did go through; notes of wishes and comments stand elsewhere.
    assert len(seen_in("\n".join(text for (text,) in known).encode())) == 25
    assert seen_in(await raw(sealed_home.temporal, f"case-{case_id}")) == set()
    files = [Path(f"{temporal_server.database}{end}") for end in ("", "-wal")]
    assert seen_in(b"".join(file.read_bytes() for file in files if file.exists())) == set()
    assert seen_in(caplog.text.encode()) == set()


async def test_the_same_marks_are_found_where_nothing_is_encrypted(home: House) -> None:
    case_id = await through_everything(home)
    # An update that its validator refused is not in the history.
    assert seen_in(await raw(home.temporal, f"case-{case_id}")) == set(WORDS) - set(WORDS[5:10])


async def test_a_client_without_keys_reads_nothing_and_says_so(sealed_home: House, temporal_server: Temporal) -> None:
    order = await sealed_home.order(status="shipped")
    case = await sealed_home.open(order.customer_id, f"Where is order {order.order_id}?")
    plain = await connect(temporal_server.address)
    with pytest.raises(Exception, match=r"what it encrypted cannot be read here, where no master key is named\. Set HANDRAIL"):
        await plain.get_workflow_handle(f"case-{case.case_id}").query("status")


async def test_a_refusal_reads_as_ever_in_the_history(sealed_home: House) -> None:
    order = await sealed_home.strangers_order(**HELD)
    case = await sealed_home.open(order.customer_id, f"Please refund order {order.order_id}, {order.refundable} USD.")
    with pytest.raises(ApprovalRefused, match="colour"):
        await sealed_home.cases.decide(case.case_id, decision(case, DecisionKind.EDIT, arguments={"colour": "red"}))
    with pytest.raises(ApprovalRefused, match=r"revision"):
        await sealed_home.cases.decide(case.case_id, decision(case, DecisionKind.APPROVE, revision=7))
