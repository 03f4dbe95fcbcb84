"""Model trouble over the real wire and the real database: what steps down the ladder, what does not, and how far."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handrail.domain.agent import ModelRequest
from handrail.domain.controls import GLOBAL, Control, Hand, Standing, Wanted
from handrail.domain.errors import ModelFailed, SwitchedOff
from handrail.domain.topics import Autonomy
from handrail.domain.trouble import Approved, Limits, Tally, trouble
from handrail.llm.chat import ChatModel
from handrail.llm.health import Watch
from handrail.llm.offline.wire import FINGERPRINT, OFFLINE_MODEL
from handrail.postgres.controls import PostgresControls
from handrail.postgres.pool import Pool
from tests.graphs.scripted import Scripted, asking, scripted
from tests.postgres.conftest import Run
from tests.postgres.wallets import business

MINUTE = timedelta(minutes=1)
LIMITS = Limits(calls=4, window=MINUTE, lasting=timedelta(minutes=15))


class Seconds:
    """A clock that goes on two seconds at every look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 2
        return self.now


@pytest.fixture(scope="module")
def running(servers: Path) -> Iterator[Scripted]:
    with scripted(servers) as server:
        yield server


@pytest.fixture
def server(running: Scripted) -> Scripted:
    running.clear()
    return running


@pytest.fixture
def controls(pool: Pool) -> PostgresControls:
    return PostgresControls(pool, business)


class Model:
    """The client under a watch; `ask` tells whether an answer came."""

    def __init__(self, server: Scripted, controls: PostgresControls, limits: Limits = LIMITS, approved: str = "") -> None:
        watch = Watch(controls, controls, limits, Approved.read(approved, OFFLINE_MODEL), Seconds())
        self.chat = ChatModel(model=OFFLINE_MODEL, base_url=server.url, timeout_seconds=0.5, watch=watch)

    async def ask(self, times: int = 1) -> list[bool]:
        return [await self._once() for _ in range(times)]

    async def _once(self) -> bool:
        try:
            await self.chat.complete(asked())
        except ModelFailed:
            return False
        return True


@pytest.fixture
async def model(server: Scripted, controls: PostgresControls) -> AsyncIterator[Model]:
    made = Model(server, controls)
    yield made
    await made.chat.aclose()


def asked() -> ModelRequest:
    return asking("Where is my order?")


def levels(found: list[Control]) -> list[tuple[Autonomy, str]]:
    return [(one.level, one.actor) for one in found]


async def test_failures_of_every_kind_step_down_once_a_window_and_say_so(
    server: Scripted, controls: PostgresControls, model: Model
) -> None:
    for behaviour in ({"status": 429}, {"status": 503}, {"drop": True}, {"hang": True}, {"page": True}):
        server.script(behaviour)
    assert await model.ask(3) == [False] * 3
    assert await controls.in_force() == [], "three calls prove nothing"
    assert await model.ask(3) == [False, False, True]
    (control,) = await controls.in_force()
    assert levels([control]) == [(Autonomy.REVIEW, "handrail")]
    assert control.reason == "model trouble: 4 of 4 model calls in 60 s failed"
    assert control.expires_at


async def test_a_single_failure_does_nothing(server: Scripted, controls: PostgresControls, model: Model) -> None:
    assert await model.ask(4) == [True] * 4
    server.script({"status": 500})
    assert await model.ask(4) == [False, True, True, True]
    assert await controls.in_force() == []


async def test_trouble_that_goes_on_goes_down_to_off_and_then_nothing_is_sent(
    server: Scripted, controls: PostgresControls
) -> None:
    model = Model(server, controls, LIMITS.model_copy(update={"window": timedelta(seconds=30)}))
    server.script({"status": 500}, times=None)
    for expected, calls in ((Autonomy.REVIEW, 4), (Autonomy.DRAFT, 1), (Autonomy.OFF, 1)):
        await model.ask(calls)
        assert [level for level, _ in levels(await controls.in_force())] == [expected]
        await age(controls, timedelta(minutes=1))
    before = len(server.asked())
    with pytest.raises(SwitchedOff, match=r"by handrail .* failed\."):
        await model.chat.complete(asked())
    assert len(server.asked()) == before
    await model.chat.aclose()


async def age(controls: PostgresControls, by: timedelta) -> None:
    """Let the last step have been so long ago. History only grows, so that takes its trigger off for once."""
    async with controls._pool.connection() as connection, connection.transaction():
        await connection.execute(b"ALTER TABLE handrail.controls DISABLE TRIGGER controls_only_grow")
        await connection.execute(b"UPDATE handrail.controls SET set_at = set_at - %s", [by])
        await connection.execute(b"ALTER TABLE handrail.controls ENABLE TRIGGER controls_only_grow")


