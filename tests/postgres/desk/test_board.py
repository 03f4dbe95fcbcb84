"""The board in PostgreSQL: what is due first comes first, page after page, for each person's part of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handrail.domain.team.desk import BoardRow, BoardScope, BoardWanted, DeskSession, DraftKind
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.desk.record import FIRST, PostgresDesk
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from tests.postgres.build import NOON, opening
from tests.postgres.conftest import Run

ANN = BoardWanted(person="ann", roles=["support"], queues=["support"], languages=["en"], tier=1)


@pytest.fixture
def desk(pool: Pool) -> PostgresDesk:
    return PostgresDesk(pool)


async def with_people(run: Run, case_id: str, due: datetime | None, queue: str = "support", **changes: Any) -> None:
    values = {"assignee": None, "tier": 1, "language": "en", "topic": "refund", **changes}
    await run(
        "UPDATE handrail.cases SET status = 'WithHuman', queue = %s, due_at = %s, assignee = %s, tier = %s, language = %s, "
        "topic = %s, version = version + 1 WHERE case_id = %s",
        *(queue, due, values["assignee"], values["tier"], values["language"], values["topic"], case_id),
    )


async def asked(run: Run, case_id: str, due: datetime, roles: list[str], approval_id: str = "a-1") -> None:
    request = {"request_id": approval_id, "headline": f"refund · {case_id}", "role": "support", "roles": roles}
    await run(
        "INSERT INTO handrail.approvals (case_id, approval_id, revision, request, status, opened_at, due_at, update_names, "
        "version) VALUES (%s, %s, 1, %s::jsonb, 'open', %s, %s, '{}', 1)",
        *(case_id, approval_id, json.dumps(request), NOON, due),
    )


@pytest.fixture
async def filled(cases: PostgresCases, run: Run) -> None:
    """Five cases with people and three approvals, due in turn."""
    for number in range(8):
        await cases.open(opening(f"case-{number}"), NOON)
    for number in (1, 3, 5):
        await asked(run, f"case-{number}", NOON + timedelta(hours=number), ["manager"] if number == 5 else [])
    await with_people(run, "case-0", NOON)
    await with_people(run, "case-2", NOON + timedelta(hours=2), "fraud", tier=2)
    await with_people(run, "case-4", NOON + timedelta(hours=4), assignee="ann")
    await with_people(run, "case-6", NOON + timedelta(hours=6), language="de")
    await with_people(run, "case-7", None, assignee="bea", topic="returns")


def names(rows: list[BoardRow]) -> str:
    return "".join(row.case_id.removeprefix("case-") for row in rows)


async def test_what_is_due_first_comes_first_and_pages_join_without_gap_or_double(desk: PostgresDesk, filled: None) -> None:
    whole = await desk.board(ANN)
    assert names(whole) == "01234567"
    for size in range(1, 9):
        found: list[BoardRow] = []
        while page := await desk.board(ANN.model_copy(update={"limit": size, "after": found[-1].key if found else None})):
            found += page
        assert found == whole, size


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"scope": BoardScope.MINE}, "4"),
        ({"scope": BoardScope.SKILLS}, "01347"),
        ({"scope": BoardScope.SKILLS, "roles": ["support", "specialist", "manager"], "queues": ["fraud"], "tier": 2}, "1235"),
        ({"scope": BoardScope.SKILLS, "languages": ["en", "de"]}, "013467"),
        ({"topic": "returns"}, "7"),
        ({"queue": "fraud"}, "2"),
    ],
)
async def test_each_part_of_the_board(desk: PostgresDesk, filled: None, wanted: dict[str, Any], found: str) -> None:
    assert names(await desk.board(ANN.model_copy(update=wanted))) == found


async def test_a_case_that_somebody_leased_is_theirs_while_the_lease_lasts(desk: PostgresDesk, filled: None, run: Run) -> None:
    lease = (
        "UPDATE handrail.queue_items SET holder = 'ann', lease_id = 'l', leased_at = now(), lease_until = now() + %s::interval"
    )
    await run(f"{lease} WHERE case_id = 'case-0'", "1 minute")
    await run(f"{lease} WHERE case_id = 'case-2'", "-1 minute")
    assert names(await desk.board(ANN.model_copy(update={"scope": BoardScope.MINE}))) == "04"


@pytest.mark.own_database
async def test_a_page_of_a_long_board_reads_no_more_than_it_shows(desk: PostgresDesk, cases: PostgresCases, run: Run) -> None:
    await cases.open(opening("case-0"), NOON)
    await with_people(run, "case-0", NOON)
    copied = (
        "INSERT INTO handrail.cases SELECT (jsonb_populate_record(c, jsonb_build_object('case_id', 'k-' || n, 'due_at', "
        "c.due_at + n * interval '1 minute'))).* FROM handrail.cases AS c, generate_series(1, 5000) AS n"
    )
    await run(copied)
    await run("ANALYZE")
    read = await rows_read(desk, ANN.model_copy(update={"limit": 51}))
    assert sum(read.values()) < 300, read


@pytest.mark.own_database
async def test_a_part_of_the_board_reads_what_waits_and_never_what_is_closed(
    desk: PostgresDesk, cases: PostgresCases, run: Run
) -> None:
    await run(CLOSED)
    await run(WAITING)
    await run("ANALYZE")
    parts: list[dict[str, Any]] = [
        {"scope": BoardScope.MINE, "person": "somebody"},
        {"queue": "nobodys"},
        {"topic": "nothing"},
        {"scope": BoardScope.SKILLS, "roles": [], "queues": [], "tier": 0},
    ]
    for part in parts:
        read = await rows_read(desk, ANN.model_copy(update={"limit": 51, **part}))
        assert read.get("cases", 0) <= 4_000, (part, read)


CLOSED = """
SET session_replication_role TO replica;
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, turn, opened_at, updated_at, version, content_digest
)
SELECT 'closed-' || n, 'C-1', 'api', 'Closed', 'topic-' || n % 20, 1, 1, now(), now(), 1, ''
FROM generate_series(1, 20000) AS n;
RESET session_replication_role
"""
WAITING = """
WITH filled AS (
    INSERT INTO handrail.cases (
        case_id, customer_id, channel, status, topic, tier, queue, assignee, turn, due_at, opened_at, updated_at, version,
        content_digest
    )
    SELECT
        'waiting-' || n, 'C-1', 'api', CASE n % 2 WHEN 0 THEN 'AwaitingApproval' ELSE 'WithHuman' END, 'topic-' || n % 20, 1,
        'support', 'bea', 1, now() + n * interval '1 minute', now(), now(), 1, ''
    FROM generate_series(1, 2000) AS n
    RETURNING case_id, status, due_at
)

