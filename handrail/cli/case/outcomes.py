"""Many cases at once: opened, waited for, accounted for."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import groupby
from statistics import median, quantiles
from typing import Any
from uuid import uuid4

from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from handrail.cli.case.lines import BatchLine
from handrail.cli.common.tables import plain, screen, table
from handrail.domain.case.cases import CaseRow, CaseStatus
from handrail.domain.case.messages import check_identifier
from handrail.domain.counting import many
from handrail.domain.errors import HandrailError
from handrail.temporal.cases.client import CaseClient, TimedOut

ERROR = "error"
UNSETTLED = CaseStatus.WORKING.value
Wait = Callable[[str], Awaitable[CaseRow]]
"""Returns the case of this id once nobody works on it."""
NO_TOPIC = "(none)"
COLUMNS = [status.value for status in CaseStatus if status is not CaseStatus.WORKING] + [UNSETTLED, ERROR]


class LineOutcome(BaseModel):
    """The outcome of one line. `seconds` are from its opening until nobody was working on it."""

    case_id: str
    line: int
    customer_id: str
    status: str
    topic: str | None = None
    tier: int | None = None
    queue: str | None = None
    reason: str | None = None
    seconds: float
    error: str | None = None


class TopicOutcome(BaseModel):
    """The cases of one topic. Times in seconds."""

    topic: str
    cases: int
    statuses: dict[str, int]
    seconds_median: float
    seconds_95: float


class BatchReport(BaseModel):
    """All of them: `sum(statuses.values()) == count`, always."""

    run: str
    count: int
    seconds: float
    cases_per_second: float
    statuses: dict[str, int]
    reasons: dict[str, int]
    topics: list[TopicOutcome]
    cases: list[LineOutcome]


async def run(
    cases: CaseClient,
    lines: list[BatchLine],
    writers: list[str],
    name: str | None,
    *,
    concurrency: int,
    timeout: float,
    settled: Wait | None = None,
) -> BatchReport:
    """Open a case per line, at most `concurrency` at work at once, and wait for each: by `settled`, else by asking it.

    Stopped from outside (Ctrl-C), it reports what has settled until then; the cases themselves go on.
    """
    name = check_identifier("--run", name or f"run-{uuid4().hex[:8]}")
    gate = asyncio.Semaphore(concurrency)
    began = time.monotonic()
    done: dict[int, LineOutcome] = {}
    with _progress() as progress:
        task = progress.add_task("cases", total=len(lines))

        async def one(index: int, line: BatchLine) -> None:
            async with gate:
                done[index] = await settle(cases, *whose(index, line), line, timeout, settled)
            progress.advance(task)

        def whose(index: int, line: BatchLine) -> tuple[str, str]:
            return f"{name}-{line.number:05}", line.customer_id or writers[index % len(writers)]

        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*(one(index, line) for index, line in enumerate(lines)))
        outcomes = [done.get(index) or unfinished(*whose(index, line), line) for index, line in enumerate(lines)]
    return summarise(name, outcomes, time.monotonic() - began)


def unfinished(case_id: str, customer: str, line: BatchLine) -> LineOutcome:
    """The outcome of a line whose waiting was stopped, or that was not opened before."""
    words = "The run was stopped before this case settled; the same --run goes on."
    return LineOutcome(case_id=case_id, line=line.number, customer_id=customer, status=UNSETTLED, seconds=0.0, error=words)


async def wait(cases: CaseClient, case_id: str, timeout: float, settled: Wait | None) -> CaseRow:
    """Wait until nobody works on the case. Raises: see `CaseClient.wait`."""
    if settled is None:
        return await cases.wait(case_id, timeout=timeout)
    try:
        async with asyncio.timeout(timeout):
            return await settled(case_id)
    except TimeoutError:
        return await cases.wait(case_id, timeout=0)


async def settle(
    cases: CaseClient, case_id: str, customer: str, line: BatchLine, timeout: float, settled: Wait | None = None
) -> LineOutcome:
    """One line, from opening until nobody works on it; whatever happens becomes an outcome."""
    began = time.monotonic()
    view: CaseRow | None = None
    status, error = ERROR, None
    try:
        await cases.open_case(case_id, customer, line.text, channel="file")
        view = await wait(cases, case_id, timeout, settled)
        status = view.status.value
    except TimedOut as late:
        status, error = UNSETTLED, str(late)
    except HandrailError as failed:
        error = str(failed)
    except Exception as failed:  # noqa: BLE001 - told beside its case: one of them must not cost the account of the others
        error = f"Unexpected {type(failed).__name__}: {failed}"
    return LineOutcome(
        case_id=case_id,
        line=line.number,
        customer_id=customer,
        status=status,
        topic=view.topic if view else None,
        tier=int(view.tier) if view else None,
        queue=view.queue if view else None,
        reason=view.reason if view else None,
        seconds=round(time.monotonic() - began, 3),
        error=error,
    )


def summarise(name: str, outcomes: list[LineOutcome], seconds: float) -> BatchReport:
    """The report over all outcomes, the topic with most cases first."""
    by_topic = sorted(outcomes, key=topic_of)
    topics = [summary(topic, list(group)) for topic, group in groupby(by_topic, key=topic_of)]
    return BatchReport(
        run=name,
        count=len(outcomes),
        seconds=round(seconds, 2),
        cases_per_second=round(len(outcomes) / seconds, 2) if seconds else 0.0,
        statuses=dict(Counter(one.status for one in outcomes).most_common()),
        reasons=dict(Counter(one.reason for one in outcomes if one.reason).most_common()),
        topics=sorted(topics, key=lambda one: (-one.cases, one.topic)),
        cases=outcomes,
    )


def topic_of(outcome: LineOutcome) -> str:
    """Return the outcome's topic, or that there is none."""
    return outcome.topic or NO_TOPIC


def summary(topic: str, group: list[LineOutcome]) -> TopicOutcome:
    """One topic."""
    times = [one.seconds for one in group]
    return TopicOutcome(
        topic=topic,
        cases=len(group),
        statuses=dict(Counter(one.status for one in group)),
        seconds_median=round(median(times), 2),
        seconds_95=round(quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0], 2),
    )


def show(report: BatchReport) -> None:
    """The table, the sum, and what went wrong."""
    used = [column for column in COLUMNS if report.statuses.get(column) or column == ERROR]
    rows: list[tuple[Any, ...]] = [
        (one.topic, one.cases, *(one.statuses.get(column, 0) for column in used), one.seconds_median, one.seconds_95)
        for one in report.topics
    ]
    total = summary("all", report.cases)
    rows.append(("all", total.cases, *(report.statuses.get(one, 0) for one in used), total.seconds_median, total.seconds_95))
    screen().print(table(("topic", "cases", *used, "median s", "95 % s"), rows, title=f"Outcomes of {report.run}"))
    accounted = sum(report.statuses.values())
    screen().print(
        f"\n{accounted} of {many(report.count, 'case')} accounted for, {report.statuses.get(ERROR, 0)} in error; "
        f"{report.seconds:.1f} s, {report.cases_per_second:.1f} cases/s"
    )
    if report.reasons:
        told = ", ".join(f"{reason} {count}" for reason, count in report.reasons.items())
        screen().print(Text(plain(f"Handed to people: {told}")))
    for one in [one for one in report.cases if one.error][:10]:
        screen().print(Text(plain(f"{one.case_id} (line {one.line}): {one.error}")))


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
