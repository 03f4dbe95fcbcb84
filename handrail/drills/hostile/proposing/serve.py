"""The hostile model's server: `python -m handrail.drills.hostile.proposing.serve --port 8000 --seed 1`, on the loopback alone.

It speaks OpenAI's chat-completions protocol as far as it likes; `/made` tells the drill what it proposed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handrail.drills.hostile.proposing.adversary import Adversary
from handrail.drills.hostile.proposing.replies import Odd
from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import HOST
from handrail.embedded.process import Command
from handrail.llm.offline.app import Dropped
from handrail.llm.offline.wire import OFFLINE_MODEL, ChatRequest, completion

UNREADABLE = "unreadable request"
"""Requests of Handrail's own that were no JSON, or no chat request: there should be none."""


class HostileModel(OfflineModel):
    """The server as a child process."""

    def __init__(self, port: int, seed: int) -> None:
        super().__init__(port)
        self._seed = seed

    def command(self) -> Command:
        """See base class."""
        argv = (
            sys.executable,
            "-m",
            "handrail.drills.hostile.proposing.serve",
            "--port",
            str(self.port),
            "--seed",
            str(self._seed),
        )
        return Command(argv=argv, environment=dict(os.environ))


class HostileServer:
    """The routes."""

    def __init__(self, seed: int) -> None:
        self._mind = Adversary(seed)

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/health", self.health),
                Route("/made", self.made),
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
            ]
        )

    async def health(self, _: Request) -> Response:
        """Ready."""
        return JSONResponse({"status": "ok", "model": OFFLINE_MODEL})

    async def made(self, request: Request) -> Response:
        """Tell how many proposals were made, of which kinds, and the last ones of `?case=`."""
        mind = self._mind
        last = mind.last.get(request.query_params.get("case", ""), [])
        # The words are what a hostile model said, with whatever JSON cannot carry.
        plain = [one.encode(errors="backslashreplace").decode() for one in last]
        return JSONResponse({"proposals": mind.proposals, "kinds": dict(mind.kinds), "last": plain})

    async def chat(self, request: Request) -> Response:
        """An answer."""
        try:
            asked = ChatRequest.model_validate_json(await request.body())
        except ValidationError:
            self._mind.kinds[UNREADABLE] += 1
            return JSONResponse({"error": {"message": "no chat request"}}, 400)
        said = self._mind.answer(request.headers.get("x-client-request-id", ""), asked)
        if not isinstance(said, Odd):
            return JSONResponse(completion(asked, said, int(time.time())))
        if said.drop:
            return Dropped()
        return Response(said.body, said.status, said.headers, said.kind)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="A language model that proposes whatever it should not.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    app = HostileServer(given.seed).app()
    uvicorn.run(app, host=HOST, port=given.port, log_level="critical", access_log=False, lifespan="off", server_header=False)


if __name__ == "__main__":
    main()
