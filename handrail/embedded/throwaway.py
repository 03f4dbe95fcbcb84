"""A PostgreSQL server of one's own that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import StackFailed, run

PRISTINE = "pristine"
KEEP = """\
\\set ON_ERROR_STOP on
drop database if exists pristine with (force);
create database pristine template :"name" strategy file_copy;
select 'kept';
"""
ANEW = """\
\\set ON_ERROR_STOP on
drop database if exists :"name" with (force);
create database :"name" template pristine strategy file_copy;
select 'anew';
"""


class Renewable(Postgres):
    """A throw-away server: its `pristine` database is filled once, every case works on a copy of it."""

    def __init__(self, folder: Path, port: int, name: str) -> None:
        super().__init__(folder, port, durable=False)
        self.name = name

    @property
    def pristine(self) -> str:
        """The URL of the database that is copied."""
        return self.url_of(PRISTINE)

    async def lay_out(self) -> None:
        """Create the database that is to be filled."""
        await self._sql("postgres", f"create database {PRISTINE};")

    async def keep(self) -> None:
        """Make the pristine database anew out of the one in use, to which nobody may be connected.

        Raises:
            StackFailed: somebody is connected to it, or the server is gone.
        """
        if await self._sql("postgres", KEEP) != "kept":
            raise StackFailed(f"{self.name}: the database could not be kept. Look into the server's log.")

    async def renew(self) -> None:
        """Make the database anew: whatever was written is gone, and whoever was connected has to connect again.

        Raises:
            StackFailed: somebody is connected to the pristine database, or the server is gone.
        """
        if await self._sql("postgres", ANEW) != "anew":
            raise StackFailed(f"{self.name}: the database could not be made anew. Look into the server's log.")


@contextmanager
def server() -> Iterator[Renewable]:
    """A running server in a temporary folder, with an empty database. Needs about a second.

    Raises:
        StackFailed: it would not start.
    """
    with tempfile.TemporaryDirectory(prefix="handrail-copy-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        postgres = Renewable(folder / "postgres", free_block(1), Postgres.name)
        with run(postgres, folder / "postgres.log"):
            yield postgres
