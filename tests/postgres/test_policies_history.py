"""History is counted from the ledger for any business, and recorded proposals are ruled on again as they were."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import CaseStatus, Commit, RuledProposal
from handrail.domain.policy.facts import WINDOWS
from handrail.policies.loader import FilePolicies
from handrail.postgres.business.history import PostgresHistory
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.proposals import PostgresProposals
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, FixedClock, approval, decided, effect, opening, proposal, row, ruling
from tests.postgres.conftest import Run
from tests.postgres.wallets import business as wallets

BUSINESS = dataclasses.replace(
    wallets, tools=tuple(dataclasses.replace(one, sums=("amount",)) if one.name == "pay" else one for one in wallets.tools)
)


@pytest.fixture
def history(pool: Pool) -> PostgresHistory:
    return PostgresHistory(pool, BUSINESS, FixedClock())


async def opened(cases: PostgresCases, case_id: str, customer_id: str = "C-1") -> None:
    await cases.open(opening(case_id, customer_id=customer_id), NOON)


async def paid(cases: PostgresCases, record: PostgresRecord, case_id: str, effect_id: str, amount: int, **more: Any) -> None:
    arguments = {"amount": amount, "receiver": "ann"}
    wanted = row(1, case_id, content_digest=opening(case_id, **more).content_digest(), **more)
    await cases.commit(Commit(row=wanted, rulings=ruling(Ruling.ALLOW, effect_id=effect_id, arguments=arguments).rulings))
    await record.apply(effect(effect_id, arguments, case_id=case_id, **more))


async def of(history: PostgresHistory, *leaving_out: str, case_id: str = "now") -> dict[str, Any]:
    found = await history.of(case_id, "C-1", leaving_out)
    return {name.removeprefix("history."): value for name, value in found.items() if value != 0}


async def test_applied_effects_count_in_their_windows_and_only_for_their_customer(
    cases: PostgresCases, record: PostgresRecord, history: PostgresHistory, run: Run
) -> None:
    assert await of(history) == {}
    ages = {"e-1": timedelta(minutes=5), "e-2": timedelta(hours=30), "e-3": timedelta(days=40), "e-4": timedelta(days=400)}
    for number, (effect_id, age) in enumerate(ages.items()):
        case_id = "now" if number == 3 else f"case-{number}"
        await opened(cases, case_id)
        await paid(cases, record, case_id, effect_id, 10 + number)
        await run("ALTER TABLE handrail.actions DISABLE TRIGGER actions_happen_once")
        await run("UPDATE handrail.actions SET applied_at = %s WHERE effect_id = %s", NOON - age, effect_id)
    await opened(cases, "other", "C-2")
    await paid(cases, record, "other", "e-9", 99, customer_id="C-2")
    counts = {window: (await of(history)).get(f"pay.count_{window}", 0) for window in WINDOWS}
    assert counts == {"case": 1, "1h": 1, "24h": 1, "7d": 2, "30d": 2, "90d": 3, "365d": 3}
    found = await of(history)
    assert (found["pay.sum_amount_case"], found["pay.sum_amount_7d"], found["pay.sum_amount_90d"]) == (13, 21, 33)
    assert (await of(history, "e-1"))["pay.count_7d"] == 1
    assert not [name for name in found if name.startswith("pay_oddly")]


async def test_what_is_under_way_counts_until_it_is_refused_or_a_person_has_the_case(
    cases: PostgresCases, history: PostgresHistory, record: PostgresRecord
) -> None:
    await opened(cases, "case-1")
    digest = opening("case-1").content_digest()
    held = ruling(Ruling.REQUIRE_APPROVAL, content_digest=digest).rulings
    asked = approval()
    waiting = row(1, content_digest=digest, status=CaseStatus.AWAITING_APPROVAL)
    await cases.commit(Commit(row=waiting, rulings=held, approvals=[asked]))
    assert (await of(history))["pay.count_24h"] == 1
    assert (await of(history))["pay.sum_amount_24h"] == 100
    assert await of(history, "e-1") == {}
    rejected = decided(asked, DecisionKind.REJECT)
    await cases.commit(Commit(row=row(2, content_digest=digest), approvals=[rejected]))
    assert await of(history) == {}
    allowed = ruling(Ruling.ALLOW, effect_id="e-2").rulings
    await cases.commit(Commit(row=row(3, content_digest=digest), rulings=allowed))
    assert (await of(history))["pay.count_1h"] == 1
    await cases.commit(Commit(row=row(4, content_digest=digest, status=CaseStatus.WITH_HUMAN)))
    assert await of(history) == {}


async def test_what_is_under_way_counts_as_of_now_and_what_was_sent_as_of_when_it_was(
    cases: PostgresCases, history: PostgresHistory, run: Run
) -> None:
    """A payout that was ruled on three days ago, and approved and sent today."""
    await opened(cases, "case-1")
    digest = opening("case-1").content_digest()
    held = ruling(Ruling.REQUIRE_APPROVAL, content_digest=digest).rulings
    waiting = row(1, content_digest=digest, status=CaseStatus.AWAITING_APPROVAL)
    await cases.commit(Commit(row=waiting, rulings=held, approvals=[approval()]))
    await run("UPDATE handrail.actions SET ruled_at = clock_timestamp() - interval '3 days'")
    assert (await of(history))["pay.count_1h"] == 1
    yes = decided(approval(), DecisionKind.APPROVE)
    await cases.commit(Commit(row=row(2, content_digest=digest), approvals=[yes]))
    await run("INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-1')")
    await cases.commit(Commit(row=row(3, content_digest=digest, status=CaseStatus.WITH_HUMAN)))
    found = await of(history)
    assert (found["pay.count_1h"], found["pay.sum_amount_24h"]) == (1, 100)
    await run("UPDATE handrail.effect_attempts SET begun_at = clock_timestamp() - interval '30 hours'")
    found = await of(history)
    assert (found.get("pay.count_24h"), found["pay.count_7d"]) == (None, 1)


async def test_a_sum_over_what_is_no_number_is_not_available(
    cases: PostgresCases, record: PostgresRecord, history: PostgresHistory, run: Run
) -> None:
    await opened(cases, "case-1")
    await paid(cases, record, "case-1", "e-1", 10)
    await run("ALTER TABLE handrail.actions DISABLE TRIGGER actions_happen_once")
    await run("""UPDATE handrail.actions SET arguments = '{"amount": "ten"}'""")
    found = await of(history)
    assert (found["pay.count_30d"], found["pay.sum_amount_30d"]) == (1, None)


ONCE = """\
id: once
applies_to: [pay]
rules:
  default_action: allow
  rules:
    - {id: again, expression: history.pay.count_24h > 0, action: require_approval, message: m}
