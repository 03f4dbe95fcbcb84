"""What a shadow's process may do, and what it cannot: a real record and model, and a process that does as it is told."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from handrail.clock import SystemClock
from handrail.domain.autonomy.controls import ControlRequest, Scope, ScopeKind
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.rollout.ramps import place_of
from handrail.domain.rollout.shadows import Shadow, ShadowBudget, ShadowCandidate, StepOfShadow
from handrail.embedded.model import OfflineModel
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.quality.shadows import PostgresShadows
from handrail.quality.shadow.runner import ShadowRunner
from handrail.settings import Settings
from handrail.shop import business as shop
from handrail.wiring.days.shadowing import runner_over
from tests.postgres.build import opening
from tests.postgres.conftest import Run
from tests.postgres.wallets import business
from tests.support.house import wait_for

EVERYTHING = Scope(kind=ScopeKind.GLOBAL)
PRETENDER = (sys.executable, "-m", "tests.support.pretender")
PARTS = ReleaseParts(model="m", prompts="p", policies="q", topics="t", graph="g", router="r")
UNTOUCHED = ("actions", "approvals", "audit", "messages", "turns", "case_event", "webhook_messages", "cases", "controls")


@pytest.fixture
def shadows(pool: Pool) -> PostgresShadows:
    return PostgresShadows(pool)


@asynccontextmanager
async def running(url: str, model: OfflineModel, seconds: float = 20) -> AsyncIterator[ShadowRunner]:
    settings = Settings(
        database_url=SecretStr(url),
        definitions=shop.folder,
        model=model.serves,
        OPENAI_BASE_URL=model.url,
        model_price_prompt=1_000.0,
    )
    world: Any = SimpleNamespace(business=business, clock=SystemClock())
    async with runner_over(settings, world, argv=PRETENDER, case_seconds=seconds) as runner:
        yield runner


def wanted(share: float = 100, **more: Any) -> Shadow:
    budget, candidate = more.pop("budget", ShadowBudget()), ShadowCandidate(model=more.pop("model", None), **more)
    return Shadow(release="new", base="old", parts=PARTS, candidate=candidate, share=share, budget=budget, owner="ann")


async def opened(cases: PostgresCases, *texts: str) -> list[str]:
    """Cases that begin with these words, in this order."""
    ids = []
    for number, text in enumerate(texts):
        ids.append(f"case-{number}")
        await cases.open(opening(ids[-1], text), SystemClock().now())
    return ids


async def counted(run: Run) -> dict[str, int]:
    return {name: (await run(f"select count(*) from handrail.{name}"))[0][0] for name in UNTOUCHED}


async def stand(run: Run) -> list[tuple[Any, ...]]:
    return await run("select case_id, state, why from handrail.shadow_answers order by case_id")


async def begun(run: Run) -> bool:
    return [state for _, state, _ in await stand(run)] == ["answered", "begun"]


async def told(shadows: PostgresShadows, shadow_id: int, case_id: str) -> list[dict[str, Any]]:
    """What the process was told in this case, as it repeats it."""
    found = next(one for one in await shadows.answers(shadow_id, 50) if one.case_id == case_id)
    assert found.answer is not None
    return list(json.loads(found.answer.reply or "[]"))


async def test_it_looks_up_and_nothing_else_and_leaves_no_trace(
    shadows: PostgresShadows, cases: PostgresCases, run: Run, database_url: str, offline_model: OfflineModel
) -> None:
    shadow = await shadows.start(wanted(), "")
    await opened(cases, "look", "take", "preview", "sneak", "ask")
    before, wallets = await counted(run), await run("select * from wallets.wallets order by 1")
    async with running(database_url, offline_model) as runner:
        assert await runner.look() is None
    assert [state for _, state, _ in await stand(run)] == ["answered"] * 5
    held = (await told(shadows, 1, "case-0"))[0]["body"]["balance"]
    assert held == next(balance for customer, balance in wallets if customer == "C-1")
    (refused,) = await told(shadows, 1, "case-1")
    assert "is no look-up of the serving business" in refused["words"]
    kept = {one.case_id: one.answer for one in await shadows.answers(shadow.shadow_id, 50)}
    assert (kept["case-1"] and kept["case-1"].refused) == ["pay"]
    (preview,) = await told(shadows, 1, "case-2")
    assert preview["body"]["title"] == "Pay 5 to ann"
    assert (await told(shadows, 1, "case-3"))[0]["refused"] == "BusinessFailed"
    assert (await told(shadows, 1, "case-4"))[0]["body"]["model"] == offline_model.serves
    assert await counted(run) == before
    assert await run("select * from wallets.wallets order by 1") == wallets
    assert await run("select count(*) from wallets.payments") == [(0,)]
    spent = await shadows.spent(None, 1)
    assert (spent.calls, spent.lookups) == (1, 4)
    assert spent.tokens > 0
    assert spent.usd > 0


async def test_it_stops_at_its_budget_and_says_so(
    shadows: PostgresShadows, cases: PostgresCases, run: Run, database_url: str, offline_model: OfflineModel
) -> None:
    await shadows.start(wanted(budget=ShadowBudget(calls=1)), "")
    await opened(cases, "ask twice", "ask")
    async with running(database_url, offline_model) as runner:
        words = await runner.look()
        assert words is not None
        assert "rests: the budget of" in words
        assert "1 of 1 calls" in words
        assert await runner.look() == words
    assert await stand(run) == [("case-0", "failed", "budget: 1 of 1 calls")]
    assert (await shadows.spent()).calls == 1
    assert [one.kind for one in await shadows.steps(1, 10)] == ["rest", "start"]
    # A shadow that is begun anew on the same day has not more to spend.
    await shadows.step((await shadows.steps(1, 1))[0].model_copy(update={"kind": StepOfShadow.STOP, "day": None}))
    await shadows.start(wanted(budget=ShadowBudget(calls=1)), "")
    await cases.open(opening("case-later", "ask"), SystemClock().now())
    async with running(database_url, offline_model) as runner:
        assert "1 of 1 calls" in str(await runner.look())


async def test_what_hangs_crashes_or_talks_nonsense_harms_nothing_and_ends_by_itself(
    shadows: PostgresShadows, cases: PostgresCases, run: Run, database_url: str, offline_model: OfflineModel
) -> None:
    await shadows.start(wanted(), "")
    await opened(cases, "crash", "nonsense", "look", "flood", "circle", "hang", "look")
    before = await counted(run)
    async with running(database_url, offline_model, seconds=1.5) as runner:
        words = await runner.look()
    assert words is not None
    assert "was stopped: 3 times in a row: hung" in words
    assert await counted(run) == before
    states = [(state, why.partition(":")[0]) for _, state, why in await stand(run)]
    assert states == [
        ("failed", "crashed"),
        ("failed", "crashed"),
        ("answered", ""),
        ("failed", "crashed"),
        ("failed", "hung"),
        ("failed", "3 times in a row"),
    ]
    found = await shadows.latest()
    assert found is not None
    assert not found.going
    assert (await shadows.steps(1, 1))[0].actor == "handrail"


async def test_a_candidate_that_cannot_be_loaded_is_stopped_at_once(
    shadows: PostgresShadows, cases: PostgresCases, run: Run, database_url: str, offline_model: OfflineModel
) -> None:
    await shadows.start(wanted(graph="broken"), "")
    await opened(cases, "look")
    async with running(database_url, offline_model) as runner:
        assert "no such graph" in str(await runner.look())
    assert [one.kind for one in await shadows.steps(1, 10)] == ["stop", "start"]


async def test_what_was_lost_with_its_worker_is_begun_once_more_and_paid_for(
    shadows: PostgresShadows, cases: PostgresCases, run: Run, database_url: str, offline_model: OfflineModel
) -> None:
    await shadows.start(wanted(), "")
    await opened(cases, "ask", "hang")
    async with running(database_url, offline_model) as runner:
        going = asyncio.create_task(runner.look())
        await wait_for(lambda: begun(run))
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going
    async with running(database_url, offline_model, seconds=0.5) as runner:
        await runner.look()
        await runner.look()
    assert await run("select case_id, tries, calls from handrail.shadow_answers order by 1") == [
        ("case-0", 1, 1),
        ("case-1", 2, 0),
    ]
    assert (await stand(run))[1][1:] == ("failed", "hung: no answer within 0.5 s")


async def test_one_worker_runs_it_and_none_while_the_agent_is_off(
    pool: Pool, shadows: PostgresShadows, cases: PostgresCases, run: Run, database_url: str, offline_model: OfflineModel
) -> None:
    await shadows.start(wanted(), "")
    await opened(cases, "look")
    controls = PostgresControls(pool, business)
    await controls.put(ControlRequest(scope=EVERYTHING, level=Autonomy.OFF, reason="stop", actor="ann"))
    async with running(database_url, offline_model) as runner:
        assert "switched off" in str(await runner.look())
        assert await stand(run) == []
        await controls.clear([str(EVERYTHING)], "mended", "ann")
        async with PostgresShadows(pool).alone() as mine:
            assert mine
            assert await runner.look() is None
        assert await stand(run) == []
        await runner.look()
        assert [state for _, state, _ in await stand(run)] == ["answered"]


async def test_the_share_is_by_hash_of_the_case_and_the_same_in_sql_and_python(
    shadows: PostgresShadows, cases: PostgresCases, run: Run
) -> None:
    shadow = await shadows.start(wanted(share=40, model="m-2"), "")
    ids = await opened(cases, *["look"] * 40)
    since = shadow.started_at or SystemClock().now()
    due = {one.case_id for one in await shadows.due(shadow, since, 100)}
    assert due == {one for one in ids if place_of(shadow.candidate.key, one) * 100 < 40}
    assert 0 < len(due) < 40
    assert await shadows.sampled(shadow) == len(due)
