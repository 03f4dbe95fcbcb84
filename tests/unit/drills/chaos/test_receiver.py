"""The receiver of webhooks: what comes is noted before it is answered, and a first attempt may go badly."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from handrail.domain.webhooks import Answered
from handrail.drills.chaos.outside.receiver import BREAKS, FAILS, WebhookReceiver, event_of, lot_of
from handrail.drills.chaos.outside.webhooks import DrilledWebhook
from handrail.webhooks.sending import HttpSender


def body_of(lots: range) -> bytes:
    """A message whose first attempt goes as the lots say."""
    bodies = (
        json.dumps({"type": "case.reply", "data": {"case_id": "k-1", "sequence": number, "position": number}}).encode()
        for number in range(1, 5_000)
    )
    return next(one for one in bodies if lot_of(event_of(one)) in lots)


async def test_first_attempts_fail_as_their_lot_says_and_later_ones_are_taken_and_signatures_hold(tmp_path: Path) -> None:
    webhook = DrilledWebhook("k" * 32, tmp_path / "came.jsonl")
    server = await asyncio.start_server(WebhookReceiver(webhook.file).serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"

    async def send(name: str, body: bytes, secret: str = webhook.secret) -> Answered:
        return await HttpSender(loopback=True).send(url, name, body, [secret], datetime.now(UTC))

    async with server:
        refused, broken = body_of(FAILS), body_of(BREAKS)
        assert [(await send("msg_1", refused)).status for _ in range(2)] == [500, 200]
        assert (await send("msg_2", broken)).status is None
        assert (await send("msg_2", broken)).status == 200
        assert (await send("msg_3", refused, "whsec_" + "A" * 44)).status == 200
    came = webhook.came()
    assert [one.webhook_id for one in came] == ["msg_1", "msg_1", "msg_2", "msg_2", "msg_3"]
    assert [bool(one.unsigned) for one in came] == [False] * 4 + [True]
