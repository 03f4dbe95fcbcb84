"""A PostgreSQL server of one's own that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import run


@contextmanager
def server() -> Iterator[Postgres]:
    """A running server in a temporary folder, with an empty database. Needs about a second.

    Raises:
        StackFailed: it would not start.
    """
    with tempfile.TemporaryDirectory(prefix="handrail-copy-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        postgres = Postgres(folder / "postgres", free_block(1), durable=False)
        with run(postgres, folder / "postgres.log"):
            yield postgres
