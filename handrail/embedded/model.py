"""The offline language model as a child process: it speaks the OpenAI protocol and answers by rules."""

from __future__ import annotations

import os
import sys

import httpx

from handrail.embedded.ports import HOST
from handrail.embedded.process import Command


class OfflineModel:
    """The server on `port`; `url` is what `OPENAI_BASE_URL` expects."""

    name = "model"
    needs: tuple[str, ...] = ()

    def __init__(self, port: int) -> None:
        self.port = port
        self.root = f"http://{HOST}:{port}"
        self.url = f"{self.root}/v1"

    def prepare(self) -> None:
        """It keeps nothing on disk."""

    def command(self) -> Command:
        return Command(
            argv=(sys.executable, "-m", "handrail.llm.offline", "--host", HOST, "--port", str(self.port)),
            environment=dict(os.environ),
        )

    async def ready(self, pid: int) -> bool:
        """It answers /health with 200."""
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
                return (await client.get(f"{self.root}/health")).is_success
        except httpx.TransportError:
            return False