async def test_slow_answers_are_trouble(server: Scripted, controls: PostgresControls) -> None:
    model = Model(server, controls, LIMITS.model_copy(update={"slow": timedelta(seconds=1)}))
    assert await model.ask(4) == [True] * 4
    (control,) = await controls.in_force()
    assert control.reason == "model trouble: 4 of 4 model calls in 60 s took longer than 1 s"
    await model.chat.aclose()


@pytest.mark.parametrize(
    ("approved", "behaviour", "words"),
    [
        ("", {"model": "somebody-else-9"}, "the model answers as 'somebody-else-9', approved is handrail-offline-1"),
        (f"{OFFLINE_MODEL}@fp_wanted", {}, f"'{OFFLINE_MODEL}' with fingerprint '{FINGERPRINT}', approved are"),
    ],
)
async def test_an_answer_of_another_model_counts_only_under_review(
    server: Scripted, controls: PostgresControls, approved: str, behaviour: dict[str, Any], words: str
) -> None:
    model = Model(server, controls, approved=approved)
    if behaviour:
        server.script(behaviour, times=None)
    assert await model.ask() == [True]
    (control,) = await controls.in_force()
    assert levels([control]) == [(Autonomy.REVIEW, "handrail")]
    assert words in control.reason
    assert await model.ask(3) == [True] * 3
    assert len(await controls.history(10)) == 1, "a step a window"
    await controls.clear(["global"], "it is fine", "ann")
    assert await model.ask() == [True]
    assert len(await controls.in_force()) == 1, "what is not approved is never alone"
    await model.chat.aclose()


async def test_a_healthy_model_is_hardly_written_about(server: Scripted, controls: PostgresControls, run: Run) -> None:
    clock = Seconds()
    told: list[Tally] = []

    class Counting(PostgresControls):
        async def share(self, worker: str, tally: Tally, window: timedelta) -> Tally:
            told.append(tally)
            return await super().share(worker, tally, window)

    counting = Counting(controls._pool, business)
    watch = Watch(counting, counting, LIMITS, Approved.read("", OFFLINE_MODEL), clock)
    chat = ChatModel(model=OFFLINE_MODEL, base_url=server.url, watch=watch)
    for _ in range(8):
        await chat.complete(asked())
    await chat.aclose()
    assert len(told) < 6
    assert await run("SELECT calls, failed FROM handrail.model_health") == [(told[-1].calls, 0)]


async def test_a_switch_stops_the_second_try_of_a_call_as_well(server: Scripted, controls: PostgresControls) -> None:
    class Thrown(PostgresControls):
        asked = 0

        async def over(self, topic: str, customer_id: str) -> Standing:
            self.asked += 1
            if self.asked == 2:
                await self.put(Wanted(scope=GLOBAL, level=Autonomy.OFF, hand=Hand.PERSON, reason="now", actor="ann"))
            return await super().over(topic, customer_id)

    thrown = Thrown(controls._pool, business)
    watch = Watch(thrown, thrown, LIMITS, Approved.read("", OFFLINE_MODEL))
    chat = ChatModel(model=OFFLINE_MODEL, base_url=server.url, watch=watch)
    server.script({"malformed": True}, times=None)
    before = len(server.asked())
    with pytest.raises(SwitchedOff):
        await chat.complete(asked())
    assert len(server.asked()) == before + 1
    await chat.aclose()


@pytest.mark.parametrize(
    ("tally", "words"),
    [
        (Tally(calls=3, failed=3), None),
        (Tally(calls=10, failed=4), None),
        (Tally(calls=10, failed=5), "5 of 10 model calls in 60 s failed"),
        (Tally(calls=40, slow=2), None),
        (Tally(calls=40, slow=3), "3 of 40 model calls in 60 s took longer than 20 s"),
        (Tally(calls=10, slow=1), None),
    ],
)
def test_what_counts_as_trouble(tally: Tally, words: str | None) -> None:
    assert trouble(tally, LIMITS) == words


@pytest.mark.parametrize(
    ("listed", "model", "fingerprint", "fine"),
    [
        ("", "gpt-5-mini", None, True),
        ("", "gpt-5-mini-2025-08-07", "fp_1", True),
        ("", "gpt-5-mini-nano", None, False),
        ("", "gpt-5", None, False),
        ("", "", None, False),
        ("gpt-5-mini-2025-08-07", "gpt-5-mini", None, False),
        ("a, gpt-5-mini@fp_1 ,b", "gpt-5-mini", "fp_1", True),
        ("gpt-5-mini@fp_1", "gpt-5-mini", "fp_2", False),
        ("gpt-5-mini@fp_1", "gpt-5-mini", None, False),
    ],
)
def test_which_models_are_approved(listed: str, model: str, fingerprint: str | None, fine: bool) -> None:
    assert (Approved.read(listed, "gpt-5-mini").objection(model, fingerprint) is None) is fine
