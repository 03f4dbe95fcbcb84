"""The client against a real server, with a case that parks after every single message: the worst neighbour it can have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import Field
from temporalio import workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from handrail.cli.case import outcomes
    from handrail.cli.case.lines import BatchLine
    from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionInput, DecisionKind, HumanRequest
    from handrail.domain.actions.decisions import draft, find, settle
    from handrail.domain.base import Stored
    from handrail.domain.case.cases import CaseOpen, CaseStatus, CaseView
    from handrail.domain.case.messages import Author, IncomingMessage, Message
    from handrail.domain.errors import (
        ApprovalRefused,
        CaseConflict,
        HandrailError,
        IllegalTransition,
        InvalidInput,
        Refused,
        UnknownCase,
    )
    from handrail.domain.team.commands import ClaimCase, Receipt
    from handrail.temporal.cases.client import CaseClient, TimedOut, settled
    from handrail.temporal.cases.wanted import CASE_STATUS
    from handrail.temporal.connect import Unreachable

START = datetime(2026, 1, 1, tzinfo=UTC)


class Parked(Stored):
    """What the stand-in carries from run to run; it looks like a CaseOpen to the first one."""

    case_id: str
    customer_id: str
    message: IncomingMessage
    messages: list[Message] = Field(default_factory=list)
    approvals: list[Approval] = Field(default_factory=list)


@workflow.defn(name="case")
class Restless:
    """Takes one message per run."""

    @workflow.init
    def __init__(self, parked: Parked) -> None:
        self.case = parked
        self.messages = list(parked.messages) or [self.line(parked.message)]
        self.approvals = list(parked.approvals) or [self.approval(1)]
        self.taken = 0
        self.closed = False

    def line(self, message: IncomingMessage) -> Message:
        return Message(message_id=message.message_id, author=Author.CUSTOMER, text=message.text, at=workflow.now(), turn=1)

    def approval(self, revision: int) -> Approval:
        request = HumanRequest(
            request_id=f"a{revision}", action="refund", title="Refund", headline="refund", arguments={"amount": 180}
        )
        return Approval(
            approval_id=request.request_id,
            case_id=self.case.case_id,
            revision=revision,
            request=request,
            opened_at=START,
            due_at=workflow.now() + timedelta(hours=1),
        )

    @workflow.run
    async def run(self, parked: Parked) -> str:
        await workflow.wait_condition(lambda: self.closed or self.taken > 0)
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self.closed:
            workflow.continue_as_new(parked.model_copy(update={"messages": self.messages, "approvals": self.approvals}))
        return "closed"

    @workflow.update
    async def send_message(self, message: IncomingMessage) -> Receipt:
        duplicate = any(one.message_id == message.message_id for one in self.messages)
        if not duplicate:
            self.messages.append(self.line(message))
        self.taken += 1
        workflow.upsert_search_attributes([CASE_STATUS.value_set(self.stands)])
        return Receipt(case_id=self.case.case_id, status="Working", turn=1, message_id=message.message_id, duplicate=duplicate)

    @send_message.validator
    def check_message(self, message: IncomingMessage) -> None:
        if message.text == "no":
            try:
                raise InvalidInput("text: 'no' is not taken. Say yes.")
            except InvalidInput as error:
                raise ApplicationError(str(error), type="InvalidInput") from error

    @workflow.update
    async def decide(self, wanted: DecisionInput) -> Approval:
        asked = find(self.approvals, wanted, workflow.now())
        done = settle(asked, draft(asked, wanted, workflow.now(), "update"))
        self.approvals = [done if one.approval_id == done.approval_id else one for one in self.approvals]
        self.approvals.append(self.approval(done.revision + 1))
        return done

    @decide.validator
    def check_decision(self, wanted: DecisionInput) -> None:
        try:
            find(self.approvals, wanted, workflow.now())
        except ApprovalRefused as error:
            raise ApplicationError(str(error), type="ApprovalRefused") from error

    @workflow.update
    async def claim(self, claim: ClaimCase) -> Receipt:
        return Receipt(case_id=self.case.case_id, status=f"claimed by {claim.reviewer}", turn=1)

    @workflow.signal
    def request_human(self, note: Any = None) -> None:
        self.closed = True

    @workflow.query
    def status(self) -> CaseView:
        case = self.case
        return CaseView(
            case_id=case.case_id,
            customer_id=case.customer_id,
            opened_at=START,
            updated_at=START,
            approvals=self.approvals,
            status=self.stands,
        )

    @property
    def stands(self) -> CaseStatus:
        return CaseStatus.RESOLVED if self.closed or len(self.messages) > 2 else CaseStatus.WORKING

    @workflow.query
    def transcript(self) -> list[Message]:
        return self.messages

    @workflow.query
    def handoff(self) -> None:
        return None


@pytest.fixture
def server(temporal_client: Client) -> Client:
    return temporal_client


@pytest.fixture
async def cases(server: Client) -> AsyncIterator[CaseClient]:
    queue = f"cases-{uuid4().hex}"
    async with Worker(server, task_queue=queue, workflows=[Restless]):
        yield CaseClient(server, task_queue=queue)


@pytest.fixture
def case_id() -> str:
    return f"c-{uuid4().hex}"


async def test_opening_twice_gives_the_same_case(cases: CaseClient, case_id: str) -> None:
    first = await cases.open_case(case_id, "C-1", "Where is my parcel?")
    again = await cases.open_case(case_id, "C-1", "  Where is my parcel? ")

    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.message_id == first.message_id
    assert again.status == CaseStatus.WORKING


async def test_opening_is_still_idempotent_after_the_case_has_parked(cases: CaseClient, case_id: str) -> None:
    await cases.open_case(case_id, "C-1", "Where is my parcel?")
    await cases.say(case_id, "Hello?")

    assert (await cases.open_case(case_id, "C-1", "Where is my parcel?")).duplicate


@pytest.mark.parametrize(("customer", "text"), [("C-1", "Something else"), ("C-2", "Where is my parcel?")])
async def test_the_same_id_with_other_content_is_a_conflict(cases: CaseClient, case_id: str, customer: str, text: str) -> None:
    await cases.open_case(case_id, "C-1", "Where is my parcel?")

    with pytest.raises(CaseConflict, match=r"other content.*Use another id"):
        await cases.open_case(case_id, customer, text)


async def test_no_message_is_lost_or_doubled_while_the_case_parks_all_the_time(cases: CaseClient, case_id: str) -> None:
    await cases.open_case(case_id, "C-1", "first")
    sent = [f"m-{number}" for number in range(10)]

    receipts = await asyncio.gather(*(cases.say(case_id, "more", message_id=one) for one in sent))
    again = await asyncio.gather(*(cases.say(case_id, "more", message_id=one) for one in sent))

    taken = [message.message_id for message in await cases.transcript(case_id)]
    assert sorted(taken[1:]) == sorted(sent)
    assert {receipt.message_id for receipt in receipts} == set(sent)
    assert [receipt.duplicate for receipt in again] == [True] * len(sent)


async def test_a_refusal_arrives_as_the_domains_error_without_a_stack_trace(cases: CaseClient, case_id: str) -> None:
    await cases.open_case(case_id, "C-1", "first")

    with pytest.raises(InvalidInput) as refused:
        await cases.say(case_id, "no")

    assert str(refused.value) == "text: 'no' is not taken. Say yes."
    cause = refused.value.__cause__
    assert isinstance(cause, HandrailError | Exception)
    failure = getattr(getattr(cause, "cause", None), "failure", None)
    assert failure is not None
    assert failure.stack_trace == ""
    assert not failure.HasField("cause")


async def test_a_decision_that_does_not_say_what_was_seen_is_never_bound_to_what_is_open(
    cases: CaseClient, case_id: str
) -> None:
    await cases.open_case(case_id, "C-1", "first")

    nameless = DecisionInput(decision=DecisionKind.APPROVE, reviewer="ann")
    with pytest.raises(ApprovalRefused, match=r"is missing; 'approve' names what was seen\. Open: a1 \(r1\)"):
        await cases.decide(case_id, nameless)

    first = await cases.decide(case_id, DecisionInput(decision=DecisionKind.REJECT, reviewer="ann"))
    wanted = DecisionInput(decision=DecisionKind.APPROVE, approval_id="a2", revision=2, reviewer="ann")
    second = await cases.decide(case_id, wanted)

    assert [first.approval_id, second.approval_id] == ["a1", "a2"]
    assert second.status is ApprovalStatus.APPROVED


async def test_a_stale_decision_is_refused(cases: CaseClient, case_id: str) -> None:
    await cases.open_case(case_id, "C-1", "first")
    wanted = DecisionInput(decision=DecisionKind.APPROVE, approval_id="a1", revision=1, reviewer="ann")
    await cases.decide(case_id, wanted)

    with pytest.raises(ApprovalRefused, match="already approved by ann"):
        await cases.decide(case_id, wanted)


async def test_waiting_ends_with_the_condition_or_with_a_clear_timeout(cases: CaseClient, case_id: str) -> None:
    await cases.open_case(case_id, "C-1", "first")

    with pytest.raises(TimedOut, match=r"still Working after 0\.2 s"):
        await cases.wait(case_id, timeout=0.2)

    waiting = asyncio.create_task(cases.wait(case_id, until=settled, timeout=3_600))
    await cases.say(case_id, "second")
    await cases.say(case_id, "third")
    assert (await waiting).status is CaseStatus.RESOLVED


async def test_a_closed_case_takes_nothing_more_and_says_so(cases: CaseClient, server: Client, case_id: str) -> None:
    await cases.open_case(case_id, "C-1", "first")
    await cases.request_human(case_id)
    assert await server.get_workflow_handle(f"case-{case_id}").result() == "closed"

    for late in (cases.say(case_id, "late"), cases.claim(case_id, "ann"), cases.request_human(case_id)):
        with pytest.raises(IllegalTransition, match="closed"):
            await late
    assert (await cases.status(case_id)).status is CaseStatus.RESOLVED


async def test_an_unknown_case_is_called_so(cases: CaseClient, case_id: str) -> None:
    for call in (cases.say(case_id, "hello"), cases.status(case_id), cases.request_human(case_id), cases.handoff(case_id)):
        with pytest.raises(UnknownCase, match=case_id):
            await call


async def test_what_cannot_be_taken_is_refused_before_it_is_sent(cases: CaseClient, case_id: str) -> None:
    with pytest.raises(InvalidInput, match="case_id"):
        await cases.open_case("../etc", "C-1", "hello")
    with pytest.raises(InvalidInput, match="text: is empty"):
        await cases.open_case(case_id, "C-1", "  ")
    with pytest.raises(InvalidInput, match=r"U\+0000"):
        await cases.say(case_id, "a\x00b")
    with pytest.raises(InvalidInput, match="reviewer"):
        await cases.claim(case_id, "")


async def test_without_a_worker_the_case_still_opens_and_the_rest_says_what_is_missing(server: Client, case_id: str) -> None:
    alone = CaseClient(server, task_queue=f"nobody-{case_id}", patience=0.5)

    assert not (await alone.open_case(case_id, "C-1", "first")).duplicate
    assert (await alone.open_case(case_id, "C-1", "first")).duplicate
    await alone.request_human(case_id)
    for call in (alone.status(case_id), alone.say(case_id, "hello")):
        with pytest.raises(Unreachable, match="worker"):
            await call


async def test_a_namespace_that_is_not_there_is_not_taken_for_an_unknown_case(server: Client, case_id: str) -> None:
    config = server.config()
    config["namespace"] = "nowhere"
    lost = CaseClient(Client(**config), patience=2)

    with pytest.raises(Unreachable, match="HANDRAIL_TEMPORAL_NAMESPACE"):
        await lost.status(case_id)
    with pytest.raises(Unreachable, match="HANDRAIL_TEMPORAL_NAMESPACE"):
        await lost.open_case(case_id, "C-1", "first")


def test_every_refusal_of_the_domain_has_its_name_on_the_wire() -> None:
    from handrail.temporal.converter import REFUSALS

    # A client's own refusals, such as that a case is paused, travel nowhere.
    own = {kind for kind in Refused.__subclasses__() if kind.__module__ == Refused.__module__}
    assert set(REFUSALS.values()) == {Refused, *own}


def test_a_case_open_reads_as_the_first_run_expects() -> None:
    opened = CaseOpen(case_id="a", customer_id="C", message=IncomingMessage(message_id="m", text="t"))
    assert Parked.model_validate_json(opened.model_dump_json()).case_id == "a"


async def test_waiting_outlasts_a_worker_that_comes_late(temporal_client: Client) -> None:
    """A query that finds no worker in time is no end: workers are deployed anew, and machines are busy."""
    queue, case_id = f"late-{uuid4().hex[:8]}", f"c-{uuid4().hex[:8]}"
    cases = CaseClient(temporal_client, task_queue=queue, patience=0.3)
    await cases.open_case(case_id, "C-1", "first")
    asked = 0

    def until(view: CaseView) -> bool:
        nonlocal asked
        asked += 1
        return True

    waiting = asyncio.create_task(cases.wait(case_id, until=until, timeout=60))
    with pytest.raises(Unreachable):
        await cases.status(case_id)
    assert not waiting.done()
    async with Worker(temporal_client, task_queue=queue, workflows=[Restless]):
        assert (await waiting).case_id == case_id
    assert asked == 1


async def test_waiting_says_that_nothing_answers_where_nothing_ever_did(temporal_client: Client) -> None:
    cases = CaseClient(temporal_client, task_queue=f"none-{uuid4().hex[:8]}", patience=0.2)
    case_id = f"c-{uuid4().hex[:8]}"
    await cases.open_case(case_id, "C-1", "first")
    with pytest.raises(Unreachable, match="no worker answers"):
        await cases.wait(case_id, timeout=0.5)


async def test_many_cases_are_all_accounted_for_whatever_happens(temporal_client: Client) -> None:
    """No worker runs, one case cannot be opened, and the run is stopped: every line has its outcome."""
    cases = CaseClient(temporal_client, task_queue=f"none-{uuid4().hex[:8]}", patience=0.2)
    lines = [BatchLine(text="hello", number=number) for number in (1, 2, 3)] + [BatchLine(text="\0", number=4)]
    report = await outcomes.run(cases, lines, ["C-1"], None, concurrency=4, timeout=0.5)
    assert report.count == sum(report.statuses.values()) == 4
    assert all(one.error for one in report.cases)
    running = asyncio.create_task(outcomes.run(cases, lines[:3], ["C-1"], None, concurrency=1, timeout=60))
    await asyncio.sleep(0)
    running.cancel()
    stopped = await running
    assert [one.status for one in stopped.cases] == ["Working"] * 3
    assert "stopped" in str(stopped.cases[0].error)
