"""Ports of the HTTP API to the house: controls over what there is, and the queue as callers see it."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.business import Business
from handrail.domain.autonomy.controls import Control, ControlRequest, Scope, ScopeKind
from handrail.domain.errors import InvalidInput
from handrail.domain.http.people import QueueItem, QueuePage
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool
from handrail.postgres.queue import PostgresQueue
from handrail.settings import Settings
from handrail.topics.loader import FileTopics


class OwnersControls:
    """The port `ControlRoom`. A control over a name that nobody has would protect nothing, so there is none."""

    def __init__(self, settings: Settings, pool: Pool, business: Business) -> None:
        self._business = business
        self._folder = settings.definitions or business.folder
        self._controls = PostgresControls(pool, business)

    async def in_force(self) -> Sequence[Control]:
        """Return every control in force, the oldest first."""
        return await self._controls.in_force()

    async def put(self, wanted: ControlRequest) -> Control:
        """Set a control. Raises: InvalidInput: the business has no such topic, tool or segment."""
        self._check(wanted.scope)
        return await self._controls.put(wanted)

    async def clear(self, scope: Scope, reason: str, actor: str) -> Sequence[Control]:
        """Lift what is set on the scope; return what was lifted."""
        return (await self._controls.clear([str(scope)], reason, actor)).lifted

    def _check(self, scope: Scope) -> None:
        names: dict[ScopeKind, Sequence[str]] = {
            ScopeKind.TOOL: list(self._business.by_name),
            ScopeKind.SEGMENT: self._business.segments,
        }
        if scope.kind is ScopeKind.TOPIC:
            topics = FileTopics(self._folder / "topics", self._business.by_name)
            names[ScopeKind.TOPIC] = [one.name for one in topics.all()]
        known = names.get(scope.kind)
        if known is not None and scope.name not in known:
            words = ", ".join(sorted(known)) or "none"
            raise InvalidInput(f"scope: there is no {scope.kind} {scope.name!r} here. Known: {words}.")


class PeoplesQueue:
    """The port `WaitingCases`."""

    def __init__(self, pool: Pool) -> None:
        self._queue = PostgresQueue(pool)

    async def waiting(self, queue: str | None, limit: int) -> QueuePage:
        """Return how deep the queue is, and its first items in the order in which they are handed out."""
        depth, items = await self._queue.depth(queue=queue), await self._queue.items(queue=queue, limit=limit)
        counts = depth.model_dump(include={"waiting", "overdue", "held"})
        return QueuePage(**counts, items=[QueueItem.model_validate(one.model_dump()) for one in items])
