"""The HTTP API as a child process of the stack."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handrail.embedded.ports import HOST, get
from handrail.embedded.process import Command


@dataclass(frozen=True, slots=True)
class Api:
    """`handrail api run` on `port`, ready once Temporal and the record answer it."""

    port: int
    environment: Callable[[], Mapping[str, str]]
    name: str = "api"
    needs: tuple[str, ...] = ("postgres", "temporal", "migrations")

    @property
    def address(self) -> str:
        """HOST:PORT, as `HANDRAIL_API_ADDRESS` takes it."""
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        """The address for callers."""
        return f"http://{self.address}"

    def prepare(self) -> None:
        """Prepare nothing: the API keeps nothing on disk."""

    def command(self) -> Command:
        return Command(
            argv=(sys.executable, "-m", "handrail.cli.main", "api", "run"),
            environment={**self.environment(), "HANDRAIL_API_ADDRESS": self.address},
            grace=15.0,
        )

    async def ready(self, pid: int) -> bool:
        """Return whether it answers that it is ready."""
        return await get(self.port, "/healthz/ready") is not None
