"""Webhooks of a queue or a role: of what waits only theirs, of all else everything."""

from __future__ import annotations

import pytest

from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.case.events import EventKind
from handrail.domain.errors import InvalidInput
from handrail.domain.webhooks import WebhookWanted, wanted_of
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.postgres.webhooks.outbox import PostgresOutbox
from tests.postgres.build import NOON, approval, opening, proposal, row, ruled
from tests.postgres.conftest import Run

SENT = """
SELECT m.endpoint_id, e.kind || coalesce(' for ' || (e.body ->> 'for'), '') FROM handrail.webhook_messages AS m
INNER JOIN handrail.case_event AS e ON m.case_id = e.case_id AND m.sequence = e.sequence
WHERE e.kind IN ('waiting', 'resolved') ORDER BY 1, e.position
"""


async def test_an_endpoint_gets_of_what_waits_that_of_its_roles_and_queues(cases: PostgresCases, pool: Pool, run: Run) -> None:
    webhooks = PostgresWebhooks(pool)
    wanted = {
        "wh-all": WebhookWanted(),
        "wh-managers": WebhookWanted(roles=["manager"]),
        "wh-payments": WebhookWanted(queues=["payments"], kinds=[EventKind.WAITING]),
        "wh-support": WebhookWanted(roles=["support"], queues=["support"]),
    }
    for endpoint_id, what in wanted.items():
        await webhooks.add(endpoint_id, "https://example.com/hook", what, "ann", "sealed")
    assert {one.endpoint_id: (one.roles, one.queues) for one in await webhooks.all()}["wh-support"] == (
        ["support"],
        ["support"],
    )
    await cases.open(opening(), NOON)
    rulings, approvals = [ruled(proposal(), Ruling.REQUIRE_APPROVAL)], [approval()]
    await cases.commit(Commit(row=row(1, status=CaseStatus.AWAITING_APPROVAL), rulings=rulings, approvals=approvals))
    await cases.commit(Commit(row=row(2, status=CaseStatus.WITH_HUMAN, queue="payments")))
    await cases.commit(Commit(row=row(3, status=CaseStatus.RESOLVED)))
    await PostgresOutbox(pool).address()
    assert await run(SENT) == [
        ("wh-all", "waiting for approval"),
        ("wh-all", "waiting for person"),
        ("wh-all", "resolved"),
        ("wh-managers", "resolved"),
        ("wh-payments", "waiting for person"),
        ("wh-support", "waiting for approval"),
        ("wh-support", "resolved"),
    ]


def test_what_is_never_sent_cannot_be_narrowed() -> None:
    with pytest.raises(InvalidInput, match="roles and queues narrow `waiting`"):
        wanted_of([EventKind.REPLY], ["support"], [])
    assert wanted_of([], ["support"], []).in_words == "all (waiting: role support)"
