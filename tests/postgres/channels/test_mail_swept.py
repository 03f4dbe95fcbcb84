"""The sources of mail go once their time is over; by what stays, answers find their case and the same mail counts once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.mail import MailDisposition, MailVerdict, ReceivedMail
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.channels import mail as swept_mail
from handrail.postgres.channels.mail import PostgresMail
from handrail.postgres.pool import Pool
from handrail.postgres.queries import QUERIES
from tests.postgres.build import NOON, opening, row
from tests.postgres.conftest import Run

KEPT = timedelta(days=365)
OLD, NEW = 366, 364
HOLD = "INSERT INTO handrail.legal_holds (customer_id, reason, set_by, set_at) VALUES ('C-2', 'lawsuit', 'ann', now())"
LINK = """
INSERT INTO handrail.customer_links (merged, kept, reason, contradictions, by, at)
VALUES ('C-3', 'C-2', 'the same', '{}', 'ann', now())
"""
SOURCE = b"From: ann@example.com\r\n\r\nHello"


@pytest.fixture
def mails(pool: Pool) -> PostgresMail:
    return PostgresMail(pool)


async def came(mails: PostgresMail, key: str, *, case_id: str | None = None, customer_id: str = "C-1") -> None:
    disposition = MailDisposition.OPENED if case_id else MailDisposition.UNREADABLE
    about = {"message_id": f"mail-{key}", "customer_id": customer_id} if case_id else {}
    mail = ReceivedMail(key=key, message_id=f"<{key}@example.com>", sender="ann@example.com", subject="My order")
    await mails.keep(mail, SOURCE, len(SOURCE), MailVerdict(disposition=disposition, case_id=case_id, **about))


async def aged(run: Run, key: str, days: int, *, settled: bool = True) -> None:
    query = "UPDATE handrail.mails SET at = now() - %s * interval '1 d', settled_at = CASE WHEN %s THEN now() END"
    await run(f"{query} WHERE mail_id = %s", days, settled, key)


async def of_case(
    mails: PostgresMail, cases: PostgresCases, run: Run, key: str, status: CaseStatus, closed: int, customer_id: str = "C-1"
) -> None:
    """An old mail of a case that was changed last so many days ago."""
    await cases.open(opening(key, customer_id=customer_id), NOON)
    await cases.commit(Commit(row=row(1, key, customer_id=customer_id, status=status)))
    await run("UPDATE handrail.cases SET updated_at = now() - %s * interval '1 d' WHERE case_id = %s", closed, key)
    await came(mails, key, case_id=key, customer_id=customer_id)
    await aged(run, key, OLD)


async def test_sources_go_behind_their_case_and_nothing_else_of_a_mail_does(
    mails: PostgresMail, cases: PostgresCases, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    await of_case(mails, cases, run, "closed", CaseStatus.CLOSED, OLD)
    await of_case(mails, cases, run, "just-closed", CaseStatus.CLOSED, NEW)
    await of_case(mails, cases, run, "open", CaseStatus.WITH_HUMAN, OLD)
    await of_case(mails, cases, run, "held", CaseStatus.CLOSED, OLD, "C-2")
    await of_case(mails, cases, run, "kin-of-held", CaseStatus.CLOSED, OLD, "C-3")
    for key, days, settled in (("nobodys", OLD, True), ("new", NEW, True), ("untold", OLD, False)):
        await came(mails, key)
        await aged(run, key, days, settled=settled)
    await run(HOLD)
    await run(LINK)
    before = await run("SELECT to_jsonb(m) - 'raw' - 'swept_at' FROM handrail.mails AS m ORDER BY mail_id")
    monkeypatch.setattr(swept_mail, "SWEPT", 1)
    assert await mails.sweep(KEPT) == 1
    assert await run("SELECT mail_id FROM handrail.mails WHERE swept_at IS NOT NULL") == [("closed",)]
    assert await run("SELECT to_jsonb(m) - 'raw' - 'swept_at' FROM handrail.mails AS m ORDER BY mail_id") == before
    kept = ("closed", "nobodys", "open", "held", "none")
    assert [await mails.raw(key) for key in kept] == [b"", SOURCE, SOURCE, SOURCE, None], "whose it is that is nobody's?"
    assert await mails.sweep(KEPT) == 0
    await run("UPDATE handrail.legal_holds SET cleared_by = 'ann', cleared_because = 'settled', cleared_at = now()")
    assert await mails.sweep(KEPT) == 3


async def test_answers_to_a_swept_mail_find_their_case_and_it_counts_once(
    mails: PostgresMail, cases: PostgresCases, run: Run
) -> None:
    await of_case(mails, cases, run, "closed", CaseStatus.CLOSED, OLD)
    assert await mails.sweep(KEPT) == 1
    assert await mails.case_of(["<closed@example.com>"]) == "closed"
    known = await mails.known("closed")
    assert known is not None
    assert (known[0].case_id, known[1]) == ("closed", True)
    answered = await mails.answered("closed", "mail-closed")
    assert answered is not None
    assert (answered.message_id, answered.subject) == ("<closed@example.com>", "My order")
    await came(mails, "closed", case_id="closed")
    assert await mails.raw("closed") == b"", "the same mail again brings nothing back"


@pytest.mark.own_database
async def test_the_sweep_of_sources_reads_no_mail_that_was_swept(pool: Pool) -> None:
    async with pool.connection() as connection:
        await connection.execute(b"SET LOCAL enable_seqscan = off")
        about = {"older": KEPT, "most": 200}
        cursor = await connection.execute(b"EXPLAIN " + QUERIES["sweep_mail_sources"], about, prepare=False)
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    assert "mails_with_source" in plan, plan