INSERT INTO handrail.approvals (case_id, approval_id, revision, request, status, opened_at, due_at, update_names, version)
SELECT case_id, 'a-1', 1, '{"request_id": "a-1", "role": "support", "roles": []}', 'open', now(), due_at, '{}', 1
FROM filled WHERE status = 'AwaitingApproval'
"""


async def rows_read(desk: PostgresDesk, wanted: BoardWanted) -> dict[str, float]:
    """The rows that a page of the board reads, kept or not, by table."""
    given = {
        **wanted.model_dump(mode="json", exclude={"after"}),
        **{"after_due_at": FIRST, "after_case_id": "", "after_approval_id": "", "folded": wanted.person},
    }
    async with desk._pool.connection() as connection:
        explained = b"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + QUERIES["desk_board"]
        cursor = await connection.execute(explained, given, prepare=False)
        ((plan,),) = await cursor.fetchall()
    read: dict[str, float] = {}
    for each in scans(plan[0]["Plan"]):
        rows = (each["Actual Rows"] + each.get("Rows Removed by Filter", 0)) * each["Actual Loops"]
        read[each["Relation Name"]] = read.get(each["Relation Name"], 0) + rows
    return read


def scans(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of the plan that read a table."""
    below = [found for each in plan.get("Plans", []) for found in scans(each)]
    return [plan, *below] if "Relation Name" in plan else below


async def test_sessions_readers_and_drafts(desk: PostgresDesk, filled: None) -> None:
    now = datetime.now(UTC)
    await desk.sign_in("a" * 64, DeskSession(person="ann", key_id="k", expires_at=now + timedelta(hours=1)))
    await desk.sign_in("b" * 64, DeskSession(person="bea", key_id="k", expires_at=now - timedelta(seconds=1)))
    assert (found := await desk.session("a" * 64)) is not None
    assert found.person == "ann"
    assert await desk.session("b" * 64) is None
    await desk.sign_out("a" * 64)
    assert await desk.session("a" * 64) is None

    assert await desk.read("case-0", "ann") == []
    assert [one.person for one in await desk.read("case-0", "bea")] == ["ann"]

    await desk.keep("case-0", "ann", DraftKind.REPLY, "Hello")
    await desk.keep("case-0", "ann", DraftKind.REPLY, "Hello Bo")
    await desk.keep("case-0", "bea", DraftKind.NOTE, "Called")
    assert {(one.person, one.kind, one.text) for one in await desk.drafts("case-0")} == {
        ("ann", DraftKind.REPLY, "Hello Bo"),
        ("bea", DraftKind.NOTE, "Called"),
    }
    await desk.keep("case-0", "ann", DraftKind.REPLY, "")
    assert [one.person for one in await desk.drafts("case-0")] == ["bea"]
    assert (await desk.counts())["approvals"] == 3
    await desk.keep("nobody", "ann", DraftKind.REPLY, "Hello")
    assert await desk.drafts("nobody") == []
