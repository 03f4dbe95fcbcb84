"""The webhook of a drill: its receiver as a part of the stack, its secret, and what came there."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from psycopg import OperationalError
from standardwebhooks import Webhook
from temporalio.client import Client
from temporalio.service import RPCError

from handrail.domain.webhooks import WebhookWanted
from handrail.drills.bench.stack.side import clean
from handrail.drills.chaos.outside.receiver import HEALTH
from handrail.drills.chaos.seen.outside import ArrivedWebhook
from handrail.drills.queries import read
from handrail.embedded.ports import HOST
from handrail.embedded.process import Command
from handrail.postgres.pool import Pool
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.postgres.webhooks.outbox import PostgresOutbox
from handrail.temporal.webhooks import deliver
from handrail.webhooks.sealing import KeySeal, new_secret

ENDPOINT, QUEUE = "wh-drill", "cases"
LOOK = 1.0
PATIENCE = 120.0
TOLERANCE = 300.0
"""Seconds between timestamp and arrival that the specification lets receivers allow."""


class ReceiverPart:
    """The receiver as a child process. What came stands in `file`, whatever becomes of the process."""

    name = "receiver"
    needs: tuple[str, ...] = ()

    def __init__(self, port: int, file: Path) -> None:
        self.port, self.file = port, file

    def prepare(self) -> None:
        """Lay out the file."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.touch()

    def command(self) -> Command:
        """See `Component`."""
        argv = (sys.executable, "-m", "handrail.drills.chaos.outside.receiver", str(self.port), str(self.file))
        return Command(argv=argv, environment=clean())

    async def ready(self, pid: int) -> bool:
        """Return whether it answers."""
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
                return (await client.get(f"http://{HOST}:{self.port}{HEALTH}")).is_success
        except httpx.TransportError:
            return False


@dataclass
class DrilledWebhook:
    """The one webhook of a drill. `key` seals its secret, and the worker has the same."""

    key: str
    file: Path
    secret: str = field(default_factory=new_secret)

    async def add(self, pool: Pool, port: int) -> None:
        """Have events sent to the receiver from now on."""
        url, sealed = f"http://{HOST}:{port}/hooks", KeySeal(self.key).seal(self.secret)
        await PostgresWebhooks(pool).add(ENDPOINT, url, WebhookWanted(), "handrail chaos", sealed)

    async def emptied(self, pool: Pool, client: Client) -> None:
        """End the pauses of deliveries, as an owner would by hand, until nothing is left to send, or for long."""
        deadline, outbox = time.monotonic() + PATIENCE, PostgresOutbox(pool)
        while time.monotonic() < deadline:
            with suppress(OperationalError, RPCError):
                if not await read(pool, "chaos_unsent_webhooks"):
                    return
                await deliver(client, QUEUE, await outbox.waiting(ENDPOINT), now=True)
            await asyncio.sleep(LOOK)

    def came(self) -> list[ArrivedWebhook]:
        """Return what came, in its order, with what its signature is worth."""
        return [self._arrived(json.loads(line)) for line in self.file.read_text(encoding="utf-8").splitlines()]

    def _arrived(self, line: dict[str, Any]) -> ArrivedWebhook:
        headers, body, came = line["headers"], line["body"], float(line["at"])
        found = json.loads(body)
        return ArrivedWebhook(
            at=came,
            webhook_id=headers["webhook-id"],
            unsigned=self._unsigned(body, headers, came),
            kind=str(found["type"]).removeprefix("case."),
            case_id=found["data"]["case_id"],
            sequence=found["data"]["sequence"],
            position=found["data"]["position"],
            message_id=found["data"].get("message_id"),
        )

    def _unsigned(self, body: str, headers: Mapping[str, str], came: float) -> str:
        """Return why the signature does not hold; nothing where it does. The library would also measure against now."""
        sent = datetime.fromtimestamp(float(headers["webhook-timestamp"]), UTC)
        if abs(came - sent.timestamp()) > TOLERANCE:
            return f"it came {came - sent.timestamp():.0f} s after its timestamp"
        if Webhook(self.secret).sign(headers["webhook-id"], sent, body) not in headers["webhook-signature"].split(" "):
            return "no signature of it is of what came"
        return ""