"""


async def test_of_cases_that_see_the_same_past_at_the_same_moment_one_acts(
    tmp_path: Path, cases: PostgresCases, record: PostgresRecord, history: PostgresHistory
) -> None:
    (tmp_path / "once.yaml").write_text(ONCE)
    policies = FilePolicies.of(tmp_path, BUSINESS)
    names = [f"case-{number}" for number in range(6)]
    for name in names:
        await opened(cases, name)
    seen = {name: await history.of(name, "C-1", [name]) for name in names}
    arguments = {"amount": 10, "receiver": "ann"}
    for name in names:
        wanted = proposal(name, arguments)
        ruled = RuledProposal(proposal=wanted, verdict=policies.rule(wanted, {"amount": 10, **seen[name]}))
        assert ruled.verdict.ruling is Ruling.ALLOW
        await cases.commit(Commit(row=row(1, name, content_digest=opening(name).content_digest()), rulings=[ruled]))
    done = await asyncio.gather(*(record.apply(effect(name, arguments, case_id=name)) for name in names))
    assert sorted(one.status for one in done) == ["applied", *["refused"] * 5]
    assert {one.code for one in done} == {None, "changed"}
    (message,) = {one.message for one in done if one.message}
    assert "history.pay.count_24h is 1, it was 0" in message


LIMIT = """\
id: pay_limit
applies_to: [pay]
rules:
  default_action: allow
  rules:
    - {id: large, expression: amount > LIMIT, action: ACTION, message: m}
    - {id: often, expression: history.pay.count_30d > 1, action: block, message: often}
