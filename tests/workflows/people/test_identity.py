"""Who decided: read from real histories in which more than one person sent the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RawValue
from temporalio.worker import Worker

from handrail.domain.actions.approvals import Decision, DecisionKind, Identity, Source
from handrail.domain.case.reconciling import SentMessage
from handrail.embedded.temporal import Temporal
from handrail.temporal import identity
from handrail.temporal.connect import connect
from handrail.temporal.identity import HistoryIdentities, Senders
from handrail.temporal.repair.lost import message
from tests.support.deployed import deployed, queue
from tests.support.house import House, house, wait_for
from tests.support.menus import Page
from tests.workflows.conftest import ScriptedModel
from tests.workflows.test_paths import ENDED, held_refund

ENTRY = "1 · Approve refund · 120.00 USD · r3"
SEEN = {"approval_id": "a1", "revision": 3, "reviewer": "ann"}


@workflow.defn(name="settling", sandboxed=False)
class Settling:
    """Says when it was handed each signal, and holds on until it is told to end."""

    def __init__(self) -> None:
        self.heard: list[datetime] = []
        self.over = False

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self.over)

    @workflow.signal(dynamic=True)
    def any(self, name: str, args: Sequence[RawValue]) -> None:
        self.heard.append(workflow.now())
        self.over = name == "end"

    @workflow.query
    def times(self) -> list[datetime]:
        return self.heard


@workflow.defn(name="listening", sandboxed=False)
class Listening:
    """Takes messages as updates, and never ends."""

    def __init__(self) -> None:
        self.taken = 0

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update(name="send_message")
    def take(self, given: dict[str, str]) -> int:
        self.taken += 1
        return self.taken

    @workflow.query
    def number(self) -> int:
        return self.taken


class People:
    """Each signals as themselves, to a run of a worker that stops between the batches."""

    def __init__(self, address: str, client: Client) -> None:
        self._address = address
        self._client = client
        self._line = f"settling-{uuid4().hex[:8]}"
        self._handle: WorkflowHandle[Any, Any]

    async def begin(self) -> None:
        self._handle = await self._client.start_workflow("settling", id=f"settling-{uuid4().hex}", task_queue=self._line)

    async def batch(self, *sent: tuple[str, str, list[Any]]) -> datetime:
        """All at once, in this order; the moment at which the workflow was handed them."""
        for who, name, given in sent:
            client = await connect(self._address, identity=who)
            await client.get_workflow_handle(self._handle.id).signal(name, args=given)
        async with Worker(self._client, task_queue=self._line, workflows=[Settling], max_cached_workflows=0):
            times: list[datetime] = await self._handle.query(Settling.times)
        return times[-1]

    async def who(self, signal: str, at: datetime, *, trusted: bool = True, **fields: Any) -> tuple[str, Identity]:
        """Who settled what was settled then."""
        source = Source(workflow_id=self._handle.id, run_id=self._handle.first_execution_run_id or "", signal=signal)
        given = {"approval_id": "a1", "revision": 3, "decision": DecisionKind.APPROVE, "reviewer": "Temporal Web UI", **fields}
        return await HistoryIdentities(self._client, trusted).of_event(source, Decision(decided_at=at, **given))


@pytest.fixture
async def people(temporal_server: Temporal, temporal_client: Client) -> AsyncIterator[People]:
    found = People(temporal_server.address, temporal_client)
    await found.begin()
    yield found
    await found.batch(("test", "end", []))


async def test_an_entry_was_chosen_by_the_first_and_not_by_the_newest(people: People) -> None:
    at = await people.batch(("alice", ENTRY, []), ("mallory", ENTRY, []))
    await people.batch(("mallory", ENTRY, []))
    assert await people.who(ENTRY, at) == ("alice", Identity.VERIFIED)
    assert await people.who(ENTRY, at, trusted=False) == ("alice", Identity.SELF_DECLARED)


@pytest.mark.parametrize("refused", [[{"note": 1}], [5], ["x" * 9_000], ["\u200b"], [None, None], ["other words"]])
async def test_what_could_not_settle_it_did_not(people: People, refused: list[Any]) -> None:
    early = await people.batch(("mallory", ENTRY, []))
    at = await people.batch(("mallory", ENTRY, refused), ("alice", ENTRY, []), ("mallory", ENTRY, []))
    assert early != at
    assert await people.who(ENTRY, at) == ("alice", Identity.VERIFIED)


async def test_a_note_goes_with_its_entry(people: People) -> None:
    at = await people.batch(("mallory", ENTRY, []), ("alice", ENTRY, [" too late "]))
    assert await people.who(ENTRY, at, note="too late") == ("alice", Identity.VERIFIED)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {**SEEN, "revision": 2},
        {**SEEN, "approval_id": "a2"},
        {**SEEN, "decision": "reject"},
        {**SEEN, "reviewer": " "},
        {**SEEN, "reviewer": "mallory"},
        {**SEEN, "note": "other words"},
        {**SEEN, "colour": "red"},
        "yes",
    ],
)
async def test_a_bare_signal_is_known_by_what_it_says(people: People, other: Any) -> None:
    early = await people.batch(("mallory", "approve", [SEEN]))
    at = await people.batch(("mallory", "approve", [other]), ("alice", "approve", [SEEN]), ("mallory", "approve", [SEEN]))
    assert early != at
    assert await people.who("approve", at, reviewer="ann") == ("alice", Identity.VERIFIED)


async def test_where_nothing_fits_nobody_is_verified(people: People) -> None:
    at = await people.batch(("mallory", "approve", [{**SEEN, "revision": 2}]), ("mallory", "2 · Reject", []))
    for signal in ("approve", ENTRY, "reject"):
        assert await people.who(signal, at, reviewer="ann") == ("", Identity.SELF_DECLARED)


async def test_what_a_reset_brings_again_is_known_by_its_id(temporal_server: Temporal, temporal_client: Client) -> None:
    case_id, page = uuid4().hex, Page(temporal_client)
    alice = (await connect(temporal_server.address, identity="alice")).get_workflow_handle(f"case-{case_id}")
    async with Worker(temporal_client, task_queue=case_id, workflows=[Listening]):
        await temporal_client.start_workflow("listening", id=alice.id, task_queue=case_id)
        await alice.execute_update("send_message", {"message_id": "m-1", "text": "Hello"}, id="u-1", result_type=int)
        run_id = await page.reset(case_id, (await page.tasks(case_id))[0])

        async def heard() -> bool:
            return bool(await alice.query(Listening.number))

        await wait_for(heard)
    source = Source(workflow_id=alice.id, run_id=run_id, update_id="u-1")
    decision = Decision(approval_id="a1", revision=3, decision=DecisionKind.APPROVE, reviewer="", decided_at=datetime.now(UTC))
    assert await HistoryIdentities(temporal_client, trusted=True).of_event(source, decision) == ("alice", Identity.VERIFIED)
    (sent,) = await Senders(temporal_client).of(case_id, source.event)
    assert (sent.name, sent.identity) == ("send_message", "alice")
    told = [one for event in await page.events(case_id) for one in message(event)]
    assert told == [SentMessage(message_id="m-1", text="Hello")]
    await page.terminate(case_id)


@pytest.fixture(scope="module")
async def trusting(temporal_client: Client, shop_url: str, scripted_model: ScriptedModel) -> AsyncIterator[House]:
    """A house behind a proxy that stamps every identity."""
    async with house(temporal_client, shop_url, scripted_model.root, trusted_identity=True) as everything:
        yield everything


@pytest.mark.parametrize("bare", [False, True])
async def test_the_case_names_who_really_decided(trusting: House, temporal_server: Temporal, bare: bool) -> None:
    line = queue()
    async with deployed(trusting, task_queue=line) as before:
        case, _ = await held_refund(before)
        approval = case.approvals[0]
    fields = {"approval_id": approval.approval_id, "revision": approval.revision, "reviewer": "ann"}
    given = ("approve", [fields]) if bare else (approval.update_names[0], [])
    for who in ("alice@corp", "mallory@corp"):
        client = await connect(temporal_server.address, identity=who)
        await client.get_workflow_handle(f"case-{case.case_id}").signal(given[0], args=given[1])
    async with deployed(trusting, task_queue=line) as after:
        case = await after.until(case.case_id, lambda view: view.status in ENDED)
    decided = case.approvals[0].decision
    assert decided is not None
    assert (decided.reviewer, decided.identity) == ("alice@corp", Identity.VERIFIED)


async def test_an_update_is_known_by_its_id_however_much_came_after_it(
    trusting: House, temporal_server: Temporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "PAGE", 1)
    case, _ = await held_refund(trusting)
    for who in ("alice@corp", "mallory@corp"):
        client = await connect(temporal_server.address, identity=who)
        handle = client.get_workflow_handle(f"case-{case.case_id}")
        await asyncio.gather(handle.execute_update(case.approvals[0].update_names[0], id=who), return_exceptions=True)
    case = await trusting.until(case.case_id, lambda view: view.status in ENDED)
    decided = case.approvals[0].decision
    assert decided is not None
    assert (decided.reviewer, decided.identity) == ("alice@corp", Identity.VERIFIED)
    # Cases that were opened before the worker told it ask their history.
    run_id = (await handle.describe()).run_id
    asked = Source(workflow_id=handle.id, run_id=run_id, update_id="alice@corp")
    assert await HistoryIdentities(client, trusted=True).of_event(asked, decided) == ("alice@corp", Identity.VERIFIED)
