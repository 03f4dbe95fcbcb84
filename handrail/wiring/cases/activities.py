"""The activities that a worker does for cases, over the adapters. `handrail.wiring.cases.worker` alone uses it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from temporalio.client import Client

from activities.cases import CaseActivities, OpeningActivities
from activities.nodes import NodeActivities
from activities.people import PeopleActivities
from activities.ratings import RatingActivities
from activities.recovery import RecoveryActivities
from activities.recusing import RecusalActivities
from activities.staff import StaffActivities
from activities.turns import TurnActivities
from graphs.engine.resting import ModelRest
from graphs.nodes.case_nodes import CaseNodes
from handrail.domain.actions.approvals import Decision, Identity, Source
from handrail.domain.case.cases import Terms
from handrail.ports import Identities
from handrail.postgres.pool import Pool
from handrail.settings import Settings
from handrail.temporal.cases.executions import PREFIX
from handrail.temporal.identity import HistoryIdentities
from handrail.temporal.repair.lost import LostRuns
from handrail.temporal.worker.interceptors import Guards
from handrail.wiring.cases.machine import LateMachine
from handrail.wiring.cases.order import TurnOrder
from handrail.wiring.redacting import redaction_of
from workflows.options import MODEL_TRIES

if TYPE_CHECKING:
    from handrail.domain.team.speaking import AgentSpeaker
    from handrail.ports.front.access import Vouchers
    from handrail.wiring.cases.worker import Adapters


VOUCHED = "api-"
"""The HTTP API's own updates have ids that begin so: `handrail.domain.access.vouching`."""


class VouchedIdentities:
    """Takes an update for `verified` where the HTTP API noted who sends it; of all others it asks `otherwise`."""

    def __init__(self, vouchers: Callable[[], Vouchers], otherwise: Identities) -> None:
        self._vouchers, self._otherwise = vouchers, otherwise

    async def of_event(self, source: Source, decision: Decision) -> tuple[str, Identity]:
        """See `ports.Identities.of_event`."""
        if source.update_id and source.update_id.startswith(VOUCHED):
            from handrail.domain.access.vouching import about

            case_id = source.workflow_id.removeprefix(PREFIX)
            person = await self._vouchers().person(case_id, source.update_id, about(decision))
            if person is not None:
                return person, Identity.VERIFIED
        return await self._otherwise.of_event(source, decision)

    async def speakers(self, case_id: str) -> list[AgentSpeaker]:
        """See `ports.Speakers.speakers`."""
        return await self._vouchers().speakers(case_id)


def vouchers_of(pool: Pool) -> Vouchers:
    """Return the vouchers in PostgreSQL; loaded where a decision comes over HTTP."""
    from handrail.postgres.access.vouchers import PostgresVouchers

    return PostgresVouchers(pool)


def guards_of(settings: Settings) -> Guards:
    """Return the guards around workflows and activities, as the settings want them."""
    return Guards(redaction_of(settings))


def case_activities(
    client: Client, settings: Settings, world: Adapters, nodes: CaseNodes, machine: LateMachine | None
) -> list[Callable[..., Awaitable[Any]]]:
    """Return every activity of the `case` workflow; `machine` runs its turns, by default one that is made with the first."""
    terms = Terms(reopen_hours=settings.reopen_hours, silence_hours=settings.silence_hours, at_once=True)
    identities = VouchedIdentities(world.vouchers, HistoryIdentities(client, settings.trusted_identity))
    record = CaseActivities(world.cases, world.clock, world.matrix, terms, world.reader)
    people = PeopleActivities(world.record, identities, world.reviewers, world.controls, world.topics, identities)
    place = TurnOrder(settings.concurrency).place
    rest = ModelRest(world.topics, world.dial, world.releases, world.clock) if world.releases else None
    turns = TurnActivities(machine or LateMachine(nodes, world.journal), world.cases, MODEL_TRIES, place, rest)
    return [
        record.open,
        record.commit,
        record.halt,
        OpeningActivities(world.openings).keep,
        RatingActivities(world.ratings).rate,
        RecoveryActivities(world.cases, LostRuns(client), terms).recover,
        people.permit,
        people.identify,
        RecusalActivities(identities, world.reviewers, world.staff, world.clock.now).recuse,
        StaffActivities(world.staff).expect,
        turns.turn,
        NodeActivities(nodes.classify, world.cases).classify,
    ]
