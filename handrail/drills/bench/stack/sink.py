"""The collector beside a side whose workers send spans: it takes them, and its processor time is nobody's part."""

from __future__ import annotations

import asyncio
import os
import sys

from handrail.embedded.ports import HOST
from handrail.embedded.process import Command

SWALLOW = "handrail.drills.bench.work.swallow"


class SpanSink:
    """The collector on `port`; `url` is what `OTEL_EXPORTER_OTLP_ENDPOINT` expects."""

    name = "sink"
    needs: tuple[str, ...] = ()

    def __init__(self, port: int) -> None:
        self.port, self.url = port, f"http://{HOST}:{port}"

    def prepare(self) -> None:
        """Prepare nothing: it keeps nothing."""

    def command(self) -> Command:
        """Return how it is started."""
        return Command(argv=(sys.executable, "-P", "-m", SWALLOW, str(self.port)), environment=dict(os.environ))

    async def ready(self, pid: int) -> bool:
        """Return whether it takes a connection."""
        try:
            _, writer = await asyncio.open_connection(HOST, self.port)
        except OSError:
            return False
        writer.close()
        return True