"""


@pytest.fixture
async def recorded(tmp_path: Path, cases: PostgresCases) -> Path:
    """Three proposals as one set of policies ruled on them."""
    (tmp_path / "old.yaml").write_text(LIMIT.replace("LIMIT", "100").replace("ACTION", "require_approval"))
    policies = FilePolicies.of(tmp_path / "old.yaml", BUSINESS)
    for number, amount in enumerate((50, 150, 250)):
        case_id = f"case-{number}"
        await opened(cases, case_id)
        wanted = proposal(f"e-{number}", {"amount": amount, "receiver": "ann"})
        facts = {"amount": amount, "case.turn": 1, "history.pay.count_30d": 1}
        ruled = RuledProposal(proposal=wanted, verdict=policies.rule(wanted, facts))
        await cases.commit(Commit(row=row(1, case_id, content_digest=opening(case_id).content_digest()), rulings=[ruled]))
    return tmp_path


def printed(url: str, monkeypatch: pytest.MonkeyPatch, *words: object) -> Any:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", url)
    monkeypatch.setenv("HANDRAIL_BUSINESS", "tests.postgres.wallets")
    done = CliRunner().invoke(app, ["policy", *map(str, words), "--json"])
    assert done.exit_code == 0, done.stdout
    return json.loads(done.stdout)


async def test_the_newest_come_first_with_what_was_seen(recorded: Path, pool: Pool) -> None:
    found = await PostgresProposals(pool).newest(2)
    assert [one.proposal.proposal_id for one in found] == ["e-2", "e-1"]
    assert found[0].verdict.situation == {"case.turn": 1, "history.pay.count_30d": 1}
    assert [one.case_id for one in await PostgresProposals(pool).of_case("case-1")] == ["case-1"]


def test_a_replay_shows_what_an_edit_would_change(recorded: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (recorded / "new.yaml").write_text(LIMIT.replace("LIMIT", "200").replace("ACTION", "block").replace("> 1,", "> 5,"))
    made = printed(database_url, monkeypatch, "diff", recorded / "old.yaml", recorded / "new.yaml", "--replay", "--last", 10)
    assert [(one["rule"], one["what"]) for one in made["changes"]] == [("large", "changed"), ("often", "changed")]
    replay = made["replay"]
    assert {name: replay[name] for name in ("proposals", "same", "stricter", "looser", "otherwise")} == {
        "proposals": 3, "same": 1, "stricter": 1, "looser": 1, "otherwise": 0
    }  # fmt: skip
    assert [(one["case_id"], one["old"]["ruling"], one["new"]["ruling"]) for one in replay["changed"]] == [
        ("case-2", "require_approval", "block"),
        ("case-1", "require_approval", "allow"),
    ]
    assert replay["changed"][0]["new"]["rules"] == ["pay_limit/large"]


def test_a_case_is_explained_then_and_now(recorded: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (recorded / "policies").mkdir()
    (recorded / "policies" / "pay.yaml").write_text(LIMIT.replace("LIMIT", "10").replace("ACTION", "block"))
    monkeypatch.setenv("HANDRAIL_DEFINITIONS", str(recorded))
    (one,) = printed(database_url, monkeypatch, "explain", "case-0")["proposals"]
    assert (one["then"]["ruling"], one["now"]["ruling"], one["same_version"]) == ("allow", "block", False)
    rules = {rule["rule"]: rule for rule in one["now"]["rules"]}
    assert (rules["large"]["state"], rules["large"]["values"]) == ("holds", {"amount": 50})
    assert (rules["often"]["state"], rules["often"]["values"]) == ("does_not_hold", {"history.pay.count_30d": 1})


def test_an_unknown_case_is_said(shop_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", shop_database_url)
    done = CliRunner().invoke(app, ["policy", "explain", "no-such-case"])
    assert (done.exit_code, "there is no case 'no-such-case'" in done.stderr) == (4, True)
