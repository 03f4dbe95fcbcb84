"""The activities that a worker does for cases, over the adapters. `handrail.wiring.worker` alone uses it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from temporalio.client import Client

from activities.cases import CaseActivities, OpeningActivities
from activities.nodes import NodeActivities
from activities.people import PeopleActivities
from activities.ratings import RatingActivities
from activities.recovery import RecoveryActivities
from activities.staff import StaffActivities
from activities.turns import TurnActivities
from graphs.case import CaseGraph, CaseNodes, build_case_graph
from graphs.engine.machine import CaseMachine
from handrail.domain.case.cases import Terms
from handrail.settings import Settings
from handrail.temporal.identity import HistoryIdentities
from handrail.temporal.lost import LostRuns
from handrail.wiring.vouching import VouchedIdentities
from workflows.options import MODEL_TRIES

if TYPE_CHECKING:
    from handrail.wiring.worker import Adapters


def case_activities(
    client: Client, settings: Settings, world: Adapters, nodes: CaseNodes, graph: CaseGraph | None
) -> list[Callable[..., Awaitable[Any]]]:
    """Return every activity of the `case` workflow; `graph` is another one of the nodes."""
    terms = Terms(reopen_hours=settings.reopen_hours, silence_hours=settings.silence_hours, at_once=True)
    identities = VouchedIdentities(world.vouchers, HistoryIdentities(client, settings.trusted_identity))
    record = CaseActivities(world.cases, world.clock, world.matrix, terms, world.reader)
    people = PeopleActivities(world.record, identities, world.reviewers, world.controls, world.topics)
    turns = TurnActivities(CaseMachine(graph or build_case_graph(nodes), world.journal), world.cases, MODEL_TRIES)
    return [
        record.open,
        record.commit,
        OpeningActivities(world.openings).keep,
        RatingActivities(world.ratings).rate,
        RecoveryActivities(world.cases, LostRuns(client), terms).recover,
        people.permit,
        people.identify,
        StaffActivities(world.staff).expect,
        turns.turn,
        NodeActivities(nodes.classify, world.cases).classify,
    ]
