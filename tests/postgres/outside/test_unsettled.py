"""An effect that another system may have made counts as made, until a person has looked and says what became of it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from handrail.business import Business
from handrail.cli.main import app
from handrail.domain.actions.proposals import Ruling
from handrail.domain.actions.unsettled import EffectFound, EffectSettled
from handrail.domain.errors import InvalidInput, OutcomeUnknown
from handrail.postgres.business.history import PostgresHistory
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.business.unsettled import UnsettledEffects
from handrail.postgres.case.audit import PostgresAudit
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, FixedClock, effect, ruling
from tests.postgres.conftest import Run
from tests.postgres.outside.test_outside_effects import CALLS, PAYS, approved, killed
from tests.support.outside.bookings import Hotel

NOW = timedelta(0)


@pytest.fixture
def tools(pool: Pool, outside: Business) -> PostgresRecord:
    return PostgresRecord(pool, outside, FixedClock())


@pytest.fixture
def effects(pool: Pool) -> UnsettledEffects:
    return UnsettledEffects(pool)


async def past(pool: Pool, outside: Business, name: str) -> Any:
    """What a policy of another case reads of the customer's past."""
    return (await PostgresHistory(pool, outside, FixedClock()).of("another", "C-1", []))[f"history.{name}"]


async def lost_call(cases: PostgresCases, hotel: Hotel, url: str, folder: Path) -> None:
    """A call that a person approved was made, and its answer is lost."""
    await approved(cases, "call_guest", CALLS)
    await killed(url, folder, hotel, "call_guest", CALLS)
    assert hotel.calls == ["B-1"]


@pytest.mark.parametrize("since", [Ruling.BLOCK, Ruling.REQUIRE_APPROVAL, Ruling.CONFIRM])
@pytest.mark.parametrize(("made", "status"), [(True, "applied"), (False, "refused")])
async def test_what_was_sent_is_settled_however_it_was_ruled_on_since(
    made: bool, status: str, since: Ruling, cases: PostgresCases, effects: UnsettledEffects, run: Run
) -> None:
    """A build before this ruled on it again with its turn, and a policy had become stricter: what was sent stays sent."""
    await cases.commit(ruling(Ruling.ALLOW))
    await run("INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-1')")
    await run("ALTER TABLE handrail.actions DISABLE TRIGGER actions_sent_as_ruled")
    await cases.commit(ruling(since, 2))
    (one,) = await effects.all(age=NOW)
    said = EffectFound(effect_id=one.effect_id, made=made, actor="ann", reason="The bank's list.")
    found = await effects.settle(said)
    assert (found.status, found.message) == (status, "The bank's list.")
    assert await effects.settle(said) == found
    assert await run("SELECT status, ruling FROM handrail.actions") == [(status, since)]
    assert await run("SELECT actor FROM handrail.audit WHERE action = %s", f"effect:{status}") == [("ann",)]


@pytest.mark.parametrize(("made", "status", "counted"), [(True, "applied", 1), (False, "refused", 0)])
async def test_what_was_sent_once_counts_until_somebody_says_what_became_of_it(
    made: bool,
    status: str,
    counted: int,
    cases: PostgresCases,
    pool: Pool,
    outside: Business,
    tools: PostgresRecord,
    effects: UnsettledEffects,
    hotel: Hotel,
    database_url: str,
    tmp_path: Path,
    run: Run,
) -> None:
    await lost_call(cases, hotel, database_url, tmp_path)
    await run("UPDATE handrail.cases SET status = 'WithHuman'")
    assert await past(pool, outside, "call_guest.count_24h") == 1
    assert await effects.all() == [], "it may still be under way"
    (one,) = await effects.all(age=NOW)
    assert (one.effect_id, one.case_id, one.status, one.action) == ("e-1", "case-1", "WithHuman", "call_guest")
    assert one.arguments == CALLS
    said = EffectFound(effect_id="e-1", made=made, actor="ann", reason="The hotel's list of calls, 10:05.")
    assert [one.effect_id for one in await effects.of("case-1")] == []
    found = await effects.settle(said)
    assert (found.status, found.arguments, found.message) == (status, CALLS, "The hotel's list of calls, 10:05.")
    assert await effects.all(age=NOW) == []
    assert await past(pool, outside, "call_guest.count_24h") == counted
    assert await cases.effects("case-1") == [found]
    assert await tools.apply(effect("e-1", CALLS, action="call_guest")) == found, "its first answer, ever after"
    assert hotel.calls == ["B-1"]
    noted = await run("SELECT actor, action, details ->> 'reason' FROM handrail.audit WHERE details ->> 'effect_id' = 'e-1'")
    assert noted[-1] == ("ann", f"effect:{status}", "The hotel's list of calls, 10:05.")
    assert await effects.settle(said) == found, "the same again"
    other = said.model_copy(update={"made": not made, "actor": "bea", "reason": "It was otherwise."})
    before = "was made" if made else "was not made"
    with pytest.raises(EffectSettled, match=rf"EFFECT_ID: ann has said before that 'e-1' {before}: The hotel's list of calls"):
        await effects.settle(other)


