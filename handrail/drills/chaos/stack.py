"""The drill's own stack: servers, a model, a worker, an API and a database with the shop in it, gone afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from temporalio.client import Client

from handrail.business import seeded
from handrail.drills.bench.stack.side import clean
from handrail.drills.chaos.fronts.http import FrontDoor, front_door
from handrail.drills.chaos.mutants import Mutant, of
from handrail.drills.chaos.outside.disk import SmallDisk
from handrail.drills.chaos.outside.mailing import IMAP, DrilledMailbox, check_packages, imap_part, post_part
from handrail.drills.chaos.outside.webhooks import DrilledWebhook, ReceiverPart
from handrail.drills.chaos.parts import KillableParts
from handrail.drills.chaos.paths import ONLY_CLIENT, ChaosPath
from handrail.drills.chaos.plan import NETWORKED, OF_PATHS, STORING, FaultyPart
from handrail.drills.chaos.programs import MutantApi, ReliefWorker, run_as
from handrail.drills.chaos.proxy import FaultyProxy
from handrail.drills.deploys.builds import edited_build
from handrail.embedded.api import Api
from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import HOST, free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import Component
from handrail.embedded.temporal import NAMESPACE, Temporal
from handrail.embedded.worker import RUN, Worker, mail_part
from handrail.llm.offline.wire import JUDGE_MODEL, OFFLINE_MODEL
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import Pool, open_pool
from handrail.postgres.vault.keys import PostgresKeyStore
from handrail.shop import business
from handrail.temporal.codec import SealingCodec
from handrail.temporal.connect import connect
from handrail.vault.keyring import Keyring
from handrail.vault.masters import LocalMasterKeys, new_master
from handrail.wiring.connecting import silent

POOL = 6
PORTS = 20
NO_ROOM = {FaultyPart.POSTGRES: "No space left on device", FaultyPart.TEMPORAL: "disk is full"}
"""What stands in the log of a server whose disk is full."""
PLENTY = {"HANDRAIL_API_CALLS_PER_MINUTE": "1000000", "HANDRAIL_API_CUSTOMER_CALLS_PER_MINUTE": "1000000"}
RELIEF = "relief"
"""The worker that takes over for those that were cut off."""


@dataclass
class ChaosStack:
    """Everything that runs, and ways to talk to it: `pool` and `client` at once, `outside` and `door` through a proxy.

    `lines` are the workers' own ways to PostgreSQL and Temporal, where they may be cut off.
    """

    parts: KillableParts
    proxies: Mapping[FaultyPart, FaultyProxy]
    pool: Pool
    client: Client
    outside: Client
    door: FrontDoor | None = None
    webhook: DrilledWebhook | None = None
    box: DrilledMailbox | None = None
    disks: Mapping[FaultyPart, SmallDisk] = field(default_factory=dict)
    lines: Mapping[FaultyPart, FaultyProxy] = field(default_factory=dict)

    def networks(self, part: FaultyPart) -> list[FaultyProxy]:
        """Return every proxy before the part."""
        return [found[part] for found in (self.proxies, self.lines) if part in found]

    def words_of_full_disk(self, part: FaultyPart) -> int:
        """Count how often the server's log says that there was no room."""
        return (self.parts.folder / f"{part}.log").read_text(errors="replace").count(NO_ROOM[part])


