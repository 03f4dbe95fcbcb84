"""Connections to PostgreSQL: the settings that each one brings, and what answers but does not keep them."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import conninfo_to_dict

from handrail.domain.errors import InvalidInput
from handrail.postgres.queries import QUERIES

CONNECT_SECONDS = 5
STATEMENT_MILLISECONDS = 30_000
LOCK_MILLISECONDS = 15_000
IDLE_MILLISECONDS = 100_000
"""An effect holds its row while another system works, and until it is noted that nobody knows of it."""
SILENT_PEER_MILLISECONDS = 15_000
_SERVER_OPTIONS = (
    f"-c timezone=UTC -c statement_timeout={STATEMENT_MILLISECONDS} -c lock_timeout={LOCK_MILLISECONDS}"
    f" -c idle_in_transaction_session_timeout={IDLE_MILLISECONDS}"
)
_READ_ONLY = " -c default_transaction_read_only=on"

OPTIONS: dict[str, Any] = {
    "application_name": "handrail",
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 30,
    "tcp_user_timeout": SILENT_PEER_MILLISECONDS,
    "options": _SERVER_OPTIONS,
}
"""The settings of a connection that writes."""
LOOKING: dict[str, Any] = {**OPTIONS, "options": _SERVER_OPTIONS + _READ_ONLY}
"""The same, where PostgreSQL refuses every write."""


class TakesNoWrites(OperationalError):
    """PostgreSQL answers and takes no writes, as during a failover: that is worth another try, like one that is away."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL answers and takes no writes: it is a standby, or `default_transaction_read_only` is on there."
        )


def looking_at(url: str) -> dict[str, Any]:
    """Return `LOOKING`; where the URL asks for a server that writes, so that a connection that does not is let in, too."""
    among = conninfo_to_dict(url).get("target_session_attrs")
    return {**LOOKING, "target_session_attrs": "primary"} if among == "read-write" else LOOKING


async def check_settings(connection: AsyncConnection[Any]) -> None:
    """Ask the server whether it keeps what the connection brought.

    A pooler may be told to ignore settings; then look-ups could write, and nothing would be given up in time.

    Raises:
        InvalidInput: it does not.
    """
    cursor = await connection.execute(QUERIES["connection_settings"], prepare=False)
    statement, read_only = (await cursor.fetchone()) or ("", "")
    looks = _READ_ONLY in connection.info.options
    if statement != f"{STATEMENT_MILLISECONDS // 1_000}s" or (looks and read_only != "on"):
        raise InvalidInput(
            "HANDRAIL_DATABASE_URL: what answers there drops the settings of a connection, as a pooler does that ignores "
            "`options`. Look-ups could write there. Name PostgreSQL itself."
        )


async def check_writes(connection: AsyncConnection[Any]) -> None:
    """Ask the server whether it lets anything be written now. Raises: TakesNoWrites: it does not."""
    cursor = await connection.execute(QUERIES["takes_no_writes"])
    if (await cursor.fetchone()) == (True,):
        raise TakesNoWrites


async def refuse_what_cannot_serve(url: str) -> None:
    """Connect once, and let nothing that the server says be lost; nothing happens where all is well.

    Raises:
        psycopg.OperationalError: it does not answer, or refuses.
        InvalidInput: see `check_settings`.
    """
    async with await AsyncConnection.connect(url, autocommit=True, **looking_at(url)) as connection:
        await check_settings(connection)
