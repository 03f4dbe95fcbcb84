"""The offline language model as a child process: it speaks the OpenAI protocol and answers by rules."""

from __future__ import annotations

import os
import sys

from handrail.embedded.ports import HOST
from handrail.embedded.process import Command


class OfflineModel:
    """The server on `port`; `url` is what `OPENAI_BASE_URL` expects, `serves` the model's name once it was ready."""

    name = "model"
    needs: tuple[str, ...] = ()

    def __init__(self, port: int) -> None:
        self.port = port
        self.root = f"http://{HOST}:{port}"
        self.url = f"{self.root}/v1"
        self.serves = ""

    def prepare(self) -> None:
        """Prepare nothing: the model server keeps nothing on disk."""

    def command(self) -> Command:
        return Command(
            argv=(sys.executable, "-m", "handrail.llm.offline", "--host", HOST, "--port", str(self.port)),
            environment=dict(os.environ),
        )

    async def ready(self, pid: int) -> bool:
        """Return whether the server answers /health; it says there which model it serves."""
        import httpx  # a tenth of a second, in which the other parts start

        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
                answer = await client.get(f"{self.root}/health")
        except httpx.TransportError:
            return False
        if answer.is_success:
            self.serves = str(answer.json()["model"])
        return answer.is_success
