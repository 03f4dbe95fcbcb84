"""Functions of a business, asked so that none can keep a case from a person: an answer in time, or an error."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg import DataError, IntegrityError, InternalError, NotSupportedError, OperationalError, ProgrammingError

from handrail.domain.errors import DEFECTS, BusinessFailed, HandrailError, NotReached
from handrail.postgres.pool import Connection, Pool, looking

SECONDS = 3.0
"""For one answer; a step of a turn may need several, and has 15."""
PAUSES = (0.2, 0.8)
HOPELESS = (
    *(*DEFECTS, NotImplementedError),
    *(ProgrammingError, InternalError, DataError, IntegrityError, NotSupportedError),
)
"""No repetition mends them."""
T = TypeVar("T")
_log = logging.getLogger(__name__)


async def ask(what: str, connection: Connection, question: Callable[[], Awaitable[T]], seconds: float = SECONDS) -> T:
    """Wait for a function of the business, `what` for people.

    Raises:
        BusinessFailed: it raised, or took longer than `seconds`.
        psycopg.OperationalError: our own PostgreSQL went away meanwhile; try again.
    """
    try:
        async with asyncio.timeout(seconds):
            return await question()
    except HandrailError:
        raise
    except OperationalError as error:
        if connection.broken or connection.closed:
            raise
        raise failed(what, error) from error
    except TimeoutError as error:
        raise failed(what, error) from error
    except Exception as error:
        raise failed(what, error) from error


async def look(pool: Pool, what: str, question: Callable[[Connection], Awaitable[T]]) -> T:
    """Ask what writes nothing, on a connection that cannot write; where it fails, twice more.

    Raises:
        BusinessFailed: it failed each time.
        psycopg.OperationalError: our own PostgreSQL is away; try again.
    """
    for pause in (*PAUSES, None):
        try:
            async with looking(pool) as connection:
                return await ask(what, connection, lambda: question(connection))
        except BusinessFailed as error:
            if pause is None or isinstance(error.__cause__, (*HOPELESS, TimeoutError)):
                raise
            await asyncio.sleep(pause)
    raise AssertionError("the last try returns or raises")


async def inquire(what: str, question: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Ask another system, without a connection of ours; where it is not reached, twice more.

    Raises:
        BusinessFailed: it was not reached, failed, or took longer than `seconds`.
    """
    for pause in (*PAUSES, None):
        try:
            async with asyncio.timeout(seconds):
                return await question()
        except NotReached:
            if pause is None:
                raise
            await asyncio.sleep(pause)
        except HandrailError:
            raise
        except Exception as error:
            raise failed(what, error) from error
    raise AssertionError("the last try returns or raises")


def failed(what: str, error: BaseException) -> BusinessFailed:
    """The error for people; the log has the whole."""
    _log.error("%s failed", what, exc_info=error)
    how = "did not answer in time" if isinstance(error, TimeoutError) else f"failed ({type(error).__name__})"
    return BusinessFailed(f"{what} {how}.")
