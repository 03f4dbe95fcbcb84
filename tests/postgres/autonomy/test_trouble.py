"""Model trouble over the real wire and the real database: what steps down the ladder, what does not, and how far."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from handrail.domain.autonomy.controls import GLOBAL, Control, ControlRequest, ControlsInForce, Hand
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.errors import ModelFailed, ModelUnavailable, SwitchedOff
from handrail.domain.llm.agent import ModelRequest
from handrail.domain.llm.health import CallOutcome, CallTally, ModelLimits, trouble
from handrail.domain.llm.names import AcceptedName, Approved, Kin, Meaning, Meanings
from handrail.llm.chat import ChatModel
from handrail.llm.offline.wire import FINGERPRINT, OFFLINE_MODEL
from handrail.llm.server.cooldown import LOOK_SECONDS
from handrail.llm.server.health import CircuitBreaker
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.models import PostgresModels
from handrail.postgres.pool import Pool
from tests.postgres.conftest import Run
from tests.postgres.wallets import business
from tests.support.scripted import Scripted, asking

MINUTE = timedelta(minutes=1)
PATIENCE = 3.0
"""Seconds that a test waits for a server that hangs, and more than one that answers needs on a busy machine."""
SERVED = "handrail-offline-1 at the test's"
LIMITS = ModelLimits(cases=4, window=MINUTE, lasting=timedelta(minutes=15))
SAID = '{"reply": "On its way.", "confidence": 0.9, "disposition": "resolved"}'
GIT = ("0123456789" * 4, "abcdef0123" * 4)
"""Revisions of a model that is kept in Git."""
COMPLETION = {"choices": [{"message": {"role": "assistant", "content": SAID}, "finish_reason": "stop"}]}


class Seconds:
    """A clock that goes on two seconds, or `step`, at every look; one of step 0 stands still."""

    def __init__(self, step: float = 2) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture
def controls(pool: Pool) -> PostgresControls:
    return PostgresControls(pool, business)


class Model:
    """The client under a watch; `ask` tells whether an answer came."""

    def __init__(
        self,
        server: Scripted,
        controls: PostgresControls,
        limits: ModelLimits = LIMITS,
        approved: str = "",
        meanings: Meanings | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.record = PostgresModels(controls._pool)
        allowed = Approved.read(approved, OFFLINE_MODEL)
        watch = CircuitBreaker(
            controls, controls, self.record, limits, allowed, meanings, served=SERVED, clock=clock or Seconds()
        )
        self.chat = ChatModel(model=OFFLINE_MODEL, base_url=server.url, timeout_seconds=PATIENCE, watch=watch)
        self.cases = 0

    async def ask(self, times: int = 1, case_id: str = "") -> list[bool]:
        """Each time for another case, or all for this one."""
        return [await self._once(case_id) for _ in range(times)]

    async def _once(self, case_id: str) -> bool:
        self.cases += 1
        try:
            await self.chat.complete(asked(case_id or f"K-{self.cases}"))
        except ModelFailed:
            return False
        return True


@pytest.fixture
async def model(server: Scripted, controls: PostgresControls) -> AsyncIterator[Model]:
    made = Model(server, controls)
    yield made
    await made.chat.aclose()


def asked(case_id: str = "K-1") -> ModelRequest:
    return asking("Where is my order?", case_id=case_id)


def levels(found: list[Control]) -> list[tuple[Autonomy, str]]:
    return [(one.level, one.actor) for one in found]


async def test_failures_of_every_kind_step_down_once_a_window_and_say_so(
    server: Scripted, controls: PostgresControls, model: Model
) -> None:
    for behaviour in ({"status": 429}, {"status": 503}, {"drop": True}, {"hang": True}, {"page": True}):
        server.script(behaviour)
    assert await model.ask(3) == [False] * 3
    assert await controls.in_force() == [], "three cases prove nothing"
    assert await model.ask(3) == [False, False, True]
    (control,) = await controls.in_force()
    assert levels([control]) == [(Autonomy.REVIEW, "handrail")]
    assert control.reason == "model trouble: the model failed in 4 of 4 cases in 60 s"
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
    with pytest.raises(SwitchedOff, match=r"by handrail .* the model failed in "):
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
    assert control.reason == "model trouble: the model took longer than 1 s in 4 of 4 cases in 60 s"
    await model.chat.aclose()


async def test_one_customers_repeated_calls_are_one_case(server: Scripted, controls: PostgresControls, model: Model) -> None:
    server.script({"status": 503}, times=12)
    assert await model.ask(12, "K-sad") == [False] * 12
    assert await model.ask(3) == [True] * 3
    assert await controls.in_force() == []
    assert await model.record.note(SERVED, [], MINUTE) == CallTally(cases=4, failed=1)


async def test_a_case_counts_by_its_latest_call_over_all_workers(controls: PostgresControls, run: Run) -> None:
    record = PostgresModels(controls._pool)
    await record.note(
        SERVED, [CallOutcome(case_id="a", age=9, failed=True), CallOutcome(case_id="b", age=9, failed=True)], MINUTE
    )
    later = [CallOutcome(case_id="a", age=1, name="m"), CallOutcome(case_id="c", age=2, slow=True, name="m")]
    assert await record.note(SERVED, later, MINUTE) == CallTally(cases=3, failed=1, slow=1)
    stale = [CallOutcome(case_id="a", age=30, failed=True)]
    assert await record.note(SERVED, stale, MINUTE) == CallTally(cases=3, failed=1, slow=1), "an older call changes nothing"
    assert await record.note("another", [], MINUTE) == CallTally()
    assert await record.note(SERVED, [], timedelta(seconds=5)) == CallTally(cases=2, slow=1)
    many = [CallOutcome(case_id=f"old-{n:04d}", age=90_000 + n) for n in range(300)]
    await record.note(SERVED, many, MINUTE)
    assert await run("SELECT count(*) FROM handrail.model_calls") == [(101,)]


@pytest.mark.parametrize(
    ("approved", "behaviour", "words"),
    [
        ("", {"model": "somebody-else-9"}, "the model answers as 'somebody-else-9', known are 'handrail-offline-1'"),
        (f"{OFFLINE_MODEL}@fp_wanted", {}, f"'{OFFLINE_MODEL}' with fingerprint '{FINGERPRINT}', approved are"),
    ],
)
async def test_an_answer_of_another_model_counts_only_under_review(
    server: Scripted, controls: PostgresControls, approved: str, behaviour: dict[str, Any], words: str
) -> None:
    model = Model(server, controls, approved=approved)
    if behaviour:
        assert await model.ask() == [True]
        server.script(behaviour, times=None)
    assert await model.ask(2) == [True] * 2
    assert await model.ask(5, "K-2") == [True] * 5
    assert await controls.in_force() == [], "two cases prove nothing"
    assert await model.ask() == [True]
    (control,) = await controls.in_force()
    assert levels([control]) == [(Autonomy.REVIEW, "handrail")]
    assert words in control.reason
    assert await model.ask(3) == [True] * 3
    assert len(await controls.history(10)) == 1, "a step a window"
    await controls.clear(["global"], "it is fine", "ann")
    assert await model.ask() == [True]
    assert len(await controls.in_force()) == 1, "what is not approved is never alone"
    (noticed,) = [one for one in await model.record.notices(10) if one.kin is Kin.OTHER]
    assert (noticed.accepted, noticed.served) == (False, SERVED)
    assert words in noticed.words
    await controls.clear(["global"], "it is fine", "ann")
    await model.record.accept(SERVED, noticed.model_copy(update={"accepted": True, "actor": "ann", "words": "It is fine."}))
    assert await model.ask(3) == [True] * 3
    assert await controls.in_force() == [], "a person accepted it"
    await model.chat.aclose()


async def test_one_odd_answer_is_no_change(server: Scripted, controls: PostgresControls, model: Model) -> None:
    for odd in (1, 2, 1):
        assert await model.ask(4) == [True] * 4
        server.script({"model": "fallback-7b"}, times=odd)
        assert await model.ask(odd) == [True] * odd
    assert await controls.in_force() == []
    assert [one.kin for one in await model.record.notices(10)] == [Kin.FIRST]


@pytest.mark.parametrize(
    "said", ["openai/handrail-offline-1", "Handrail-Offline-1", "handrail-offline-1:latest", "", "prod-eu"]
)
async def test_a_name_of_its_own_steps_nothing_down(
    server: Scripted, controls: PostgresControls, model: Model, said: str
) -> None:
    server.script({"body": {**COMPLETION, "model": said}}, times=None)
    assert await model.ask(8) == [True] * 8
    assert await controls.in_force() == []
    assert [(one.name, one.kin) for one in await model.record.notices(10)] == ([(said, Kin.FIRST)] if said else [])


@pytest.mark.parametrize(
    ("meaning", "kin", "level"),
    [
        (Meaning.IGNORE, Kin.VERSION, None),
        (Meaning.TELL, Kin.VERSION, None),
        (Meaning.REVIEW, Kin.VERSION, Autonomy.REVIEW),
        (Meaning.IGNORE, Kin.OTHER, None),
        (Meaning.TELL, Kin.OTHER, None),
        (Meaning.REVIEW, Kin.OTHER, Autonomy.REVIEW),
    ],
)
async def test_the_owner_says_what_a_change_means(
    server: Scripted,
    controls: PostgresControls,
    meaning: Meaning,
    kin: Kin,
    level: Autonomy | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    meanings = Meanings(other=meaning, version=meaning)
    model = Model(server, controls, meanings=meanings)
    server.script({"model": "handrail-offline-1-2026-01-05"}, times=2)
    assert await model.ask(2) == [True] * 2
    later = "handrail-offline-1-2026-03-01" if kin is Kin.VERSION else "somebody-else-9"
    server.script({"model": later}, times=None)
    caplog.clear()
    assert await model.ask(6) == [True] * 6
    assert [one.level for one in await controls.in_force()] == ([level] if level else [])
    changes = [one for one in await model.record.notices(10) if one.kin is kin]
    assert [(one.name, one.accepted) for one in changes] == [(later, meaning is not Meaning.REVIEW)]
    told = [one.message for one in caplog.records if one.levelno >= logging.WARNING]
    assert any(f"answers as '{later}'" in one for one in told) is (meaning is not Meaning.IGNORE)
    await model.chat.aclose()


async def test_a_pause_is_kept_by_every_worker_and_costs_no_call(server: Scripted, controls: PostgresControls) -> None:
    clock = Seconds(0)
    here, there = Model(server, controls, clock=clock), Model(server, controls, clock=clock)
    server.script({"status": 429, "retry_after": 60})
    assert await here.ask() == [False]
    sent = len(server.asked())
    for model in (here, there):
        for case in ("K-a", "K-b"):
            with pytest.raises(ModelUnavailable, match="nothing was sent") as waiting:
                await model.chat.complete(asked(case))
            assert not waiting.value.sent
            assert waiting.value.wait is not None
            assert 0 < waiting.value.wait <= 60
    assert len(server.asked()) == sent
    assert await here.record.note(SERVED, [], MINUTE) == CallTally(), "who waits as asked is in no trouble"
    (pause,) = await here.record.pauses()
    assert pause.served == SERVED
    await here.record.end_pauses("a test", "ann")
    clock.now += LOOK_SECONDS
    assert await there.ask() == [True]
    for model in (here, there):
        await model.chat.aclose()


async def test_a_busy_server_steps_nothing_down(server: Scripted, controls: PostgresControls, model: Model) -> None:
    for _ in range(2 * LIMITS.cases):
        server.script({"status": 429, "retry_after": 60})
        assert await model.ask() == [False]
        await model.record.end_pauses("a test", "ann")
    assert await controls.in_force() == []
    assert await model.record.note(SERVED, [], MINUTE) == CallTally()
    server.script({"status": 429}, times=LIMITS.cases)
    assert await model.ask(LIMITS.cases) == [False] * LIMITS.cases
    assert levels(await controls.in_force()) == [(Autonomy.REVIEW, "handrail")], "one that asks for nothing may be broken"


async def test_no_pause_is_for_ever(server: Scripted, controls: PostgresControls, model: Model) -> None:
    server.script({"status": 503, "headers": {"Retry-After": "99999999"}})
    assert await model.ask() == [False]
    assert 3_500 < await model.record.paused(SERVED) <= 3_600


async def test_a_healthy_model_is_hardly_written_about(server: Scripted, controls: PostgresControls, run: Run) -> None:
    clock = Seconds(0.5)
    told: list[int] = []

    class Counting(PostgresModels):
        async def note(self, served: str, heard: Sequence[CallOutcome], window: timedelta) -> CallTally:
            told.append(len(heard))
            return await super().note(served, heard, window)

    watch = CircuitBreaker(
        controls, controls, Counting(controls._pool), LIMITS, Approved.read("", OFFLINE_MODEL), served=SERVED, clock=clock
    )
    chat = ChatModel(model=OFFLINE_MODEL, base_url=server.url, watch=watch)
    for number in range(12):
        await chat.complete(asked(f"K-{number}"))
    await chat.aclose()
    assert len(told) < 6
    (row,) = await run("SELECT count(*), bool_or(failed) FROM handrail.model_calls")
    assert row == (sum(told), False)


async def test_a_switch_stops_the_second_try_of_a_call_as_well(server: Scripted, controls: PostgresControls) -> None:
    class Thrown(PostgresControls):
        asked = 0

        async def over(self, topic: str, customer_id: str) -> ControlsInForce:
            self.asked += 1
            if self.asked == 2:
                await self.put(ControlRequest(scope=GLOBAL, level=Autonomy.OFF, hand=Hand.PERSON, reason="now", actor="ann"))
            return await super().over(topic, customer_id)

    thrown = Thrown(controls._pool, business)
    watch = CircuitBreaker(thrown, thrown, PostgresModels(controls._pool), LIMITS, Approved.read("", OFFLINE_MODEL))
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
        (CallTally(cases=3, failed=3), None),
        (CallTally(cases=10, failed=4), None),
        (CallTally(cases=10, failed=5), "the model failed in 5 of 10 cases in 60 s"),
        (CallTally(cases=40, slow=2), None),
        (CallTally(cases=40, slow=3), "the model took longer than 20 s in 3 of 40 cases in 60 s"),
        (CallTally(cases=10, slow=1), None),
    ],
)
def test_what_counts_as_trouble(tally: CallTally, words: str | None) -> None:
    assert trouble(tally, LIMITS) == words


@pytest.mark.parametrize(
    ("listed", "model", "fingerprint", "fine"),
    [
        ("gpt-5-mini", "gpt-5-mini", None, True),
        ("gpt-5-mini", "gpt-5-mini-2025-08-07", "fp_1", True),
        ("gpt-5-mini", "openai/gpt-5-mini", None, True),
        ("gpt-5-mini", "GPT-5-Mini:latest", None, True),
        ("azure/gpt-5-mini", "gpt-5-mini-latest", None, True),
        ("gpt-5-mini", "gpt-5-mini-nano", None, False),
        ("gpt-5-mini", "gpt-5", None, False),
        ("meta/llama-3", "somebody/llama-3", None, False),
        ("gpt-5-mini-2025-08-07", "gpt-5-mini", None, False),
        ("gpt-5-mini-2025-08-07", "gpt-5-mini-2025-09-01", None, False),
        ("gpt-5-mini-2025-08-07", "openai/GPT-5-mini-2025-08-07", None, True),
        ("acme/support", "acme/support@main", None, True),
        ("acme/support@main", "acme/support@main", None, True),
        ("acme/support", f"acme/support@{GIT[0]}", None, True),
        (f"acme/support@{GIT[0]}", f"acme/support@{GIT[1]}", None, False),
        ("acme/support", "acme/support@experiment", None, False),
        ("claude@20240620", "claude@20240620", None, True),
        ("claude@20240620", "claude-20241022", None, False),
        ("a, gpt-5-mini@fp_1 ,b", "gpt-5-mini", "fp_1", True),
        ("gpt-5-mini@fp_1", "gpt-5-mini", "fp_2", False),
        ("gpt-5-mini@fp_1", "gpt-5-mini", None, False),
        ("", "whatever-is-seen-first", None, True),
    ],
)
def test_which_models_are_approved(listed: str, model: str, fingerprint: str | None, fine: bool) -> None:
    assert (Approved.read(listed, "gpt-5-mini").kin(model, fingerprint, []) is Kin.FIRST) is fine


@pytest.mark.parametrize(
    ("known", "model", "kin"),
    [
        (["gpt-5-mini-2025-08-07"], "gpt-5-mini-2025-08-07", Kin.SAME),
        (["gpt-5-mini-2025-08-07"], "openai/gpt-5-mini", Kin.SAME),
        (["gpt-5-mini-2025-08-07"], "gpt-5-mini-2026-01-01", Kin.VERSION),
        (["gpt-5-mini"], "gpt-5-mini-2026-01-01", Kin.SAME),
        (["gpt-5-mini", "gpt-5-mini-2025-08-07"], "gpt-5-mini-2026-01-01", Kin.VERSION),
        (["gpt-5-mini-2025-08-07", "gpt-5-mini-2026-01-01"], "gpt-5-mini-2025-08-07", Kin.SAME),
        (["gpt-5-mini"], "gpt-5", Kin.OTHER),
        (["prod-eu"], "prod-us", Kin.OTHER),
        (["fallback-7b"], "gpt-5-mini-2025-08-07", Kin.SAME),
        (["mistral-large-2411"], "mistral-large-2502", Kin.VERSION),
        (["gpt-4-0125-preview"], "gpt-4-1106-preview", Kin.VERSION),
        (["gemini-1.5-pro-001"], "models/gemini-1.5-pro-002", Kin.VERSION),
        (["llama3.1:8b"], "llama3.1:70b", Kin.OTHER),
        (["acme/support"], "acme/support@main", Kin.SAME),
        (["acme/support@main"], "/models/acme/support@main", Kin.SAME),
        ([f"acme/support@{GIT[0]}"], f"acme/support@{GIT[1]}", Kin.VERSION),
    ],
)
def test_what_a_name_is_to_those_that_are_known(known: list[str], model: str, kin: Kin) -> None:
    assert Approved.read("", "gpt-5-mini").kin(model, None, [AcceptedName(name=one) for one in known]) is kin


def test_a_list_of_plain_names_notices_dates_and_a_person_may_accept_more() -> None:
    approved = Approved.read("gpt-5, gpt-5-mini", "gpt-5-mini")
    known = [AcceptedName(name="gpt-5-mini-2025-08-07")]
    assert approved.kin("gpt-5-mini-2026-01-01", None, known) is Kin.VERSION
    assert approved.kin("gpt-5-2025-08-07", None, known) is Kin.SAME
    assert approved.kin("llama-3", None, [*known, AcceptedName(name="llama-3")]) is Kin.OTHER, "the list has been made shorter"
    assert approved.kin("llama-3", None, [*known, AcceptedName(name="llama-3", by_person=True)]) is Kin.SAME
