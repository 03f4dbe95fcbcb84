"""The whole stack on one machine: which parts, on which ports, and one run of it from lock to last child."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handrail.embedded.api import Api
from handrail.embedded.figures import VARIABLES, addresses_of, split, variable_of
from handrail.embedded.folder import occupied
from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import HOST, require_free
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import Component
from handrail.embedded.state import Process, Stack, StackState
from handrail.embedded.supervisor import Event, StartupStep, Supervisor, Tell, What, all_or_first_failure
from handrail.embedded.temporal import NAMESPACE, Temporal
from handrail.embedded.worker import MAIL, RUN, EarlyWorker, mail_part

PORTS = {
    "Temporal": 0,
    "Temporal's Web UI": 1,
    "PostgreSQL": 2,
    "offline model": 3,
    "Temporal's metrics": 4,
    "Temporal's HTTP": 5,
    "HTTP API": 6,
}
SAMPLES_FILE = "samples.json"
"""The file of a stack that holds its sample cases and its test customer, chosen on the first start."""
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class StackPlan:
    """A plan of what to run.

    `model_url` names a model server that is not ours; None starts the offline one. `sealing` are the variables by which parts
    encrypt and decrypt histories, none where they do not; `encrypts` says whether what is new is encrypted. `figures` says
    where a kind of process (`worker`, `api`, `mail`) serves its figures.
    """

    data_dir: Path
    port_base: int
    workers: int = 1
    model_url: str | None = None
    sealing: Mapping[str, str] = field(default_factory=dict)
    encrypts: bool = False
    figures: Mapping[str, str] = field(default_factory=dict)


class Embedded:
    """The parts of a plan, and the addresses at which they answer."""

    def __init__(self, plan: StackPlan) -> None:
        self.plan, self.folder = plan, plan.data_dir.absolute()
        base = plan.port_base
        self.postgres = Postgres(self.folder / "postgres", base + 2)
        codec = f"http://{HOST}:{base + PORTS['HTTP API']}/codec/{NAMESPACE}" if plan.sealing else None
        self.temporal = Temporal(self.folder / "temporal.db", base, base + 1, base + 4, base + 5, codec)
        self.offline = None if plan.model_url else OfflineModel(base + 3)
        self.model_url = self.offline.url if self.offline else str(plan.model_url)
        self.api = Api(base + PORTS["HTTP API"], self.environment)
        names = ["worker", *(f"worker-{number}" for number in range(2, plan.workers + 1))][: plan.workers]
        self.mail = mail_part(self.folder / RUN, self.environment) if any(os.environ.get(one) for one in MAIL) else None
        self.figures = addresses_of(plan.figures, names, mail=self.mail is not None)
        self.workers = [EarlyWorker(self.folder / RUN, self.environment, name, own=self._own(name)) for name in names]

    def _own(self, name: str) -> Mapping[str, str]:
        return {VARIABLES["worker"]: self.figures[name]} if name in self.figures else {}

    def components(self) -> list[Component]:
        """Everything that runs as a process."""
        offline = [self.offline] if self.offline else []
        mail = [self.mail] if self.mail else []
        return [self.postgres, self.temporal, *offline, self.api, *self.workers, *mail]

    def environment(self) -> Mapping[str, str]:
        """Ours, with the addresses of this stack; complete once PostgreSQL and the offline model are ready."""
        addresses = {
            "HANDRAIL_DATA_DIR": str(self.folder),
            "HANDRAIL_TEMPORAL_ADDRESS": self.temporal.address,
            "HANDRAIL_TEMPORAL_UI": self.temporal.ui,
            "HANDRAIL_DATABASE_URL": self.postgres.url,
        }
        model = {"OPENAI_BASE_URL": self.offline.url, "HANDRAIL_MODEL": self.offline.serves} if self.offline else {}
        customer = self.customer()
        chat = {"HANDRAIL_CHAT_SAMPLE": customer} if customer else {}
        return {"HANDRAIL_CHAT_VISITORS": "true", **os.environ, **addresses, **model, **chat, **self.plan.sealing}

    def customer(self) -> str | None:
        """Return the test customer; None before one is chosen, or where the business names none."""
        try:
            found = json.loads((self.folder / SAMPLES_FILE).read_text()).get("customer")
        except (OSError, ValueError):
            return None
        return str(found) if found else None

    def describe(self, state: StackState, processes: Mapping[str, Process]) -> Stack:
        """The stack as `stack.json` tells it."""
        customer = self.customer()
        return Stack(
            data_dir=self.folder,
            state=state,
            port_base=self.plan.port_base,
            temporal_address=self.temporal.address,
            temporal_ui=self.temporal.ui,
            database_url=self.postgres.url if self.postgres.created else "",
            model=self.model_url,
            api=self.api.url,
            desk=f"{self.api.url}/desk/",
            chat=f"{self.api.url}/chat/sample" if customer else "",
            customer=customer or "",
            encrypts=self.plan.encrypts,
            figures=self.figures,
            supervisor=Process.of(os.getpid()),
            processes=dict(processes),
        )

    def check_ports(self) -> None:
        """Raises: StackFailed naming the first port that is taken."""
        base = self.plan.port_base
        for what, offset in PORTS.items():
            if offset != PORTS["offline model"] or self.offline:
                require_free(base + offset, what, f"Stop that, or choose other ports: --port-base {base + 100}.")
        for name, address in self.figures.items():
            remedy = f"Stop that, or set {variable_of(name)} to another address; unset it to serve none."
            require_free(split(address)[1], f"figures of {name}", remedy)


class StackRun:
    """One run of a stack: it keeps `stack.json` true and ends at a signal or when a part will not stay up."""

    def __init__(self, embedded: Embedded, parts: Sequence[Component | StartupStep], tell: Tell) -> None:
        self._embedded, self._tell = embedded, tell
        self._components = {part.name for part in parts if not isinstance(part, StartupStep)}
        self._state, self._down = StackState.STARTING, set(self._components)
        self._supervisor = Supervisor(parts, embedded.folder / "logs", self._note)

    async def serve(self, meanwhile: Callable[[], Coroutine[None, None, None]]) -> None:
        """Start, then do `meanwhile` while keeping everything up, until SIGINT, SIGTERM or SIGHUP; a second one kills.

        Raises:
            StackFailed: the folder or a port cannot be had, a part will not start or will not stay up.
        """
        with occupied(self._embedded.folder):
            self._embedded.check_ports()
            self._write()
            asked = listen_for_stop(self._supervisor.kill)
            work = asyncio.create_task(self._work(meanwhile))
            stopping = asyncio.create_task(asked.wait())
            try:
                await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if work.done():
                    await work
            finally:
                stopping.cancel()
                await self._end(work)

    async def _work(self, meanwhile: Callable[[], Coroutine[None, None, None]]) -> None:
        await self._supervisor.start()
        self._state = StackState.READY
        self._write()
        async with all_or_first_failure() as group:
            group.create_task(self._supervisor.watch())
            group.create_task(meanwhile())

    async def _end(self, work: asyncio.Task[None]) -> None:
        work.cancel()
        await asyncio.wait({work})
        self._state = StackState.STOPPING
        self._write()
        await self._supervisor.stop()
        self._state = StackState.STOPPED
        self._write()

    def _note(self, event: Event) -> None:
        if event.part in self._components:
            (self._down.discard if event.what is What.READY else self._down.add)(event.part)
            if self._state in (StackState.READY, StackState.DEGRADED):
                self._state = StackState.DEGRADED if self._down else StackState.READY
            self._write()
        self._tell(event)

    def _write(self) -> None:
        children = self._supervisor.children.values()
        self._embedded.describe(
            self._state, {child.name: Process(pid=child.pid, started=child.started) for child in children}
        ).write()


def listen_for_stop(kill: Callable[[], None]) -> asyncio.Event:
    """An event that the first signal to stop sets; `kill` is for those that follow."""
    asked = asyncio.Event()

    def hear() -> None:
        if asked.is_set():
            kill()
        asked.set()

    for one in STOPS:
        asyncio.get_running_loop().add_signal_handler(one, hear)
    return asked
