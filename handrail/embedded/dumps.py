"""A copy of one PostgreSQL database in another, with PostgreSQL's own programs; the original is only read."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from handrail.embedded.postgres import binaries
from handrail.embedded.process import StackFailed


def copy_database(source: str, target: str, file: Path, *, without: str) -> None:
    """Copy everything but the schema `without` from one URL to the other, by way of `file`.

    Raises:
        StackFailed: one of the programs fails; in its own last words.
    """
    _run("pg_dump", source, "--format=custom", f"--exclude-schema={without}", f"--file={file}")
    options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    _run("pg_restore", target, *options, str(file))


def _run(program: str, url: str, *words: str) -> None:
    """Passwords go by the environment: everybody on the machine may read the words of a command."""
    parts = urlsplit(url)
    account, at, place = parts.netloc.rpartition("@")
    user, _, password = account.partition(":")
    bare = urlunsplit(parts._replace(netloc=f"{user}{at}{place}"))
    environment = {**os.environ, "LC_ALL": "C"} | ({"PGPASSWORD": unquote(password)} if password else {})
    done = subprocess.run(
        [str(binaries() / program), f"--dbname={bare}", *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " | ".join(line for line in done.stderr.strip().splitlines()[-3:])
        raise StackFailed(f"{program}: could not copy the database: {said}")
