"""Canary prompts over the wire and the real record: a model that stays, another one behind its name, and what a hit does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from handrail.clock import SystemClock
from handrail.domain.autonomy.controls import GLOBAL, Control, ControlRequest, Hand
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.errors import InvalidInput, ModelUnavailable
from handrail.domain.llm.agent import Usage
from handrail.domain.quality.days import day_at
from handrail.domain.quality.judge.canary import CanaryAnswer, CanaryFile, CanaryPrompt
from handrail.domain.quality.watch.drift import AlarmKind
from handrail.llm.chat import ChatModel
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.restraint import restrain
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.canary import PostgresCanary
from handrail.postgres.quality.governor import PostgresGovernor
from handrail.quality.governor.govern import Governor
from handrail.quality.governor.loader import load_governor
from handrail.quality.judging.canary import CanaryStep
from handrail.quality.judging.loader import load_canary
from handrail.quality.judging.steps import CanaryOfDay
from handrail.shop import business as shop
from handrail.topics.dial import TopicDial
from handrail.topics.loader import FileTopics
from tests.postgres.quality.judges import DAY, Clock
from tests.postgres.wallets import business
from tests.support.scripted import Scripted, scripted

Run = Callable[..., Awaitable[list[tuple[Any, ...]]]]
FILE = load_canary(Path("/nowhere")).value.model_copy(update={"baseline_days": 2})
SMALL = CanaryFile(answers=2, baseline_days=2, prompts=[f"Write a sentence about {one}." for one in "abcde"])


@pytest.fixture(scope="module")
def known(servers: Path) -> Iterator[Scripted]:
    with scripted(servers, "--seed", "7") as running:
        yield running


@pytest.fixture(scope="module")
def other(servers: Path) -> Iterator[Scripted]:
    with scripted(servers, "--seed", "8", "--variant", "another") as running:
        yield running


@pytest.fixture
async def models(known: Scripted, other: Scripted) -> AsyncIterator[tuple[ChatModel, ChatModel]]:
    clients = known.model(), other.model()
    yield clients
    for client in clients:
        await client.aclose()


def step(pool: Pool, speaker: Any, file: CanaryFile = FILE) -> CanaryStep:
    record, alarms = PostgresCanary(pool), PostgresAlarms(pool)
    return CanaryStep(speaker, "m at there", record, alarms, Clock(), lambda: file, changes=unchanged)


async def unchanged(since: date, until: date) -> list[str]:
    return [f"release b in force on {until}, before a: model changed"]


async def held_back(controls: PostgresControls, level: Autonomy, reason: str) -> Control | None:
    """The restraint as the governor sets it."""
    return await controls.change(lambda connection, waited: restrain(connection, level, reason, "governor", waited=waited))


def later(days: int) -> date:
    return DAY + timedelta(days=days)


class Counted:
    """A model that counts what it is asked, and answers each prompt with its own words."""

    def __init__(self, words: str = "words") -> None:
        self.words, self.calls, self.dies_at = words, 0, 0

    async def speak(self, prompt: CanaryPrompt, temperature: float) -> CanaryAnswer:
        self.calls += 1
        if self.calls == self.dies_at:
            raise ConnectionAbortedError("killed")
        assert temperature == 1.0
        return CanaryAnswer(text=f"{self.words} {self.calls % 2}", model="m", usage=Usage(calls=1))


async def test_another_model_behind_the_name_is_an_alarm_and_sets_everything_to_review(
    pool: Pool, models: tuple[ChatModel, ChatModel]
) -> None:
    same, changed = models
    controls = PostgresControls(pool, business)
    topics = FileTopics(shop.folder / "topics", shop.by_name)
    rules = load_governor(Path("/nowhere")).value
    record, alarms = PostgresGovernor(pool, controls), PostgresAlarms(pool)
    governor = Governor(record, alarms, topics, TopicDial(controls), lambda: rules, SystemClock())

    @asynccontextmanager
    async def asked() -> AsyncIterator[CanaryStep]:
        yield step(pool, changed)

    first = await step(pool, same).watch(DAY)
    assert (first.hit, first.answers, first.p_day) == (False, 100, None)
    assert "No baseline is accepted" in first.words
    with pytest.raises(InvalidInput, match="1 days of m at there have all their 100 answers, a baseline needs 2"):
        await step(pool, same).accept(None, "tried", "ann")
    await step(pool, same).watch(later(1))
    baseline = await step(pool, same).accept(None, "tried", "ann")
    assert (baseline.since, baseline.until, baseline.answers, baseline.actor) == (DAY, later(1), 200, "ann")
    quiet = await step(pool, same).watch(later(2))
    assert (quiet.hit, await controls.in_force()) == (False, [])
    for number in (3, 4, 5):
        found = await CanaryOfDay(asked, Clock(), governor).run(day_at(later(number), "UTC"))
        if found.figures["hit"]:
            break
    assert found.figures["hit"], "noticed within three days"
    (raised,) = await alarms.open()
    assert (raised.kind, raised.detector, raised.topic) == (AlarmKind.CANARY, "canary", "")
    assert "handrail eval run" in raised.evidence.words
    assert raised.evidence.changes == [f"release b in force on {raised.day}, before a: model changed"]
    (held,) = await controls.in_force()
    assert (held.scope, held.level, held.hand, held.expires_at) == ("global", Autonomy.REVIEW, Hand.HANDRAIL, None)
    assert "the answers differ from those of 2026-05-04 to 2026-05-05" in held.reason
    assert f"handrail alarms show {raised.alarm_id}" in held.reason
    again = await CanaryOfDay(asked, Clock(), governor).run(day_at(later(6), "UTC"))
    assert (len(await alarms.open()), len(await controls.in_force())) == (1, 1), f"one alarm for one change: {again.words}"


async def test_killed_and_run_again_it_asks_for_what_is_missing(pool: Pool, run: Run) -> None:
    model = Counted()
    model.dies_at = 7
    with pytest.raises(ConnectionAbortedError):
        await step(pool, model, SMALL).watch(DAY)
    assert await run("SELECT count(*) FROM handrail.canary_answers") == [(6,)]
    found = await step(pool, model, SMALL).watch(DAY)
    assert (model.calls, found.answers) == (11, 10), "the one that died was never answered"
    assert await step(pool, model, SMALL).watch(DAY) == found
    assert model.calls == 11, "a day that was compared is told again"


async def test_other_prompts_are_another_canary(pool: Pool) -> None:
    model = Counted()
    for number in (0, 1):
        await step(pool, model, SMALL).watch(later(number))
    await step(pool, model, SMALL).accept(None, "tried", "ann")
    assert (await step(pool, model, SMALL).watch(later(2))).baseline_id is not None
    asked_otherwise = SMALL.model_copy(update={"prompts": [f"{one} Please." for one in SMALL.prompts]})
    found = await step(pool, model, asked_otherwise).watch(later(3))
    assert "No baseline is accepted" in found.words


async def test_the_models_server_is_waited_for_a_little(pool: Pool) -> None:
    slept: list[float] = []

    class Busy(Counted):
        async def speak(self, prompt: CanaryPrompt, temperature: float) -> CanaryAnswer:
            if not slept:
                raise ModelUnavailable("busy", 5.0)
            return await super().speak(prompt, temperature)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    record, alarms = PostgresCanary(pool), PostgresAlarms(pool)
    subject = CanaryStep(Busy(), "m", record, alarms, Clock(), lambda: SMALL, changes=unchanged, sleep=sleep)
    assert (await subject.watch(DAY)).answers == 10
    assert slept == [5.0]


async def test_a_restraint_never_loosens(pool: Pool) -> None:
    held = PostgresControls(pool, business)
    stricter = await held.step_down("trouble", pause=timedelta(0), lasting=timedelta(minutes=15))
    assert stricter is not None
    deeper = await held.step_down("trouble", pause=timedelta(0), lasting=timedelta(minutes=15))
    assert deeper is not None
    assert deeper.level is Autonomy.DRAFT
    assert await held_back(held, Autonomy.REVIEW, "canary") is not None
    (now,) = await held.in_force()
    assert now.level is Autonomy.DRAFT, "stricter for a time stays stricter for that time"
    assert now.expires_at is not None
    assert now.expires_at - deeper.set_at < timedelta(minutes=16)
    assert [one.level for one in await held.history(2)] == [Autonomy.DRAFT, Autonomy.REVIEW], "review stands behind it"


async def test_a_restraint_is_set_once_and_a_person_lifts_it(pool: Pool) -> None:
    held = PostgresControls(pool, business)
    assert await held_back(held, Autonomy.REVIEW, "x" * 900) is not None
    assert await held_back(held, Autonomy.REVIEW, "again") is None
    await held.put(ControlRequest(scope=GLOBAL, level=Autonomy.AUTO, reason="ours alone", actor="ann"))
    assert [one.level for one in await held.in_force()] == [Autonomy.REVIEW]
    cleared = await held.clear(["global"], "evaluated", "ann")
    assert len(cleared.lifted) == 1
    assert await held.in_force() == []
    assert await held_back(held, Autonomy.REVIEW, "the next day's hit") is not None