async def test_what_was_sent_under_a_key_and_not_answered_counts_and_is_not_made_again(
    cases: PostgresCases,
    pool: Pool,
    outside: Business,
    tools: PostgresRecord,
    effects: UnsettledEffects,
    hotel: Hotel,
    run: Run,
) -> None:
    await cases.commit(ruling(Ruling.ALLOW, action="refund_booking", arguments=PAYS))
    hotel.lose = 3
    with pytest.raises(OutcomeUnknown):
        await tools.apply(effect("e-1", PAYS, action="refund_booking"))
    await run("UPDATE handrail.cases SET status = 'WithHuman'")
    assert [one.effect_id for one in await effects.all(age=NOW)] == ["e-1"]
    assert await past(pool, outside, "refund_booking.count_24h") == 1
    with pytest.raises(OutcomeUnknown, match="it is not made again"):
        await tools.apply(effect("e-1", PAYS, action="refund_booking"))
    assert list(hotel.refunds) == ["e-1"]
    assert [one.effect_id for one in await effects.all(age=NOW)] == ["e-1"]
    await effects.settle(EffectFound(effect_id="e-1", made=True, actor="ann", reason="It is in the hotel's list."))
    async with PostgresAudit(pool).trail() as trail:
        assert await trail.unwitnessed() is None, "what somebody found out is witnessed by their entry"


async def test_an_effect_that_nobody_sent_cannot_be_settled(cases: PostgresCases, effects: UnsettledEffects, run: Run) -> None:
    await cases.commit(ruling(Ruling.ALLOW, action="refund_booking", arguments=PAYS))
    with pytest.raises(InvalidInput, match="does not wait to be settled"):
        await effects.settle(EffectFound(effect_id="e-1", made=True, actor="ann", reason="I say so."))
    assert await run("SELECT status FROM handrail.actions") == [("allowed",)]


@pytest.mark.parametrize("made", [True, False])
@pytest.mark.parametrize("before", ["it was proposed", "it was made"])
async def test_what_a_restored_ledger_lost_is_put_back_once(
    made: bool, before: str, cases: PostgresCases, tools: PostgresRecord, effects: UnsettledEffects, hotel: Hotel, run: Run
) -> None:
    await cases.commit(ruling(Ruling.ALLOW, action="refund_booking", arguments=PAYS))
    known = await tools.apply(effect("e-1", PAYS, action="refund_booking"))
    await run("ALTER TABLE handrail.actions DISABLE TRIGGER actions_stay_or_go")
    await run("DELETE FROM handrail.actions")
    if before == "it was made":
        await cases.commit(
            ruling(Ruling.REQUIRE_APPROVAL, action="refund_booking", arguments={**PAYS, "amount": 1}, version=2)
        )
    with pytest.raises(InvalidInput, match="case case-1 knows of no 'e-2' that was applied"):
        await effects.put_back("case-1", [known], "e-2", made=made, actor="ann", reason="Looked.")
    found = await effects.put_back("case-1", [known], "e-1", made=made, actor="ann", reason="The hotel's books.")
    assert (found.status, found.applied_at) == ("applied" if made else "refused", known.applied_at)
    assert found.result == (known.result if made else {})
    assert await cases.effects("case-1") == [found]
    with pytest.raises(InvalidInput, match="the ledger holds e-1"):
        await effects.put_back("case-1", [known], "e-1", made=made, actor="ann", reason="Again.")


@pytest.mark.usefixtures("outside")
async def test_the_commands(
    cases: PostgresCases, hotel: Hotel, database_url: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", database_url)
    monkeypatch.setenv("HANDRAIL_BUSINESS", "tests.postgres.wallets")
    await lost_call(cases, hotel, database_url, tmp_path)
    await run("UPDATE handrail.effect_attempts SET begun_at = %s", NOON)

    async def handrail(*words: str) -> tuple[int, str]:
        done = await asyncio.to_thread(CliRunner().invoke, app, ["effects", *words])
        return done.exit_code, done.output.strip()

    found = ("--reason", "Their list of calls.", "--actor", "ann")
    code, out = await handrail("unsettled", "--json")
    assert (code, [one["effect_id"] for one in json.loads(out)["unsettled"]]) == (0, ["e-1"])
    assert "call_guest(booking=B-1)" in (await handrail("unsettled"))[1]
    assert (await handrail("settle", "e-1", *found))[0] == 2
    assert await handrail("settle", "e-1", "--made", *found) == (0, "e-1: call_guest is applied, found by ann.")
    assert (await handrail("settle", "e-1", "--made", *found))[0] == 0
    assert (await handrail("settle", "e-1", "--not-made", *found))[0] == 3
    assert await handrail("unsettled") == (0, "Every effect is settled.")
