"""What people decided is counted under the topic of then, from the gate's beginning; and what customers came with before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionKind
from handrail.domain.autonomy.review_gates import GateProgress
from handrail.domain.autonomy.topics import Autonomy, ReviewGate, Topic
from handrail.domain.case.cases import Commit
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.patience import REHEARSED
from handrail.postgres.autonomy.reviews import PostgresContacts, PostgresReviewGates
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from handrail.topics.dial import GateLever, TopicDial
from tests.postgres.build import NOON, FixedClock, approval, at, decided, row
from tests.postgres.conftest import Run


@pytest.fixture
def gates(pool: Pool) -> PostgresReviewGates:
    return PostgresReviewGates(pool, FixedClock())


async def settle(cases: PostgresCases, number: int, kind: DecisionKind | None, topic: str = "refund", minute: int = 5) -> None:
    """A case of its own, with an approval that is settled, or withdrawn where nobody decided."""
    case_id = f"case-{number}"
    asked = approval(case_id=case_id, request_id=f"e-{number}")
    await cases.commit(Commit(row=row(1, case_id, topic=topic), approvals=[asked]))
    done = withdrawn(asked) if kind is None else settled(asked, kind, minute)
    await cases.commit(Commit(row=row(2, case_id, topic=topic), approvals=[done]))
    await cases.commit(Commit(row=row(3, case_id, topic="other"), approvals=[done]))


def settled(asked: Approval, kind: DecisionKind, minute: int) -> Approval:
    done = decided(asked, kind, amount=50) if kind is DecisionKind.EDIT else decided(asked, kind)
    assert done.decision is not None
    return done.model_copy(update={"decision": done.decision.model_copy(update={"decided_at": at(minute)})})


def withdrawn(asked: Approval) -> Approval:
    return asked.model_copy(update={"status": ApprovalStatus.WITHDRAWN})


def counted(found: GateProgress | None) -> tuple[int, int, int, int]:
    assert found is not None
    return found.cases, found.approved, found.edited, found.rejected


async def test_a_gate_counts_from_its_beginning_under_the_topic_of_then(
    cases: PostgresCases, gates: PostgresReviewGates
) -> None:
    await settle(cases, 1, DecisionKind.APPROVE, minute=-5)
    assert await gates.progress("refund", "v1", begin=False) is None
    begun = await gates.progress("refund", "v1", begin=True)
    assert begun is not None
    assert (begun.began_at, counted(begun)) == (NOON, (0, 0, 0, 0))

    kinds = [DecisionKind.APPROVE, DecisionKind.EDIT, DecisionKind.REJECT, None]
    for number, kind in enumerate(kinds, start=2):
        await settle(cases, number, kind)
    await settle(cases, 9, DecisionKind.APPROVE, topic="cancel")

    assert counted(await gates.progress("refund", "v1", begin=True)) == (3, 1, 1, 1)
    assert counted(await gates.progress("refund", "v2", begin=True)) == (3, 1, 1, 1)
    assert counted(await gates.progress("cancel", "v1", begin=True)) == (1, 1, 0, 0)


async def test_the_dial_follows_the_count_and_looking_begins_nothing(cases: PostgresCases, gates: PostgresReviewGates) -> None:
    topic = Topic(name="refund", description="d", examples=list("abcde"), owner="ann", review_gate=ReviewGate(cases=2))
    dial = TopicDial(GateLever(gates, FixedClock()))
    assert (await dial.autonomy(topic)).autonomy is Autonomy.REVIEW
    assert topic.review_gate is not None
    assert await gates.progress("refund", topic.review_gate.version, begin=False) is None

    found = await dial.autonomy(topic, row())
    assert (found.autonomy, found.settings[0].source) == (Autonomy.REVIEW, "review_gate")
    assert found.why.startswith("Review gate: 0 of 2 cases reviewed")
    await settle(cases, 1, DecisionKind.APPROVE)
    await settle(cases, 2, DecisionKind.APPROVE)
    assert (await dial.autonomy(topic, row())).autonomy is Autonomy.AUTO
    await settle(cases, 3, DecisionKind.EDIT)
    again = await dial.autonomy(topic, row())
    assert (again.autonomy, "1 of 3 decisions" in again.why) == (Autonomy.REVIEW, True)


def message(case: int, author: Author, text: str, minute: int) -> Message:
    sequence = int(author is not Author.CUSTOMER)
    return Message(message_id=f"m-{case}-{author}", author=author, text=text, at=at(minute), turn=1, sequence=sequence)


async def contacted(cases: PostgresCases, case: int, answer: Author | None, minute: int = -60, **changes: Any) -> None:
    said = [message(case, Author.CUSTOMER, f"words of {case}", minute - 1)]
    said += [message(case, answer, "An answer.", minute)] if answer else []
    fields = {"topic": "refund", "opened_at": at(minute - 1), "updated_at": at(minute), **changes}
    await cases.commit(Commit(row=row(1, f"case-{case}", **fields), messages=said))


async def test_earlier_contacts_are_answered_ones_of_the_same_customer_and_topic(cases: PostgresCases, pool: Pool) -> None:
    await contacted(cases, 1, Author.ASSISTANT)
    await contacted(cases, 2, Author.PERSON, minute=-30)
    await contacted(cases, 3, None)
    await contacted(cases, 4, Author.SYSTEM)
    await contacted(cases, 5, Author.ASSISTANT, minute=-60 * 49)
    await contacted(cases, 6, Author.ASSISTANT, minute=10)
    await contacted(cases, 7, Author.ASSISTANT, topic="cancel")
    await contacted(cases, 8, Author.ASSISTANT, customer_id="C-2")
    await contacted(cases, 9, Author.ASSISTANT, channel=REHEARSED[0])

    found = await PostgresContacts(pool).answered(row(0, "case-new"), "refund", NOON - timedelta(hours=48))

    assert [(one.case_id, one.texts) for one in found] == [("case-2", ["words of 2"]), ("case-1", ["words of 1"])]
    assert found[0].answered_at == at(-30)


@pytest.mark.own_database
async def test_counting_and_looking_up_use_an_index(pool: Pool, run: Run) -> None:
    await run("""
        INSERT INTO handrail.cases (
            case_id, customer_id, channel, status, topic, tier, turn, opened_at, updated_at, version, content_digest
        )
        SELECT 'c-' || n, 'C-' || n % 5000, 'api', 'Closed', 't-' || n % 10, 0, 1, now(), now() - n * interval '1 min', 0, ''
        FROM generate_series(1, 20000) AS n
    """)
    await run("INSERT INTO handrail.review_gates VALUES ('t-1', 'v', now() - interval '1 day')")
    await run("ANALYZE handrail.cases")
    looked = {"customer_id": "C-7", "topic": "t-7", "since": NOON, "opened_at": NOON, "case_id": "x", "rehearsed": []}
    for query, parameters, index in (
        (
            "answered_contacts",
            looked,
            "Index Cond: ((customer_id = ANY (handrail.kin('C-7'::text))) AND (topic = 't-7'::text)",
        ),
        ("gate_progress", {"topic": "t-1", "version": "v"}, "reviews_by_topic"),
    ):
        async with pool.connection() as connection:
            await connection.execute(b"SET LOCAL enable_seqscan = off" if query == "gate_progress" else b"SELECT 1")
            cursor = await connection.execute(b"EXPLAIN " + QUERIES[query], parameters, prepare=False)
            plan = "\n".join(line for (line,) in await cursor.fetchall())
        assert index in plan, plan
        assert "Seq Scan on cases" not in plan, plan
