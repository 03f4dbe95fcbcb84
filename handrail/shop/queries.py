"""The shop's SQL: one named file per query in `sql/`, run on the connection that a call brings."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel

Row = TypeVar("Row", bound=BaseModel)
Connection = AsyncConnection[Any]


@cache
def sql(name: str) -> bytes:
    """The text of `<name>.sql` in a folder of `sql/`. Bytes, so that no query is ever put together from strings."""
    (file,) = (Path(__file__).parent / "sql").rglob(f"{name}.sql")
    return file.read_bytes()


async def rows(connection: Connection, name: str, model: type[Row], **parameters: Any) -> list[Row]:
    """Every row of a query, each as `model`."""
    async with connection.cursor(row_factory=class_row(model)) as cursor:
        await cursor.execute(sql(name), parameters)
        return await cursor.fetchall()


async def row(connection: Connection, name: str, model: type[Row], **parameters: Any) -> Row | None:
    """The first row of a query, or None."""
    found = await rows(connection, name, model, **parameters)
    return found[0] if found else None


async def execute(connection: Connection, name: str, **parameters: Any) -> int:
    """Run a statement; the number of rows it touched."""
    async with connection.cursor() as cursor:
        await cursor.execute(sql(name), parameters)
        return cursor.rowcount
