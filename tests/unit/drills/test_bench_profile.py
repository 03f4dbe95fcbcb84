"""The profile of the worker: whose a stack's processor time is, and that it sums up to all of it."""

from __future__ import annotations

import time
from threading import Event, Thread

import pytest

from handrail.drills.bench.profile.parts import CORE, LOOP, owner, shares
from handrail.drills.bench.profile.picture import svg
from handrail.drills.bench.profile.sampler import ELSEWHERE, Sampler


@pytest.mark.parametrize(
    ("stack", "part"),
    [
        ("asyncio.base_events;graphs.nodes.agent;psycopg.waiting;selectors", "PostgreSQL"),
        ("asyncio.base_events;graphs.nodes.guardrail;handrail.domain.text.figures.mentions", "reading text"),
        ("asyncio.base_events;graphs.nodes.guardrail;handrail.domain.actions.approvals", "nodes and domain"),
        ("langgraph.pregel;langchain_core.runnables.config", "LangGraph"),
        ("langgraph.pregel;graphs.nodes.agent;langchain_core.language_models.chat_models;re", "model client"),
        ("temporalio.worker;pydantic.main", "models and JSON"),
        ("asyncio.base_events;asyncio.events", LOOP),
        ("graphsomething.else", LOOP),
        (ELSEWHERE, CORE),
    ],
)
def test_a_stack_belongs_to_its_innermost_part(stack: str, part: str) -> None:
    assert owner(stack) == part


def test_the_parts_sum_up_and_what_was_not_seen_is_spread() -> None:
    found = shares({"graphs.nodes.act": 3.0, "psycopg.waiting": 1.0, "asyncio.base_events;selectors": 2.0, ELSEWHERE: 4.0}, 10)
    assert {one.part: one.ms for one in found} == pytest.approx({"nodes and domain": 450, "PostgreSQL": 150, CORE: 400})
    assert sum(one.share for one in found) == pytest.approx(1)


def test_a_worker_that_did_nothing_has_no_parts() -> None:
    assert shares({}, 10) == []


def test_processor_time_is_found_where_it_was_spent() -> None:
    enough = Event()

    def burn() -> None:
        while not enough.is_set():
            sum(range(2_000))

    sampler, busy = Sampler(), Thread(target=burn)
    sampler.start()
    busy.start()
    began, deadline = time.process_time(), time.monotonic() + 60
    while time.process_time() - began < 0.3 and time.monotonic() < deadline:
        enough.wait(0.01)
    enough.set()
    busy.join()
    found = sampler.end()
    here = sum(seconds for stack, seconds in found.items() if stack.endswith(__name__))
    assert here > 0.5 * sum(found.values())


def test_the_picture_has_a_bar_for_each_part() -> None:
    picture = svg(shares({"graphs.nodes.act": 3.0, "psycopg.waiting": 1.0}, 100))
    assert "40.0 ms of processor time" in picture
    assert "30.0 ms, 75%" in picture
    assert picture.count("<rect") == 3
