"""A yes that is taken back: who comes first has the say, and the record tells what was asked and answered."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graphs.ruling.asked import audited
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.confirmations import AnswerKind, Asking, Confirmation, Undoing
from handrail.domain.actions.earlier import EarlierOutcome
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.actions.proposals import Ruling
from handrail.domain.actions.unsettled import EffectFound
from handrail.domain.case.cases import AuditEntry, Commit
from handrail.domain.case.messages import Author, Message
from handrail.domain.errors import OutcomeUnknown
from handrail.postgres import migrations
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.business.unsettled import UnsettledEffects
from handrail.postgres.case.audit import PostgresAudit
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, approval, at, decided, effect, proposal, row, ruled, ruling
from tests.postgres.conftest import Run

PAID = "SELECT key FROM wallets.payments"
WITHDRAWALS = "SELECT details -> 'stopped', details -> 'done' FROM handrail.audit WHERE action = 'confirm:taken_back'"


def question(*effect_ids: str) -> Confirmation:
    asked = [Asking(proposal=proposal(one), line=f"Pay 100 ({one}).") for one in effect_ids or ("e-1",)]
    return Confirmation(
        question_id="q-1",
        topic="pay",
        language="en",
        asked=asked,
        words="Shall we?",
        unanswered="Nothing was done.",
        asked_at=NOON,
        due_at=at(60),
        message_id="~q-1",
    )


def withdrawal(*effect_ids: str) -> AuditEntry:
    return audited("case-1", question(*effect_ids), "taken_back", at(2), "customer", message_id="m-3")


async def take_back(cases: PostgresCases, *effect_ids: str) -> None:
    await cases.take_back("case-1", effect_ids or ("e-1",), at(2), withdrawal(*effect_ids))


async def until_blocked(url: str, words: str) -> None:
    """Wait until a session waits for a lock in a statement with these words."""
    deadline = time.monotonic() + 20
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as admin:
        while time.monotonic() < deadline:
            cursor = await admin.execute(
                "SELECT 1 FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE %s",
                [f"%{words}%"],
            )
            if await cursor.fetchone():
                return
    raise AssertionError(f"nobody waits in {words}")


async def test_what_is_taken_back_first_is_never_done(cases: PostgresCases, record: PostgresRecord, run: Run) -> None:
    await cases.commit(ruling(Ruling.CONFIRM))
    await take_back(cases)
    await cases.commit(ruling(Ruling.ALLOW, version=2))
    for _ in range(2):
        refused = await record.apply(effect())
        assert (refused.status, refused.code, refused.applied_at) == (EffectStatus.REFUSED, "taken_back", at(2))
        assert refused.message == "The customer took their yes back before this was done."
    assert await run(PAID) == []
    assert await run("SELECT status FROM handrail.actions") == [("refused",)]
    await take_back(cases)
    assert await run(WITHDRAWALS) == [(["e-1"], [])]
    assert await run("SELECT actor FROM handrail.audit WHERE entry_id = 'e-1:refused'") == [("customer",)]


async def test_what_was_done_before_stays_done_and_the_rest_is_not(
    cases: PostgresCases, record: PostgresRecord, run: Run
) -> None:
    two = [ruled(proposal(one), Ruling.ALLOW) for one in ("e-1", "e-2")]
    await cases.commit(Commit(row=row(), rulings=two))
    await record.apply(effect("e-1"))
    await take_back(cases, "e-1", "e-2")
    assert (await record.apply(effect("e-2"))).code == "taken_back"
    assert await run(PAID) == [("e-1",)]
    assert await run(WITHDRAWALS) == [(["e-2"], ["e-1"])]


async def test_a_correction_stops_as_a_withdrawal_does_and_of_what_is_done_is_not_noted(
    cases: PostgresCases, record: PostgresRecord, run: Run
) -> None:
    two = [ruled(proposal(one), Ruling.ALLOW) for one in ("e-1", "e-2")]
    await cases.commit(Commit(row=row(), rulings=two))
    await record.apply(effect("e-1"))
    corrections = "SELECT details -> 'stopped', details -> 'done' FROM handrail.audit WHERE action = 'confirm:corrected'"
    late = audited("case-1", question("e-1"), "corrected", at(2), "customer", message_id="m-3")
    assert await cases.take_back("case-1", ["e-1"], at(2), late) == ["e-1"]
    assert await run(corrections) == []
    timely = audited("case-1", question("e-1", "e-2"), "corrected", at(2), "customer", message_id="m-4")
    assert await cases.take_back("case-1", ["e-1", "e-2"], at(2), timely) == ["e-1"]
    refused = await record.apply(effect("e-2"))
    assert (refused.code, refused.message) == ("taken_back", "The customer wanted it otherwise before this was done.")
    assert await run(corrections) == [(["e-2"], ["e-1"])]


async def test_what_may_have_been_made_elsewhere_stays_of_unknown_outcome_and_is_not_sent_again(
    cases: PostgresCases, record: PostgresRecord, pool: Pool, run: Run
) -> None:
    three = [ruled(proposal(one), Ruling.ALLOW) for one in ("e-1", "e-2", "e-3")]
    await cases.commit(Commit(row=row(), rulings=three))
    await record.apply(effect("e-3"))
    await run("INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-1')")
    await take_back(cases, "e-1", "e-2", "e-3")
    assert await run("SELECT details -> 'unknown' FROM handrail.audit WHERE action = 'confirm:taken_back'") == [(["e-1"],)]
    assert await run(WITHDRAWALS) == [(["e-2"], ["e-3"])]
    assert {one.effect_id: one.outcome for one in await cases.earlier("case-1")} == {
        "e-1": EarlierOutcome.UNKNOWN,
        "e-2": EarlierOutcome.REFUSED,
        "e-3": EarlierOutcome.APPLIED,
    }
    for _ in range(2):
        with pytest.raises(OutcomeUnknown, match=r"pay was begun before .*e-1.*; it is not made again"):
            await record.apply(effect("e-1"))
    assert await run(PAID) == [("e-3",)]
    unsettled = UnsettledEffects(pool)
    assert [one.effect_id for one in await unsettled.all(age=timedelta(0))] == ["e-1"]
    found = await unsettled.settle(EffectFound(effect_id="e-1", made=True, actor="ann", reason="The bank's list."))
    assert (found.status, found.code) == (EffectStatus.APPLIED, "found_made")
    assert await record.apply(effect("e-1")) == found


async def test_what_was_written_down_as_not_done_though_it_was_sent_is_put_right(
    cases: PostgresCases, record: PostgresRecord, run: Run
) -> None:
    two = [ruled(proposal(one), Ruling.ALLOW) for one in ("e-1", "e-2")]
    await cases.commit(Commit(row=row(), rulings=two))
    await take_back(cases, "e-1", "e-2")
    await run("INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-1')")
    migration = Path(migrations.__file__).parent / "migrations" / "0098_taken_back_unanswered.sql"
    _, _, mending = migration.read_text("utf-8").partition("-- What was written down as not done")
    for statement in filter(str.strip, f"--{mending}".split(";\n")):
        await run(statement)
    found = {one.effect_id: one.outcome for one in await cases.earlier("case-1")}
    assert found == {"e-1": EarlierOutcome.UNKNOWN, "e-2": EarlierOutcome.REFUSED}
    with pytest.raises(OutcomeUnknown):
        await record.apply(effect("e-1"))
    assert await run("SELECT details ->> 'effect_id' FROM handrail.audit WHERE action = 'effect:unknown'") == [("e-1",)]
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="an effect happens once"):
        await run("UPDATE handrail.actions SET code = 'other' WHERE effect_id = 'e-2'")


async def test_a_correction_of_what_may_have_been_made_is_noted_as_one(
    cases: PostgresCases, record: PostgresRecord, run: Run
) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    await run("INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-1')")
    correction = audited("case-1", question("e-1"), "corrected", at(2), "customer", message_id="m-3")
    assert await cases.take_back("case-1", ["e-1"], at(2), correction) == []
    noted = "SELECT details -> 'stopped', details -> 'unknown' FROM handrail.audit WHERE action = 'confirm:corrected'"
    assert await run(noted) == [([], ["e-1"])]
    with pytest.raises(OutcomeUnknown):
        await record.apply(effect("e-1"))


async def test_an_effect_whose_transaction_has_begun_is_waited_for_and_is_done(
    cases: PostgresCases, record: PostgresRecord, run: Run, database_url: str
) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    async with await psycopg.AsyncConnection.connect(database_url) as rival:
        await rival.execute("SELECT 1 FROM wallets.wallets WHERE customer_id = 'C-1' FOR UPDATE")
        paying = asyncio.create_task(record.apply(effect()))
        await until_blocked(database_url, "UPDATE wallets")
        taking = asyncio.create_task(take_back(cases))
        await until_blocked(database_url, "SELECT handrail.take_back")
        assert await run(WITHDRAWALS) == []
        await rival.rollback()
    assert (await paying).status is EffectStatus.APPLIED
    await taking
    assert await run(PAID) == [("e-1",)]
    assert await run(WITHDRAWALS) == [([], ["e-1"])]


async def test_an_effect_that_comes_while_a_yes_is_taken_back_waits_and_is_not_done(
    cases: PostgresCases, record: PostgresRecord, run: Run, database_url: str
) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    entry = withdrawal().model_dump_json()
    async with await psycopg.AsyncConnection.connect(database_url) as taking:
        await taking.execute("SELECT handrail.take_back('case-1', ARRAY['e-1'], %s, %s::jsonb)", [at(2), entry])
        paying = asyncio.create_task(record.apply(effect()))
        await until_blocked(database_url, "handrail.begin_effect")
        await taking.commit()
    assert (await paying).code == "taken_back"
    assert await run(PAID) == []


async def test_of_many_races_none_ends_with_both_or_with_neither(
    cases: PostgresCases, record: PostgresRecord, run: Run
) -> None:
    names, one_each = [f"e-{number}" for number in range(24)], {"amount": 1, "receiver": "ann"}
    await cases.commit(Commit(row=row(), rulings=[ruled(proposal(one, one_each), Ruling.ALLOW) for one in names]))
    tried: list[Any] = [record.apply(effect(one, one_each)) for one in names]
    tried += [cases.take_back("case-1", [one], at(2), withdrawal(one)) for one in names]
    ends = await asyncio.gather(*(task for pair in zip(tried[:24], tried[24:], strict=True) for task in pair))
    done = {one.effect_id for one in ends if isinstance(one, EffectResult) and one.status is EffectStatus.APPLIED}
    assert {key for (key,) in await run(PAID)} == done
    stands: dict[str, str] = dict(await run("SELECT effect_id, coalesce(code, outcome) FROM handrail.actions"))
    assert stands == {one: "applied" if one in done else "taken_back" for one in names}


async def test_an_edit_that_was_approved_is_taken_back_too(cases: PostgresCases, record: PostgresRecord, run: Run) -> None:
    await cases.commit(ruling(Ruling.REQUIRE_APPROVAL))
    edited = decided(approval(), DecisionKind.EDIT, amount=50)
    await cases.commit(Commit(row=row(2), approvals=[edited]))
    assert edited.decision is not None
    await take_back(cases)
    arguments = edited.decision.arguments
    assert (await record.apply(effect(arguments=arguments))).code == "taken_back"
    assert await run(PAID) == []


async def test_no_other_code_gets_past_the_verdict(cases: PostgresCases, run: Run) -> None:
    await cases.commit(ruling(Ruling.CONFIRM))
    for outcome, code in (("applied", "taken_back"), ("refused", "other"), ("refused", None)):
        with pytest.raises(psycopg.errors.CheckViolation, match="actions_applied_as_permitted"):
            await run(
                "UPDATE handrail.actions SET outcome = %s, code = %s, applied_hash = arguments_hash, applied_at = now()",
                outcome,
                code,
            )


async def test_what_was_asked_and_answered_can_be_read(cases: PostgresCases) -> None:
    words = "Yes, from card 4111 1111 1111 1111 " + "please " * 60
    said = Message(message_id="m-2", author=Author.CUSTOMER, text=words, at=at(1), turn=2, sequence=4)
    asked, two = question("e-1", "e-2"), ("e-1", "e-2")
    entries = [
        audited("case-1", asked, "asked", NOON, "agent", message_id="~q-1"),
        audited("case-1", asked, "confirmed", at(1), "customer", message_id="m-2"),
        audited("case-1", asked, "taken_back", at(2), "customer", message_id="m-3"),
    ]
    await cases.commit(Commit(row=row(), messages=[said], audit=entries))
    found = await cases.asked("case-1")
    assert [(one.proposal_id, one.line, one.message_id) for one in found] == [
        (one, f"Pay 100 ({one}).", "~q-1") for one in two
    ]
    assert (found[0].asked_at, found[0].due_at) == (NOON, at(60))
    for one in found:
        assert [(given.kind, given.at, given.message_id) for given in one.answers] == [
            ("confirmed", at(1), "m-2"),
            ("taken_back", at(2), "m-3"),
        ]
        assert "4111 1111" not in one.answers[0].words
        assert one.answers[0].words.startswith("Yes, from card")
        assert len(one.answers[0].words) <= 240
    assert "said yes 2026-05-04 12:01 UTC: “Yes, from card" in str(found[0])
    assert str(found[0]).endswith("; took the yes back 2026-05-04 12:02 UTC (message m-3)")
    assert (await cases.show("case-1")).asked == found
    withdrawn = said.model_copy(update={"withdrawn_at": at(3)})
    await cases.commit(Commit(row=row(2), messages=[withdrawn]))
    for one in await cases.asked("case-1"):
        assert [(given.kind, given.words) for given in one.answers] == [("confirmed", ""), ("taken_back", "")]


async def test_questions_from_before_lines_were_kept_can_be_read(cases: PostgresCases) -> None:
    old = audited("case-1", question(), "asked", NOON, "agent")
    details = {**old.details, "effects": [{"proposal_id": "e-1", "action": "pay", "arguments_hash": "h"}]}
    await cases.commit(Commit(row=row(), audit=[old.model_copy(update={"details": details})]))
    (found,) = await cases.asked("case-1")
    assert (found.line, found.answers) == ("pay", [])
    assert str(found) == "asked 2026-05-04 12:00 UTC; no answer yet, until 2026-05-04 13:00 UTC"


async def test_the_audit_counts_what_was_asked_and_each_kind_of_answer(cases: PostgresCases, pool: Pool) -> None:
    kinds = ["asked", *(kind.value for kind in AnswerKind), "withdrawn", *(how.value for how in Undoing)]
    entries = [audited("case-1", question(), kind, NOON, "agent") for kind in kinds]
    await cases.commit(Commit(row=row(), audit=entries))
    counts = await PostgresAudit(pool).counts("confirm")
    assert {one.action: one.entries for one in counts} == {f"confirm:{kind}": 1 for kind in kinds}
