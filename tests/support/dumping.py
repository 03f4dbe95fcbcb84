"""A database of the throw-away server that PostgreSQL's own programs dump and restore."""

from __future__ import annotations

import subprocess
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from handrail.embedded.postgres import Postgres, binaries


class DumpedDatabase:
    """A copy of the `template`, on which nobody is at work; its dumps go into `folder`."""

    def __init__(self, server: Postgres, template: str, folder: Path) -> None:
        self._server, self._folder, self.name = server, folder, f"restored_{uuid4().hex}"
        self.url = server.url_of(self.name)
        self._admin("create database {} template {}", self.name, template)

    def dump(self) -> Path:
        """Dump it whole."""
        file = self._folder / f"{uuid4().hex}.dump"
        self._run("pg_dump", "--format=custom", f"--file={file}", self.url)
        return file

    def restore(self, file: Path) -> None:
        """Put the whole dump in its place."""
        self._admin("drop database {} with (force)", self.name)
        self._admin("create database {}", self.name)
        self._run("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={self.url}", str(file))

    def restore_ours(self, file: Path) -> None:
        """Put Handrail's tables of the dump in their place; the business's own stay as they are."""
        with psycopg.connect(self.url) as connection:
            connection.execute("drop schema handrail cascade")
            connection.execute("create schema handrail")
        parts = ("--exit-on-error", "--single-transaction", "--schema=handrail")
        self._run("pg_restore", *parts, f"--dbname={self.url}", str(file))

    def _admin(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._server.url_of("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([str(binaries() / program), *arguments], check=True, capture_output=True)
