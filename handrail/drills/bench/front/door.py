"""The HTTP API of a stack, served by its checkout, and a caller with a key."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from handrail.drills.bench.front.caller import LeanCaller
from handrail.drills.bench.stack.checkout import Checkout
from handrail.drills.bench.stack.processes import resident
from handrail.drills.bench.stack.side import Side, ignore
from handrail.embedded.api import Api
from handrail.embedded.ports import HOST, free_block
from handrail.embedded.process import Command, StackFailed
from handrail.embedded.supervisor import Supervisor

PERSON = "mia"
SCOPES = ("cases:write", "cases:read", "cases:handle", "approvals:decide", "controls:read", "controls:set")
UNBOUND = dict.fromkeys(("HANDRAIL_API_CALLS_PER_MINUTE", "HANDRAIL_API_CUSTOMER_CALLS_PER_MINUTE"), "1000000")
SECONDS = 60.0
API = "api"
BROWSER = {"sec-fetch-site": "same-origin"}
"""What a browser says of a link on a page of the same house."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutApi(Api):
    """A checkout's API, without a bound on calls that the bench would reach."""

    checkout: Checkout
    needs: tuple[str, ...] = ()

    def command(self) -> Command:
        """See base class."""
        plain = Api.command(self)
        argv = self.checkout.run("handrail.cli.main", "api", "run")
        return Command(argv=argv, environment={**plain.environment, **UNBOUND}, grace=plain.grace)


class Door:
    """The API of a side. `http` calls it with a key that may do everything, `lean` too, `desk` has a person's session."""

    bearer: Mapping[str, str]
    """What says whose key it is."""

    def __init__(self, side: Side) -> None:
        self.side, self._api = side, CheckoutApi(free_block(), side.environment, checkout=side.checkout)
        self._supervisor = Supervisor([self._api], side.folder / "logs", ignore)
        self.http = httpx.AsyncClient(base_url=self._api.url, timeout=SECONDS, trust_env=False, limits=httpx.Limits())
        self.lean = LeanCaller(HOST, self._api.port, SECONDS)
        self.desk = httpx.AsyncClient(base_url=self._api.url, timeout=SECONDS, trust_env=False, headers=BROWSER)

    async def start(self) -> None:
        """Serve, with a key of its own.

        Raises:
            StackFailed: it would not start, or the build knows no such key.
        """
        await self._supervisor.start()
        scopes = [word for one in SCOPES for word in ("--scope", one)]
        own = ("--name", "bench", "--actor", "bench", "--person", PERSON)
        made = json.loads(await self.side.command("keys", "create", *own, *scopes, "--json"))
        self._key = str(made["key"])
        self.bearer = {"authorization": f"Bearer {self._key}"}
        self.http.headers.update(self.bearer)

    async def stop(self) -> None:
        """Stop serving."""
        self.lean.close()
        await self.http.aclose()
        await self.desk.aclose()
        await self._supervisor.stop()

    async def sign_in(self) -> None:
        """Sit down at the desk. Raises: StackFailed: the desk does not let the person in."""
        answer = await self.desk.post("/desk/sign-in", data={"key": self._key, "to": "/desk/"})
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise StackFailed(f"{self.side.name}: the desk answered {answer.status_code} to a sign-in.")

    def parts(self) -> Callable[[], Mapping[str, list[int]]]:
        """Return what tells the processes of each part of the stack, the API among them."""
        others = self.side.parts()
        return lambda: {**others(), API: self.pids()}

    def pids(self) -> list[int]:
        """Return the processes of the API."""
        return [child.pid for child in self._supervisor.children.values()]

    def memory(self) -> float:
        """Return what the API holds in RAM, in MB."""
        return resident(self.pids())


@asynccontextmanager
async def opened(side: Side) -> AsyncIterator[Door]:
    """Serve the side's API for a while. Raises: StackFailed: it would not start."""
    door = Door(side)
    try:
        await door.start()
        yield door
    finally:
        await door.stop()
