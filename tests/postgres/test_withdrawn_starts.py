"""A case that was answered for and is forgotten before it begins: withdrawn first, gone only once its runs are."""

from __future__ import annotations

from datetime import timedelta

from handrail.domain.case.starts import CaseStart
from handrail.postgres.case.starts import PostgresCaseStarts
from handrail.postgres.personal.record import PostgresPersonal
from handrail.postgres.pool import Pool
from tests.postgres.build import opening
from tests.postgres.conftest import Run

LEASE = timedelta(0)


async def test_what_is_withdrawn_begins_no_more_and_is_found_by_whoever_goes_on(pool: Pool, run: Run) -> None:
    starts, record, case = PostgresCaseStarts(pool), PostgresPersonal(pool), opening()
    assert await starts.keep(CaseStart(case=case, identity="api:shop"))
    await run(
        "INSERT INTO handrail.arrivals (case_id, message_id, channel, address) VALUES (%s, 'm', 'sms', '+49')", case.case_id
    )
    (withdrawn,) = await record.withdraw([case.customer_id])
    assert withdrawn.case_id == case.case_id
    assert await starts.take(case.case_id, LEASE) is None
    assert await starts.due(10, LEASE) == []
    (again,) = await record.promised_to([case.customer_id])
    assert again.case_id == case.case_id, "a forgetting that was interrupted here knows of it"
    await record.erase_traffic(case.customer_id, [])
    assert await record.promised_to([case.customer_id]) == []
    assert await run("SELECT count(*) FROM handrail.arrivals") == [(0,)]
