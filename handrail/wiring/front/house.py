"""Ports of the HTTP API to the house: controls over what there is, the queue as callers see it, webhooks for owners."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from temporalio.client import Client

from handrail.business import Business
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.unsettled import EffectFound, UnsettledEffect
from handrail.domain.autonomy.controls import Control, ControlRequest, Scope, ScopeKind
from handrail.domain.errors import InvalidInput
from handrail.domain.http.people import QueueItem, QueuePage
from handrail.domain.policy.batching import BatchTerms
from handrail.domain.webhooks import DeliveryRequest
from handrail.policies.loader import FilePolicies
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.business.unsettled import UnsettledEffects
from handrail.postgres.pool import Pool
from handrail.postgres.queue import PostgresQueue
from handrail.postgres.webhooks.endpoints import PostgresWebhooks
from handrail.postgres.webhooks.outbox import PostgresOutbox
from handrail.redaction.values import Redaction
from handrail.settings import Settings
from handrail.temporal.webhooks import deliver
from handrail.topics.loader import FileTopics
from handrail.webhooks.managing import WebhookOffice
from handrail.webhooks.sealing import KeySeal
from handrail.webhooks.sending import HttpSender

LOOK_SECONDS = 1.0
"""How often policies are looked at for changes."""


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

    async def waiting(self, queue: str | None, limit: int, reader: str | None = None) -> QueuePage:
        """Return how deep the queue is, and its first items in the order in which they are handed out."""
        depth, items = await self._queue.depth(queue=queue), await self._queue.items(queue=queue, limit=limit, reader=reader)
        counts = depth.model_dump(include={"waiting", "overdue", "held"})
        return QueuePage(**counts, items=[QueueItem.model_validate(one.model_dump()) for one in items])


class SettledEffects:
    """The port `EffectsFound`: secrets are taken out of what somebody found before it is written down."""

    def __init__(self, pool: Pool, redaction: Redaction) -> None:
        self._effects, self._redaction = UnsettledEffects(pool), redaction

    async def of(self, case_id: str) -> Sequence[UnsettledEffect]:
        """See `ports.front.effects`."""
        return await self._effects.of(case_id)

    async def settle(self, found: EffectFound) -> EffectResult:
        """See `ports.front.effects`."""
        return await self._effects.settle(found.model_copy(update={"reason": self._redaction.words(found.reason)}))


def ceilings_in(folder: Path, business: Business) -> Callable[[], Mapping[str, BatchTerms]]:
    """Return what gives the ceilings for several at once, by the policies that state one; read when first asked for."""

    @cache
    def policies() -> FilePolicies:
        return FilePolicies.of(folder / "policies", business, every=LOOK_SECONDS)

    return lambda: {one.id: one.batch for one in policies().all() if one.batch}


def webhook_office(settings: Settings, pool: Pool, client: Callable[[], Awaitable[Client]]) -> WebhookOffice:
    """Return what owners do with webhooks; Temporal is reached when something is sent again."""

    async def again(wanted: list[DeliveryRequest]) -> None:
        await deliver(await client(), settings.task_queue, wanted, now=True)

    return WebhookOffice(
        endpoints=PostgresWebhooks(pool),
        messages=PostgresOutbox(pool),
        seal=KeySeal(settings.webhook_key.get_secret_value()),
        sender=HttpSender(loopback=settings.webhooks_loopback),
        deliver=again,
        loopback=settings.webhooks_loopback,
    )
