"""Work beside the cases that met a trouble takes its word back once it goes well again: else an alert of it never ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from psycopg import OperationalError

from handrail.background import Say, supervised
from handrail.mail.outgoing import MailOutgoing, send_forever
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.seeing.figures.kept import SeenFigures
from handrail.settings import Settings
from handrail.wiring.front import webhooks
from handrail.wiring.seen.reading import ServerFigures
from tests.support.house import wait_for

Work = Callable[[pytest.MonkeyPatch, Say], Awaitable[None]]


class Once:
    """Fails the first time it is called, and gives what it has from then on."""

    def __init__(self, given: Any) -> None:
        self.calls, self.given = 0, given

    async def __call__(self, *_: Any, **__: Any) -> Any:
        self.calls += 1
        if self.calls == 1:
            raise OperationalError("the server closed the connection")
        return self.given


async def sends_mail(patch: pytest.MonkeyPatch, say: Say) -> None:
    patch.setattr(MailOutgoing, "send_due", Once(0))
    outgoing = MailOutgoing.__new__(MailOutgoing)
    async with supervised("sending mail", lambda: send_forever(outgoing, asyncio.Event(), 60, lambda: say(None)), 0, say):
        await asyncio.Event().wait()


async def looks_for_somebody_to_call(patch: pytest.MonkeyPatch, say: Say) -> None:
    patch.setattr(webhooks, "LOOK_SECONDS", 0.0)
    patch.setattr(PostgresWebhooks, "wanted", Once(False))
    addressing = webhooks.Addressing(cast(Any, None), "cases", cast(Any, None), cast(Any, None), say)
    await addressing.forever("nowhere")


async def reads_figures(patch: pytest.MonkeyPatch, say: Say) -> None:
    patch.setattr(ServerFigures, "read", Once(None))
    reader = ServerFigures(cast(SeenFigures, None), cast(Any, None), cast(Any, None), Settings())
    async with supervised("figures", lambda: reader.forever(say), 0, say):
        await asyncio.Event().wait()


@pytest.mark.parametrize("work", [sends_mail, looks_for_somebody_to_call, reads_figures])
async def test_a_trouble_that_is_over_is_taken_back(monkeypatch: pytest.MonkeyPatch, work: Work) -> None:
    said: list[str | None] = []
    task = asyncio.create_task(cast(Any, work(monkeypatch, said.append)))

    async def again() -> bool:
        return None in said

    try:
        await wait_for(again)
    finally:
        task.cancel()
    assert said[0] is not None
    assert "the server closed the connection" in said[0]