class ChaosServers:
    """The servers on free ports, and a proxy before each of them; `dynamic` configures Temporal."""

    def __init__(self, folder: Path, paths: Collection[ChaosPath] = ONLY_CLIENT, **dynamic: str) -> None:
        base = free_block(PORTS)
        self.post_port = base + 9
        self.folder, self.paths = folder, paths
        self.master = new_master() if ChaosPath.ENCRYPTED in paths else ""
        small = STORING if ChaosPath.DISK in paths else ()
        self.disks = {part: SmallDisk(folder / f"disk of {part}") for part in small}
        grounds = {part: self.disks[part].folder if small else folder for part in STORING}
        self.postgres = Postgres(grounds[FaultyPart.POSTGRES] / "postgres", base, durable=True)
        self.temporal = Temporal(
            grounds[FaultyPart.TEMPORAL] / "temporal.db", base + 1, base + 2, base + 3, base + 4, **dynamic
        )
        self.model = OfflineModel(base + 5)
        self.api = Api(base + 6, lambda: {**self.environment(), **PLENTY})
        self.receiver = ReceiverPart(base + 7, folder / "webhooks.jsonl")
        self.webhook = DrilledWebhook(token_hex(32), self.receiver.file)
        self.box = DrilledMailbox(token_hex(32), base + 8, folder / "mails.jsonl")
        ports = (
            self.postgres.port,
            self.temporal.port,
            self.model.port,
            self.api.port,
            self.receiver.port,
            self.post_port,
        )
        self.proxies = {
            part: FaultyProxy(base + 10 + place, port) for place, (part, port) in enumerate(zip(NETWORKED, ports, strict=True))
        }
        first, cut = base + 10 + len(ports), STORING if ChaosPath.CUT in paths else ()
        self.lines = {part: FaultyProxy(first + place, ports[NETWORKED.index(part)]) for place, part in enumerate(cut)}

    @property
    def address(self) -> str:
        """Temporal's address behind the proxy."""
        return f"{HOST}:{self.proxies[FaultyPart.TEMPORAL].port}"

    def workers_environment(self) -> Mapping[str, str]:
        """Return the variables of a worker that may be cut off: it has lines of its own."""
        return self.environment(self.proxies | self.lines)

    def environment(self, through: Mapping[FaultyPart, FaultyProxy] | None = None) -> Mapping[str, str]:
        """Return the variables of a part, which sees every server through its proxy."""
        ways = through or self.proxies
        database = f":{ways[FaultyPart.POSTGRES].port}/"
        return {
            **clean(),
            "HANDRAIL_DATA_DIR": str(self.folder),
            "HANDRAIL_TEMPORAL_ADDRESS": f"{HOST}:{ways[FaultyPart.TEMPORAL].port}",
            "HANDRAIL_DATABASE_URL": self.postgres.url.replace(f":{self.postgres.port}/", database),
            "HANDRAIL_MODEL": OFFLINE_MODEL,
            "OPENAI_BASE_URL": f"http://{HOST}:{self.proxies[FaultyPart.MODEL].port}/v1",
            "HANDRAIL_WEBHOOK_KEY": self.webhook.key,
            "HANDRAIL_WEBHOOKS_LOOPBACK": "true",
            **({"HANDRAIL_JUDGE_MODEL": JUDGE_MODEL} if ChaosPath.SCORING in self.paths else {}),
            **({"HANDRAIL_MASTER_KEYS": self.master} if self.master else {}),
        }

    def codec(self, pool: Pool) -> SealingCodec | None:
        """Return what reads and writes histories; None where they are not encrypted."""

        async def store() -> PostgresKeyStore:
            return PostgresKeyStore(pool)

        return SealingCodec(Keyring(LocalMasterKeys([self.master]), store), NAMESPACE) if self.master else None

    def parts(self, mutants: Sequence[Mutant]) -> KillableParts:
        """Return all that is started, the worker among it."""
        run, program = self.folder / RUN, run_as("worker", mutants, "worker")
        worker = Worker(run, self.workers_environment, FaultyPart.WORKER, (), program)
        components: list[Component] = [self.postgres, self.temporal, self.model, worker]
        if ChaosPath.CUT in self.paths:
            components.append(ReliefWorker(run, self.environment, RELIEF, (), program))
        if ChaosPath.HTTP in self.paths:
            broken = MutantApi(self.api.port, self.api.environment, program=run_as("api", mutants))
            components.append(broken if of("api", mutants) else self.api)
        if ChaosPath.WEBHOOKS in self.paths:
            components.append(self.receiver)
        if ChaosPath.MAIL in self.paths:
            components += self._mail_parts(mutants)
        if ChaosPath.BUILDS in self.paths:
            components.append(self._edited(mutants))
        return KillableParts(self.folder / "logs", {part.name: part for part in components})

    def _edited(self, mutants: Sequence[Mutant]) -> Component:
        """Return the worker of another build, which takes what the first does not; of mutants a second one like the first."""
        build = edited_build(self.folder / "edited")
        broken = run_as("worker", mutants)
        own = {} if broken else build.environment
        program = broken or build.checkout.run("worker")
        return Worker(self.folder / RUN, lambda: {**self.workers_environment(), **own}, FaultyPart.EDITED, (), program)

    def _mail_parts(self, mutants: Sequence[Mutant]) -> list[Component]:
        check_packages()
        through = self.proxies[FaultyPart.POST].port
        mail = mail_part(self.folder / RUN, lambda: {**self.environment(), **self.box.environment(through)})
        broken = replace(mail, program=run_as("mail", mutants)) if of("mail", mutants) else mail
        return [imap_part(self.box.port), post_part(self.post_port, self.box.file), broken]


