"""Recorded calls over wallets: what is let out is carried out and counted, what is not leaves no trace."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handrail.domain.autonomy.topics import Topic
from handrail.domain.errors import InvalidInput
from handrail.policies.loader import FilePolicies
from handrail.postgres.pool import Pool
from handrail.replay.calls import RecordedCall
from handrail.replay.consent import Consents
from handrail.replay.report import RuledCall
from handrail.replay.run import CallReplay
from tests.postgres.build import NOON
from tests.postgres.conftest import Run
from tests.postgres.wallets import business

POLICY = """\
id: pays
applies_to: [pay]
rules:
  default_action: allow
  rules:
    - {id: large, expression: amount > 100, action: require_approval, message: "{{amount}} is much"}
    - {id: huge, expression: amount > 1000, action: block, message: "{{amount}} is too much"}
    - {id: often, expression: history.pay.count_1h > 1, action: require_approval, message: often}
    - {id: asked, expression: amount == 55, action: confirm, message: ask first}
    - {id: both, expression: amount == 555, action: require_approval, confirm: always, message: ask and hold}
"""
LATE = "id: late\napplies_to: [pay]\nrules:\n  default_action: allow\n  rules:\n    - {id: turns, "
LATE += "expression: case.turn > 3, action: block, message: late}\n"
ASKING = Topic(name="paying", description="d", examples=["a", "b", "c", "d", "e"], tools=["pay"], confirm="always")


@pytest.fixture
def policies(tmp_path: Path) -> FilePolicies:
    (tmp_path / "pays.yaml").write_text(POLICY)
    return FilePolicies.of(tmp_path, business)


def call(line: int, amount: int = 10, minutes: int = 0, tool: str = "pay", **more: Any) -> RecordedCall:
    given: dict[str, Any] = {"customer": "C-1", "case": "c", "arguments": {"amount": amount, "receiver": "ann"}, **more}
    return RecordedCall(line=line, at=NOON + timedelta(minutes=minutes), tool=tool, **given)


def told(found: list[RuledCall]) -> list[tuple[str, ...]]:
    return [(one.ruled, ",".join(one.rules), one.became) for one in found]


async def test_each_call_sees_what_the_earlier_ones_did_at_their_times(pool: Pool, policies: FilePolicies, run: Run) -> None:
    before = (await run("select balance from wallets.wallets where customer_id = 'C-1'"))[0][0]
    calls = [
        call(1),
        call(2, 150),
        call(3, 2_000, approved_by=["ann"]),
        call(4, arguments={"amount": 11, "receiver": "nobody"}),
        call(5, 12, case="another"),
        call(6, 13, 30),
        call(7, 14, 40, approved_by=["ann", "bea"]),
        call(8, 15, 200),
        call(9, 0, 200),
        call(10, 16, 200, tool="balance", arguments={}),
        call(11, 17, 200, tool="pay_oddly"),
    ]
    replayed = CallReplay(pool, business, policies, Consents([]))
    await replayed.refuse_strangers(calls, "f")
    found = await replayed.run(calls)
    assert told(found) == [
        ("allow", "", "carried out"),
        ("approve", "pays/large", "not carried out"),
        ("block", "pays/huge", "not carried out"),
        ("allow", "", "failed while it was carried out"),
        ("allow", "", "carried out"),
        ("approve", "pays/often", "not carried out"),
        ("approve", "pays/often", "carried out"),
        ("allow", "", "carried out"),
        ("refused", "business/arguments", "not carried out"),
        ("allow", "handrail/read", "read"),
        ("failed", "business/broken", "not carried out"),
    ]
    assert found[3].words == "LookupError: the tool broke"
    assert "amount" in found[8].messages[0]
    assert found[1].title == "Pay 150 to ann"
    after = (await run("select balance from wallets.wallets where customer_id = 'C-1'"))[0][0]
    assert before - after == 10 + 12 + 14 + 15
    kept = await run("select effect_id, status, approved_by, applied_at from handrail.actions order by applied_at, effect_id")
    assert [one[:2] for one in kept] == [
        ("line-1", "applied"),
        ("line-5", "applied"),
        ("line-7", "applied"),
        ("line-8", "applied"),
        ("line-4", "blocked"),
    ]
    assert kept[2][2:] == ("ann, bea", NOON + timedelta(minutes=40))


async def test_the_customers_yes_is_asked_for_and_taken_from_the_log(pool: Pool, policies: FilePolicies) -> None:
    replayed = CallReplay(pool, business, policies, Consents([]))
    found = await replayed.run(
        [
            call(1, 55),
            call(2, 55, confirmed=True),
            call(3, 555, 100, confirmed=True),
            call(4, 555, 100, approved_by=["ann"]),
            call(5, 555, 100, approved_by=["ann"], confirmed=True),
        ]
    )
    assert told(found) == [
        ("confirm", "pays/asked", "not carried out"),
        ("confirm", "pays/asked", "carried out"),
        ("approve", "pays/large,pays/both", "not carried out"),
        ("approve", "pays/large,pays/both", "not carried out"),
        ("approve", "pays/large,pays/both", "carried out"),
    ]
    assert all(one.asks for one in found)


async def test_what_a_log_does_not_tell_of_a_case_is_missing_and_blocks(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "late.yaml").write_text(LATE)
    replayed = CallReplay(pool, business, FilePolicies.of(tmp_path, business), Consents([]))
    untold, early, late = await replayed.run(
        [call(1), call(2, facts={"case.turn": 2}), call(3, facts={"case.turn": 4}, expected="approve")]
    )
    assert told([untold, early, late]) == [
        ("block", "late/turns", "not carried out"),
        ("allow", "", "carried out"),
        ("block", "late/turns", "not carried out"),
    ]
    assert "case.turn is missing" in untold.messages[0]
    assert (early.hit, late.hit, late.let_through) == (None, False, False)


async def test_a_topic_asks_for_every_effect_of_its_tools(pool: Pool, policies: FilePolicies) -> None:
    silent = ASKING.model_copy(update={"name": "silent", "confirm": None})
    unless = ASKING.model_copy(update={"name": "exactly", "confirm": "unless_asked_exactly"})
    cases: list[tuple[list[Topic], dict[str, Any], str]] = [
        ([ASKING], {}, "confirm"),
        ([ASKING, unless], {"topic": "exactly"}, "confirm"),
        ([unless, ASKING], {}, "confirm"),
        ([silent, ASKING], {}, "confirm"),
        ([silent, ASKING], {"topic": "silent"}, "allow"),
    ]
    for topics, more, ruled in cases:
        replayed = CallReplay(pool, business, policies, Consents(topics), effects=False)
        (found,) = await replayed.run([call(1, **more)])
        assert found.ruled == ruled, (more, found.messages)


async def test_without_effects_the_ledger_alone_counts(pool: Pool, policies: FilePolicies, run: Run) -> None:
    before = await run("select * from wallets.wallets order by 1")
    found = await CallReplay(pool, business, policies, Consents([]), effects=False).run([call(n) for n in (1, 2, 3)])
    assert [one.ruled for one in found] == ["allow", "allow", "approve"]
    assert await run("select * from wallets.wallets order by 1") == before


async def test_customers_that_nobody_knows_are_all_said_before_anything_is_ruled_on(
    pool: Pool, policies: FilePolicies
) -> None:
    calls = [call(2, customer="C-8", case="x"), call(5, customer="C-9", case="y"), call(4, customer="C-9", case="y")]
    with pytest.raises(InvalidInput) as refused:
        await CallReplay(pool, business, policies, Consents([])).refuse_strangers(calls, "f")
    said = str(refused.value).splitlines()
    assert said[:2] == ["f:2: customer: 'C-8' is no customer of wallets.", "f:4: customer: 'C-9' is no customer of wallets."]
