"""Connections whose statements and commits are spans, each under the name of its query; never its text or its values."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any

from psycopg import AsyncCursor, AsyncTransaction
from psycopg.abc import Params
from psycopg.pq import TransactionStatus

from handrail.postgres.pool import Pooled
from handrail.postgres.queries import NAMES
from handrail.seeing.now import now
from handrail.seeing.traces import conventions as names
from handrail.seeing.traces.spans import OpenSpan, SpanRole

OTHERS = "statement"
"""The name of what is none of the named queries: a business's own, or a setting of the session."""
COMMIT = "COMMIT"


def spanned(query: str) -> AbstractContextManager[OpenSpan]:
    """Return a span of PostgreSQL's within the one that is open; none where none is."""
    about = {names.DATABASE: names.POSTGRESQL, names.QUERY: query}
    return now().spans.span(query, SpanRole.CLIENT, about, root=False)


class TracedCursor(AsyncCursor[Any]):
    """A cursor whose statements are spans."""

    async def execute(self, query: Any, params: Params | None = None, **more: Any) -> Any:
        """See base class; the pool's empty question whether the server is there is no span."""
        if not query:
            return await super().execute(query, params, **more)
        with spanned(NAMES.get(query, OTHERS) if isinstance(query, bytes) else OTHERS):
            return await super().execute(query, params, **more)


class TracedConnection(Pooled):
    """A connection of the pool whose statements and commits are spans."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.cursor_factory = TracedCursor

    @asynccontextmanager
    async def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> AsyncIterator[AsyncTransaction]:
        """See base class; the commit of the outermost is a span."""
        outermost = self.info.transaction_status is TransactionStatus.IDLE
        block = super().transaction(savepoint_name, force_rollback)
        begun = await block.__aenter__()
        try:
            yield begun
        except BaseException:
            if not await block.__aexit__(*sys.exc_info()):
                raise
            return
        if not outermost:
            await block.__aexit__(None, None, None)
            return
        with spanned(COMMIT):
            await block.__aexit__(None, None, None)
