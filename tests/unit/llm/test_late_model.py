"""A model that is built beside the work: calls wait for it, a failure is told and tried again."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import pytest

from handrail.domain.llm.agent import ModelRequest
from handrail.llm.server.late import LateModel

REQUEST = cast(ModelRequest, None)


class Fake:
    """Answers with its own name; counts how often it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    async def complete(self, request: ModelRequest) -> str:
        return "answer"

    async def consult(self, question: Any) -> str:
        return "opinion"

    async def aclose(self) -> None:
        self.closed += 1


async def test_it_is_built_once_and_in_a_thread() -> None:
    built: list[threading.Thread] = []
    fake = Fake()

    def make() -> Any:
        built.append(threading.current_thread())
        return fake

    model = LateModel(make)
    answers: Any = await asyncio.gather(model.complete(REQUEST), model.consult(cast(Any, None)), model.load())
    assert list(answers) == ["answer", "opinion", fake]
    assert len(built) == 1
    assert built[0] is not threading.main_thread()
    await model.aclose()
    assert fake.closed == 1


async def test_a_call_that_is_given_up_leaves_it_loading() -> None:
    go_on, count = threading.Event(), 0

    def make() -> Any:
        nonlocal count
        count += 1
        go_on.wait(10)
        return Fake()

    model = LateModel(make)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(model.complete(REQUEST), 0.05)
    go_on.set()
    assert cast(Any, await model.complete(REQUEST)) == "answer"
    assert count == 1


async def test_a_failure_is_told_and_the_next_call_tries_again() -> None:
    outcomes: list[Any] = [RuntimeError("no such model"), Fake()]

    def make() -> Any:
        found = outcomes.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    model = LateModel(make)
    with pytest.raises(RuntimeError, match="no such model"):
        await model.load()
    assert cast(Any, await model.complete(REQUEST)) == "answer"


async def test_what_was_never_loaded_is_closed_without_loading() -> None:
    def make() -> Any:
        raise AssertionError("nothing asked for it")

    await LateModel(make).aclose()
