"""The cases as they change: a live table on a terminal, a line per change elsewhere."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from temporalio.client import Client
from temporalio.service import RPCError

from handrail.background import supervised
from handrail.business import Business
from handrail.cli.common.signposts import directions, waiting_url
from handrail.cli.common.tables import plain
from handrail.domain.actions.approvals import ApprovalStatus
from handrail.domain.autonomy.controls import Control
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.embedded.state import Stack
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool, open_pool
from handrail.temporal.cases.executions import paused_cases
from handrail.temporal.connect import Unreachable, connect

LOOK_SECONDS = 1.0
PAUSED_SECONDS = 5.0
ROWS = 200
AROUND_TABLE = 18
ATTENTION = (
    CaseStatus.AWAITING_APPROVAL,
    CaseStatus.WITH_HUMAN,
    CaseStatus.WORKING,
    CaseStatus.AWAITING_CUSTOMER,
    CaseStatus.RESOLVED,
    CaseStatus.CLOSED,
)
COLOURS = {
    CaseStatus.WORKING: "cyan",
    CaseStatus.AWAITING_CUSTOMER: "blue",
    CaseStatus.AWAITING_APPROVAL: "yellow",
    CaseStatus.WITH_HUMAN: "magenta",
    CaseStatus.RESOLVED: "green",
    CaseStatus.CLOSED: "dim",
}


def waits_for(case: CaseView) -> str:
    """Tell what the case needs next, in a few words."""
    for approval in case.approvals:
        if approval.status is ApprovalStatus.OPEN:
            return approval.request.headline
    if case.status is CaseStatus.WITH_HUMAN:
        return f"{case.queue or 'a person'}: {case.reason or 'handed over'}"
    return " ".join((case.reply or "").split())


def unopened(reply: str | None, openings: Sequence[str]) -> str | None:
    """The reply without the sentence before it that says what the agent is."""
    opening = next((one for one in openings if reply and reply.startswith(f"{one}\n\n")), "")
    return reply[len(opening) :].lstrip() if reply else reply


def safe(words: str) -> Text:
    """Words that a customer or a model may have written: neither markup nor terminal control."""
    return Text(plain(words))


def picture(
    cases: Sequence[CaseView],
    where: Sequence[tuple[str, str]],
    height: int,
    trouble: str,
    controls: Sequence[Control] = (),
) -> Group:
    """The table, what is counted, what holds the agent back, and where to go."""
    table = Table(box=None, header_style="bold", expand=True)
    table.add_column("case", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("topic", no_wrap=True)
    table.add_column("waits for, or last reply", no_wrap=True, ratio=1, overflow="ellipsis")
    shown = list(cases[: max(3, height - AROUND_TABLE)])
    for case in shown:
        status = Text(f"{case.status}, paused" if case.paused else case.status, style=COLOURS[case.status])
        table.add_row(safe(case.case_id), status, safe(case.topic or "–"), safe(waits_for(case)))
    counted = Counter(case.status for case in cases)
    counts = "  ".join(f"[{COLOURS[status]}]{status}[/] {counted[status]}" for status in CaseStatus if counted[status])
    of = f"the {ROWS} changed last" if len(cases) == ROWS else str(len(cases))
    more = f"  ({len(shown)} of {of} shown, those that need somebody first)" if len(shown) < len(cases) else ""
    links = Table.grid(padding=(0, 2))
    for what, place in where:
        links.add_row(f"[bold]{what}[/]", Text(place, overflow="fold"))
    held = [Text(f"control: {plain(one.words)}", style="bold yellow") for one in controls]
    trouble = f"[red]{escape(trouble)}[/]" if trouble else ""
    return Group("", table, "", (counts or "no cases yet") + more, *held, trouble, links)


class LiveTable:
    """Shows the stack's cases until it is cancelled. A database that is away for a moment is said, not fatal."""

    def __init__(self, stack: Stack, business: Business, console: Console) -> None:
        self._stack, self._business, self._console = stack, business, console
        self._seen: dict[str, tuple[CaseStatus, str | None, bool]] = {}
        self._held: list[Control] = []
        self._paused: dict[str, str] = {}

    async def run(self) -> None:
        """See class."""
        # Printed for itself: a terminal keeps a long address whole, a table would break it.
        self._say(f"Waiting approvals: {waiting_url(self._stack.temporal_ui)}")
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False, transient=True) as live:
                await self._look(live)
        else:
            for what, place in directions(self._stack, None):
                self._say(f"{what}: {place}")
            await self._look(None)

    async def watch_paused(self) -> None:
        """Keep what is paused in Temporal; what was known last stands while it does not answer."""
        client: Client | None = None
        while True:
            with suppress(Unreachable, RPCError, TimeoutError):
                async with asyncio.timeout(PAUSED_SECONDS):
                    client = client or await connect(self._stack.temporal_address)
                    self._paused = {case_id: str(pause) for case_id, pause in (await paused_cases(client)).items()}
            await asyncio.sleep(PAUSED_SECONDS)

    def marked(self, cases: Sequence[CaseView]) -> list[CaseView]:
        """The cases, each with who paused it where somebody did; replies without the sentence that says what the agent is."""
        openings = tuple(self._business.disclosure.values())
        return [
            case.model_copy(update={"paused": self._paused.get(case.case_id), "reply": unopened(case.reply, openings)})
            for case in cases
        ]

    async def _look(self, live: Live | None) -> None:
        latest: list[CaseView] = []
        async with supervised("paused cases", self.watch_paused), AsyncExitStack() as open_ones:
            pool: Pool | None = None
            while True:
                trouble = ""
                try:
                    if pool is None:
                        pool = await open_pool(self._stack.database_url, size=1)
                        open_ones.push_async_callback(pool.close)
                    cases = PostgresCases(pool, self._business)
                    latest = await cases.search(status=None, topic=None, reason=None, limit=ROWS)
                    held = await PostgresControls(pool, self._business).in_force()
                    self._tell_controls(held, quiet=live is not None)
                except Exception as error:  # noqa: BLE001 - shown, and the next look is a second away
                    trouble = f"PostgreSQL does not answer just now: {type(error).__name__}"
                self._show(live, self.marked(latest), trouble)
                await asyncio.sleep(LOOK_SECONDS)

    def _show(self, live: Live | None, cases: list[CaseView], trouble: str) -> None:
        if live is None:
            self._tell_changes(cases)
            return
        ranked = sorted(cases, key=lambda case: (ATTENTION.index(case.status), -case.updated_at.timestamp()))
        waiting = ranked[0].case_id if ranked and ranked[0].status is CaseStatus.AWAITING_APPROVAL else None
        asked = next((case.case_id for case in ranked if case.status is CaseStatus.AWAITING_CUSTOMER), None)
        where = directions(self._stack, waiting, asked)
        live.update(picture(ranked, where, self._console.height, trouble, self._held), refresh=True)

    def _tell_controls(self, held: list[Control], *, quiet: bool) -> None:
        """Remember what holds the agent back; where there is no table, a line when that changes."""
        before, self._held = self._held, held
        if quiet or held == before:
            return
        for one in held:
            if one not in before:
                self._say(f"control: {plain(one.words)}")
        for one in before:
            if one not in held:
                self._say(f"control: {one.scope} is no longer at '{one.level}'")

    def _tell_changes(self, cases: list[CaseView]) -> None:
        for case in sorted(cases, key=lambda case: case.updated_at):
            now = (case.status, case.topic, case.paused is not None)
            if self._seen.get(case.case_id) != now:
                self._seen[case.case_id] = now
                mark = " paused" if case.paused else ""
                self._say(f"{case.updated_at:%H:%M:%S} {case.case_id} {case.status} {case.topic or '-'}{mark}")

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, markup=False, highlight=False)
