"""The business's tools through the ledger: checked, read, applied at most once."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from handrail.domain.actions.approvals import ApprovalStatus, DecisionKind
from handrail.domain.actions.earlier import EarlierOutcome
from handrail.domain.actions.effects import EffectStatus
from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.case.cases import Commit
from handrail.domain.errors import BusinessFailed, BusinessRefused, DefinitionInvalid, EffectConflict, InvalidInput
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from tests.postgres.build import NOON, PAY_100, approval, decided, effect, proposal, row, ruled, ruling
from tests.postgres.conftest import Run

PAID = "SELECT key, customer_id, amount FROM wallets.payments"
STANDS = "SELECT status FROM handrail.actions"


def test_specs_are_json_schemas_of_known_tools(record: PostgresRecord) -> None:
    pay, balance = record.specs(["pay", "unheard_of", "balance"])
    assert (pay.name, pay.effect, balance.name, balance.effect) == ("pay", True, "balance", False)
    assert pay.parameters["properties"]["amount"] == {
        "exclusiveMinimum": 0,
        "maximum": 5_000,
        "title": "Amount",
        "type": "integer",
    }


async def test_check_normalises_and_previews(record: PostgresRecord) -> None:
    checked = await record.check("case-1", "C-1", "pay", {"amount": "100", "receiver": "ann"})
    assert checked.arguments == PAY_100
    assert (checked.title, checked.headline) == ("Pay 100 to ann", "pay · 100")
    assert (checked.shown, checked.facts) == ({"balance": "1000"}, {"amount": 100})
    read = await record.check("case-1", "C-1", "balance", {})
    assert (read.arguments, read.title) == ({}, "balance")


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("fly", {}, r"^tool: there is no 'fly'\. Known: balance, pay, pay_oddly, sneak\.$"),
        ("pay", {}, r"^pay: amount: Field required; receiver: Field required\. Fields of pay: amount, receiver\.$"),
        ("pay", {"amount": -424242, "receiver": "secretname"}, r"^pay: amount: Input should be greater than 0\. "),
        ("pay", {**PAY_100, "iban": "secretname"}, r"^pay: iban: Extra inputs are not permitted\. "),
        ("pay", {"amount": "secretname", "receiver": "ann"}, r"^pay: amount: Input should be a valid integer"),
    ],
)
async def test_arguments_that_do_not_validate(
    record: PostgresRecord, tool: str, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        await record.check("case-1", "C-1", tool, arguments)
    assert "secretname" not in str(refused.value)
    assert "424242" not in str(refused.value)


async def test_check_passes_on_what_the_business_refuses(record: PostgresRecord) -> None:
    with pytest.raises(BusinessRefused, match="no wallet"):
        await record.check("case-1", "C-9", "pay", PAY_100)


async def test_a_preview_may_give_declared_facts_only(record: PostgresRecord) -> None:
    with pytest.raises(DefinitionInvalid, match="the preview of pay_oddly gives mood; declare it"):
        await record.check("case-1", "C-1", "pay_oddly", PAY_100)


async def test_a_read_cannot_write(record: PostgresRecord, run: Run) -> None:
    assert await record.read("case-1", "C-1", "balance", {}) == {"balance": 1000}
    with pytest.raises(BusinessFailed, match=r"^sneak failed \(ReadOnlySqlTransaction\)") as failed:
        await record.read("case-1", "C-1", "sneak", {})
    assert isinstance(failed.value.__cause__, psycopg.errors.ReadOnlySqlTransaction)
    with pytest.raises(InvalidInput, match=r"^tool: pay writes; .* Reads: balance, sneak\.$"):
        await record.read("case-1", "C-1", "pay", PAY_100)
    assert await run("SELECT sum(balance) FROM wallets.wallets") == [(1010,)]


async def test_an_allowed_effect_happens_once(cases: PostgresCases, record: PostgresRecord, run: Run) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    first = await record.apply(effect())
    assert (first.status, first.result, first.applied_at) == (EffectStatus.APPLIED, {"left": 900}, NOON)
    assert await record.apply(effect()) == first
    assert await cases.effects("case-1") == [first]
    assert (await cases.show("case-1")).effects == [first]
    assert await run(PAID) == [("e-1", "C-1", 100)]
    assert await run("SELECT entry_id, actor, action FROM handrail.audit") == [("e-1:applied", "agent", "effect:applied")]


async def test_a_later_turn_reads_what_became_of_every_effect(cases: PostgresCases, record: PostgresRecord, run: Run) -> None:
    for name in ("e-1", "e-2", "e-3", "e-4"):
        await cases.commit(ruling(Ruling.BLOCK if name == "e-2" else Ruling.ALLOW, proposal_id=name))
    await record.apply(effect())
    await run("INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-3')")

    found = {one.effect_id: one for one in await cases.earlier("case-1")}
    assert {name: one.outcome for name, one in found.items()} == {
        "e-1": EarlierOutcome.APPLIED,
        "e-2": EarlierOutcome.REFUSED,
        "e-3": EarlierOutcome.UNKNOWN,
        "e-4": EarlierOutcome.NOT_DONE,
    }
    assert [name for name, one in found.items() if one.settled] == ["e-1"], "a rule's refusal never got to the business"
    made = found["e-1"]
    assert (made.action, made.arguments, made.result, made.at) == ("pay", PAY_100, {"left": 900}, NOON)
    assert await cases.earlier("case-2") == []


async def test_eight_at_once_write_once_and_hear_the_same(cases: PostgresCases, record: PostgresRecord, run: Run) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    answers = await asyncio.gather(*(record.apply(effect()) for _ in range(8)))
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert await run(PAID) == [("e-1", "C-1", 100)]
    assert await run("SELECT balance FROM wallets.wallets WHERE customer_id = 'C-1'") == [(900,)]


async def test_racing_commits_and_effects_end_well(cases: PostgresCases, record: PostgresRecord, run: Run) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    again = [cases.commit(ruling(Ruling.BLOCK, revision=0)) for _ in range(4)]
    await asyncio.gather(*(record.apply(effect()) for _ in range(4)), *again)
    assert await run(STANDS) == [("applied",)]
    assert len(await run(PAID)) == 1


async def test_what_the_business_refuses_leaves_nothing_and_is_final(
    cases: PostgresCases, record: PostgresRecord, run: Run
) -> None:
    much = {"amount": 5_000, "receiver": "ann"}
    await cases.commit(ruling(Ruling.ALLOW, arguments=much))
    refused = await record.apply(effect(arguments=much))
    assert (refused.status, refused.code, refused.result) == (EffectStatus.REFUSED, "too_little", {})
    assert refused.message == "The wallet does not hold that much."
    await run("UPDATE wallets.wallets SET balance = 9000")
    assert await record.apply(effect(arguments=much)) == refused
    assert await run(PAID) == []
    assert await cases.effects("case-1") == [refused]


async def test_a_tool_that_breaks_leaves_nothing_and_can_be_tried_again(
    cases: PostgresCases, record: PostgresRecord, run: Run
) -> None:
    nobody = {"amount": 1, "receiver": "nobody"}
    await cases.commit(ruling(Ruling.ALLOW, arguments=nobody))
    for _ in range(2):
        with pytest.raises(LookupError, match="the tool broke"):
            await record.apply(effect(arguments=nobody))
    assert await run(STANDS) == [("allowed",)]
    assert await run(PAID) == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (effect("e-2"), "e-2 is not in the ledger; record its verdict first"),
        (effect(case_id="case-2"), "^case_id: effect e-1 stands in the ledger under another case_id"),
        (effect(customer_id="C-2"), "^customer_id: effect e-1 stands .* under another customer_id"),
        (effect(action="sneak"), "^action: effect e-1 stands"),
        (effect(arguments={**PAY_100, "amount": 101}), "was ruled on with other arguments"),
        (effect().model_copy(update={"arguments": {**PAY_100, "amount": 101}}), "do not have the hash that they came with"),
    ],
)
async def test_another_effect_than_the_one_ruled_on(
    cases: PostgresCases, record: PostgresRecord, run: Run, wanted: Any, words: str
) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    with pytest.raises(EffectConflict, match=words):
        await record.apply(wanted)
    assert await run(PAID) == []


async def test_other_arguments_after_the_fact(cases: PostgresCases, record: PostgresRecord) -> None:
    await cases.commit(ruling(Ruling.ALLOW))
    await record.apply(effect())
    with pytest.raises(EffectConflict, match="was applied with other arguments"):
        await record.apply(effect(arguments={**PAY_100, "amount": 1}))


@pytest.mark.parametrize("given", [Ruling.REQUIRE_APPROVAL, Ruling.BLOCK])
async def test_a_verdict_that_does_not_allow(cases: PostgresCases, record: PostgresRecord, run: Run, given: Ruling) -> None:
    await cases.commit(ruling(given))
    with pytest.raises(EffectConflict, match=f"ruling {given}, approval not asked for"):
        await record.apply(effect())
    assert await run(PAID) == []


@pytest.mark.parametrize("given", [Ruling.ALLOW, Ruling.REQUIRE_APPROVAL])
@pytest.mark.parametrize("status", [ApprovalStatus.OPEN, ApprovalStatus.EXPIRED, ApprovalStatus.WITHDRAWN])
async def test_silence_is_never_consent(
    cases: PostgresCases, record: PostgresRecord, given: Ruling, status: ApprovalStatus
) -> None:
    await cases.commit(Commit(row=row(), rulings=[ruled(proposal(), given)], approvals=[approval(status=status)]))
    with pytest.raises(EffectConflict, match=f"e-1 is held in the ledger .* approval {status}"):
        await record.apply(effect())


@pytest.mark.parametrize("given", list(Ruling))
async def test_what_was_rejected_never_runs(cases: PostgresCases, record: PostgresRecord, given: Ruling) -> None:
    no = decided(approval(), DecisionKind.REJECT)
    await cases.commit(Commit(row=row(), rulings=[ruled(proposal(), given)], approvals=[no]))
    await cases.commit(Commit(row=row(2), rulings=[ruled(proposal(revision=2), Ruling.ALLOW)]))
    with pytest.raises(EffectConflict, match="e-1 is rejected"):
        await record.apply(effect())


async def test_an_approval_lets_exactly_its_arguments_run(cases: PostgresCases, record: PostgresRecord, run: Run) -> None:
    yes = decided(approval(), DecisionKind.APPROVE)
    await cases.commit(Commit(row=row(), rulings=[ruled(proposal(), Ruling.REQUIRE_APPROVAL)], approvals=[yes]))
    with pytest.raises(EffectConflict):
        await record.apply(effect(arguments={**PAY_100, "amount": 101}))
    applied = await record.apply(effect(approved_by="rita"))
    assert applied.arguments == PAY_100
    assert await run("SELECT approved_by, status FROM handrail.actions") == [("rita", "applied")]
    assert await run("SELECT actor FROM handrail.audit") == [("rita",)]


async def test_an_edit_lets_the_edited_arguments_run_and_no_others(
    cases: PostgresCases, record: PostgresRecord, run: Run
) -> None:
    edited = decided(approval(), DecisionKind.EDIT, amount=80)
    await cases.commit(Commit(row=row(), rulings=[ruled(proposal(), Ruling.REQUIRE_APPROVAL)], approvals=[edited]))
    with pytest.raises(EffectConflict):
        await record.apply(effect())
    applied = await record.apply(effect(arguments={**PAY_100, "amount": 80}))
    assert applied.arguments == {**PAY_100, "amount": 80}
    assert await run(PAID) == [("e-1", "C-1", 80)]


async def test_a_block_of_the_edited_revision_wins_over_the_edit(cases: PostgresCases, record: PostgresRecord) -> None:
    edited, less = decided(approval(), DecisionKind.EDIT, amount=80), {**PAY_100, "amount": 80}
    await cases.commit(Commit(row=row(), rulings=[ruled(proposal(), Ruling.REQUIRE_APPROVAL)], approvals=[edited]))
    await cases.commit(ruling(Ruling.BLOCK, 2, arguments=less, revision=2))
    with pytest.raises(EffectConflict, match="e-1 is blocked"):
        await record.apply(effect(arguments=less))


async def test_only_effects_are_applied(cases: PostgresCases, record: PostgresRecord) -> None:
    await cases.commit(ruling(Ruling.ALLOW, kind=ProposalKind.READ))
    with pytest.raises(EffectConflict):
        await record.apply(effect())
    await cases.commit(ruling(Ruling.ALLOW, effect_id="e-2", action="balance", arguments={}))
    with pytest.raises(InvalidInput, match=r"balance writes nothing; use `read`\. Effects: pay, pay_oddly\."):
        await record.apply(effect("e-2", {}, action="balance"))
