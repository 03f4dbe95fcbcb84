"""A stack that is looked at: one trace from the HTTP request to the commit, figures that are collected, lines of logs.

What customers wrote, and who they are, stands in none of them.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from handrail.seeing.figures import catalogue
from handrail.seeing.traces import conventions as names
from tests.acceptance.killing import true
from tests.acceptance.watched_stack import Watched, fetched, watched
from tests.support.collecting import Collector, TakenSpan, collecting

MONITORING = Path(catalogue.__file__).parents[1] / "monitoring"
CANARY = "zephyrine quokka 4111 1111 1111 1111"
TRACE, REFUND = "0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319d"
CALLER = "00f067aa0ba902b7"
HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
SERVED = re.compile(r"\b((?:handrail|temporal)_\w+|up)\b")


@dataclass
class SeenStack(Watched):
    """A stack with a collector of its spans."""

    collector: Collector

    async def spans(self, trace: str, *wanted: str) -> list[TakenSpan]:
        """The spans of a trace, once these have come, and with each all those above it, up to the caller's.

        A span leaves its process when it has ended, and the one above it ends later, or in another process.
        """

        async def come() -> bool:
            spans = self.collector.of(trace)
            known = {one.name for one in spans}
            return known.issuperset(wanted) and all(way(spans, one)[0].parent == CALLER for one in wanted)

        await true(come)
        return self.collector.of(trace)


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
async def seen(servers: Path, collector: Collector) -> AsyncIterator[SeenStack]:
    sent = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    async with watched(servers / "seen", sent) as stack:
        yield SeenStack(stack.city, stack.backend, stack.worker, stack.api, collector)


def way(spans: list[TakenSpan], name: str) -> list[TakenSpan]:
    """The spans from the trace's first one that has come down to the one of this name."""
    by_id = {one.span: one for one in spans}
    found = [next(one for one in spans if one.name == name)]
    while found[0].parent in by_id:
        found.insert(0, by_id[found[0].parent])
    return found


def below(spans: list[TakenSpan], name: str) -> list[str]:
    """Their names."""
    return [one.name for one in way(spans, name)]


async def test_one_trace_goes_from_the_request_to_the_commit_across_a_killed_worker(seen: SeenStack) -> None:
    city = seen.city
    order = await city.order(status="shipped")
    await city.model.script(order.order_id, {"latency_seconds": 600})  # longer than it takes to kill whoever asks
    text = f"Where is my order {order.order_id}? {CANARY}"
    asked = asyncio.create_task(seen.ask(order.customer_id, text, "seen-1", traceparent=f"00-{TRACE}-{CALLER}-01"))
    await true(lambda: city.model.requests(order.order_id))
    city.kill("worker")
    await city.start("worker")
    case = await city.at_rest(await asked)
    assert order.order_id in (case.reply or "")
    spans = await seen.spans(TRACE, "POST /v1/cases", "invoke_agent handrail", "commit_step")
    down = below(spans, "commit_step")
    assert down[0] == "POST /v1/cases"
    assert [one for one in down if one.startswith(("activity", "invoke_agent", "node"))] == [
        "activity case.turn",
        "invoke_agent handrail",
        "node resolve",
    ]
    (turn,) = [one for one in spans if one.name == "activity case.turn"]
    assert turn.attributes[names.ATTEMPT] == "2", "the killed worker's own span died with it; the retry goes on in the trace"
    (chat,) = [one for one in spans if one.name.startswith("chat ")]
    assert chat.attributes[names.OPERATION] == "chat"
    assert int(chat.attributes[names.INPUT_TOKENS]) > 0
    assert {one.service for one in spans} == {"handrail-api", "handrail-worker"}


async def test_a_decision_is_a_trace_of_its_own_down_to_the_effects_commit(seen: SeenStack) -> None:
    order = await seen.city.order(**HELD)
    text = f"Please refund order {order.order_id}, that is {order.refundable} USD."
    case_id = await seen.ask(order.customer_id, text, "seen-2")
    await seen.approve(case_id, "seen-3", traceparent=f"00-{REFUND}-{CALLER}-01")
    spans = await seen.spans(REFUND, "execute_tool refund_order", "COMMIT", "node resolve", "invoke_agent handrail")
    assert [one for one in below(spans, "execute_tool refund_order") if not one.startswith(("fastapi", "POST"))] == [
        "send update decide",
        "update decide",
        "activity case.turn",
        "invoke_agent handrail",
        "node act",
        "execute_tool refund_order",
    ]
    tool = next(one for one in spans if one.name == "execute_tool refund_order")
    assert tool.attributes == {
        names.OPERATION: "execute_tool",
        names.TOOL: "refund_order",
        names.TOOL_TYPE: "function",
        names.OUTCOME: "applied",
    }
    commits = [one for one in spans if one.name == "COMMIT" and one.parent == tool.span]
    assert len(commits) == 1


async def test_nothing_of_a_customer_leaves_in_a_span_a_figure_or_a_line(seen: SeenStack) -> None:
    customers = [one[0] for one in await seen.city.rows("select distinct customer_id from handrail.cases")]
    orders = [
        f"O-{digits}" for digits in re.findall(r"O-(\d+)", str(await seen.city.rows("select text from handrail.messages")))
    ]
    assert customers
    assert orders
    # Not four digits alone, which times in nanoseconds hold by chance.
    personal = [*customers, *orders, "zephyrine", "quokka", "4111 1111", "41111111"]
    logs = [(seen.city.folder / f"{name}.log").read_text() for name in ("worker", "api")]
    figures = [await fetched(one) for one in (seen.worker, seen.api)]
    for text in (*(one.whole for one in seen.collector.spans), *figures, *logs):
        assert not [word for word in personal if word in text]
    listed = names.ALLOWED
    assert {name for one in seen.collector.spans for name in one.attributes} <= listed
    lines = "".join(logs).splitlines()
    assert not [one for one in lines if not one.startswith('{"at": ')]
    for line in lines:
        assert {"at", "level", "logger", "message"} <= json.loads(line).keys()


async def test_every_figure_that_a_dashboard_or_a_rule_names_is_served(seen: SeenStack) -> None:
    async def read() -> bool:
        return "handrail_approvals_overdue" in await fetched(seen.worker)

    await true(read)
    served = {"up"}
    for address in (seen.worker, seen.api):
        for family in text_string_to_metric_families(await fetched(address)):
            served |= {one.name for one in family.samples}
    texts = [(MONITORING / "alerts.yaml").read_text(), *(path.read_text() for path in MONITORING.rglob("*.json"))]
    expressions = [one for text in texts for one in re.findall(r'expr"?: "?(.*)', text)]
    named = {name for one in expressions for name in SERVED.findall(one)}
    assert len(named) > 30
    # No certificate is set here; and the outcomes of seven days are counted every quarter of an hour.
    assert named - served <= {"handrail_outcome_value", "handrail_certificate_ends_timestamp_seconds"}


async def test_a_traced_cases_history_replays_untraced(seen: SeenStack) -> None:
    from tests.replay.again import replay

    (case_id,) = (await seen.city.rows("select case_id from handrail.cases order by opened_at limit 1"))[0]
    history = await seen.city.client.get_workflow_handle(f"case-{case_id}").fetch_history()
    text = history.to_json()
    assert "_tracer-data" in text
    assert await replay({"traced.0.json": text}) == {}
