"""Following cases on a terminal."""

from __future__ import annotations

import asyncio

from rich.live import Live
from rich.text import Text

from handrail.cli.common.documents import print_document
from handrail.cli.common.tables import cases_table, moment, plain, print_case, screen
from handrail.cli.common.world import CliContext
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.messages import Message
from handrail.temporal.cases.client import CaseClient

LOOK_AGAIN_SECONDS = 1.0
A_DAY = 86_400.0


async def all_cases(place: CliContext, limit: int, timeout: float | None, *, as_json: bool) -> None:
    """A table that is kept fresh until the time is over or Ctrl-C; as JSON, one look."""
    async with place.records() as records:

        async def look() -> list[CaseView]:
            return await records.search(status=None, topic=None, reason=None, limit=limit)

        if as_json:
            print_document(await look())
            return
        shown = cases_table(await look())
        with Live(shown, console=screen(), auto_refresh=False) as live:
            try:
                async with asyncio.timeout(timeout):
                    while True:
                        await asyncio.sleep(LOOK_AGAIN_SECONDS)
                        try:
                            shown = cases_table(await look())
                        except Exception as error:  # noqa: BLE001 - said; the last look stays, and the next is a second away
                            shown.caption = f"PostgreSQL does not answer just now: {type(error).__name__}"
                        live.update(shown, refresh=True)
            except TimeoutError:
                return


async def one_case(place: CliContext, case_id: str, timeout: float | None, *, as_json: bool) -> None:
    """Print what is said and what changes, line by line, until the case is closed or the time is over."""
    async with place.cases() as cases:
        if as_json:
            print_document(await cases.wait(case_id, timeout=timeout or A_DAY))
            return
        try:
            async with asyncio.timeout(timeout):
                await follow(cases, case_id)
        except TimeoutError:
            pass
        print_case(await cases.status(case_id), place.page(case_id))


async def follow(cases: CaseClient, case_id: str) -> None:
    """Print what is new until the case is closed."""
    said: set[str] = set()
    last: tuple[object, ...] = ()
    while True:
        view = await cases.status(case_id)
        for message in await cases.transcript(case_id):
            if message.message_id not in said:
                said.add(message.message_id)
                screen().print(spoken(message))
        now = (view.status, view.tier, view.queue, view.reason, view.assignee)
        if now != last:
            screen().print(Text(" · ".join(plain(part) for part in (moment(view.updated_at), *now) if part not in (None, ""))))
            last = now
        if view.status is CaseStatus.CLOSED:
            return
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def spoken(message: Message) -> Text:
    """One message in one paragraph."""
    return Text.assemble((f"{moment(message.at)} {message.author}: ", "bold"), plain(message.text))