@asynccontextmanager
async def opened(
    folder: Path, mutants: Sequence[Mutant] = (), paths: Collection[ChaosPath] = ONLY_CLIENT, *, kept: bool = False
) -> AsyncIterator[ChaosStack]:
    """Start everything on free ports; whatever happens, nothing is left running. `kept` data stand in the folder at the end.

    Raises:
        StackFailed: a part would not start.
    """
    servers = ChaosServers(folder, paths)
    more: list[str] = [part for path, parts in OF_PATHS.items() if path in paths for part in parts]
    if ChaosPath.MAIL in paths:
        more = [IMAP, *more]
    with ExitStack() as disks:
        for disk in servers.disks.values():
            disks.enter_context(disk.mounted(folder if kept else None))
        async with running(servers, servers.parts(mutants), FaultyPart.WORKER, *more) as stack:
            if ChaosPath.HTTP in paths:
                stack.door = await front_door(stack.pool, servers.proxies[FaultyPart.API].port)
            if ChaosPath.WEBHOOKS in paths:
                stack.webhook = servers.webhook
                await servers.webhook.add(stack.pool, servers.proxies[FaultyPart.RECEIVER].port)
            stack.box = servers.box if ChaosPath.MAIL in paths else None
            stack.disks, stack.lines = servers.disks, servers.lines
            yield stack


@asynccontextmanager
async def running(servers: ChaosServers, parts: KillableParts, *more: str) -> AsyncIterator[ChaosStack]:
    """Start the servers of these parts, with a seeded shop, and then what is named; all of it is stopped at the end.

    Raises:
        StackFailed: a part would not start.
    """
    async with AsyncExitStack() as ending:
        # The proxies outlive the worker and pass on what it says at its end: else it waits for servers that do not answer.
        for proxy in (*servers.proxies.values(), *servers.lines.values()):
            await ending.enter_async_context(proxy.listening())
        ending.push_async_callback(asyncio.to_thread, parts.stop)
        await parts.start(FaultyPart.POSTGRES)
        await migrate(servers.postgres.url, business, datetime.now(UTC))
        pool = await open_pool(servers.postgres.url, size=POOL)
        ending.push_async_callback(pool.close)
        async with pool.connection() as connection:
            await seeded(business, connection, datetime.now(UTC))
        await parts.start(FaultyPart.TEMPORAL, FaultyPart.MODEL)
        if RELIEF in parts.parts:
            parts.load(RELIEF)
        await parts.start_together(*more)
        codec, addresses = servers.codec(pool), (servers.temporal.address, servers.address)
        client, outside = [await connect(to, runtime=silent(), codec=codec) for to in addresses]
        yield ChaosStack(parts, servers.proxies, pool, client, outside)
