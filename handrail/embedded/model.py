"""The offline language model as a child process: it speaks the OpenAI protocol and answers by rules."""

from __future__ import annotations

import json
import os
import sys

from handrail.embedded.ports import HOST, get
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
        answer = await get(self.port, "/health")
        if answer is not None:
            self.serves = str(json.loads(answer)["model"])
        return answer is not None
