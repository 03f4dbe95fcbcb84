"""The wiring: adapters behind the ports, nodes over the adapters, a worker over the nodes. Nothing is wired elsewhere."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import Worker, WorkflowRunner

from activities.quality.days import DayActivities
from activities.turns import BEAT_SECONDS
from graphs.nodes.act import ActNode
from graphs.nodes.agent import AgentNode
from graphs.nodes.approval import ApprovalNode
from graphs.nodes.case_nodes import CaseNodes
from graphs.nodes.classify import ClassifyNode
from graphs.nodes.confirm import ConfirmNode
from graphs.nodes.consult import ConsultNode
from graphs.nodes.escalate import EscalateNode
from graphs.nodes.guardrail import GuardrailNode
from graphs.nodes.resolve import ResolveNode
from graphs.ruling.policy_facts import PolicyFactsReader
from graphs.screening import Screen
from handrail.business import Business
from handrail.clock import SystemClock
from handrail.domain.text.figures.mentions import warm
from handrail.llm.server.calls import Calls
from handrail.matrix.loader import FileMatrix
from handrail.people.loader import FilePeople
from handrail.people.staff import PeopleAtWork
from handrail.ports import (
    Cases,
    Clock,
    Consultant,
    Contacts,
    Controls,
    Customers,
    Dial,
    History,
    Journal,
    LanguageModel,
    Languages,
    Matrix,
    Openings,
    Policies,
    Ratings,
    Reader,
    ReviewersInForce,
    Router,
    Staff,
    SystemOfRecord,
    Topics,
)
from handrail.ports.loop.rollout import Releases
from handrail.postgres import owner
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.models import PostgresModels
from handrail.postgres.autonomy.reviews import PostgresContacts
from handrail.postgres.business.customers import PostgresCustomers
from handrail.postgres.business.history import PostgresHistory
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.journal import PostgresJournal
from handrail.postgres.case.openings import PostgresOpenings
from handrail.postgres.case.ratings import PostgresRatings
from handrail.postgres.pool import Pool
from handrail.postgres.queue import PostgresQueue
from handrail.quality.releases.parts import graph_version
from handrail.reading import ReadingProcess
from handrail.settings import Settings
from handrail.temporal.worker.ahead import CACHED_RUNS, RewindingRunner
from handrail.temporal.worker.announcing import AnnouncingRunner
from handrail.temporal.worker.build import ROOT, own_build
from handrail.wiring.cases.activities import case_activities, guards_of, vouchers_of
from handrail.wiring.cases.building import build_models
from handrail.wiring.cases.dialling import DialSources, definitions_of, record_of, reviewers_of, router_of
from handrail.wiring.cases.machine import LateMachine
from handrail.wiring.cases.order import fetched
from handrail.wiring.cases.runners import workflow_runner
from handrail.wiring.cases.watched import AgentModels
from handrail.wiring.days.ramping import ramped
from handrail.wiring.deploys.build import upgrading
from workflows.case import CaseWorkflow
from workflows.quality import QualityWorkflow

if TYPE_CHECKING:
    from handrail.ports.front.access import Vouchers

LOOK_SECONDS = 1.0
"""How often a worker looks for edits of the business's files, at most."""


@dataclass(frozen=True, slots=True)
class Adapters:
    """The adapters behind the ports."""

    business: Business
    clock: Clock
    topics: Topics
    dial: Dial
    controls: Controls
    policies: Policies
    reviewers: ReviewersInForce
    matrix: Matrix
    staff: Staff
    router: Router
    languages: Languages
    reader: Reader
    record: SystemOfRecord
    cases: Cases
    journal: Journal
    openings: Openings
    ratings: Ratings
    vouchers: Callable[[], Vouchers]
    contacts: Contacts
    customers: Customers
    history: History
    model: LanguageModel
    consultant: Consultant
    consulting: bool
    calls: Calls
    """Model calls under way, which a switch cuts."""
    load: Callable[[], Awaitable[object]]
    """Loads what takes seconds: the classifier and the model's client. What needs them waits; nothing else does."""
    releases: Releases | None = None
    """The release that answers a case, where there may be another than the one in force: a candidate that is ramped up."""


@asynccontextmanager
async def world(
    settings: Settings, pool: Pool, *, every: float = LOOK_SECONDS, clock: Clock | None = None
) -> AsyncIterator[Adapters]:
    """The adapters as the settings name them; edited files are looked for at most once in `every` seconds.

    `clock` is the machine's, unless another is given.

    Raises:
        DefinitionInvalid: the business or one of its files cannot be used.
        InvalidInput: the database is another business's.
    """
    from handrail.outside.loading import brought

    business, clock = brought(settings.business, settings.definitions), clock or SystemClock()
    await owner.check(pool, business)
    controls, folder = PostgresControls(pool, business), settings.definitions or business.folder
    topics, policies = definitions_of(folder, business, every)
    router = router_of(settings, topics, folder, every)
    calls = Calls(controls)
    models = AgentModels(settings, controls, PostgresModels(pool), calls)
    releases, dial = ramped(DialSources(settings, pool, folder, topics, policies, controls, clock, every), models)
    reader = ReadingProcess((sys.executable, "-m", "activities.reader"), ROOT)
    try:
        yield Adapters(
            business=business,
            clock=clock,
            topics=topics,
            dial=dial,
            controls=controls,
            policies=policies,
            reviewers=reviewers_of(settings, folder, business, every),
            matrix=FileMatrix(folder / "matrix.yaml", facts=business.customer_facts, every=every),
            staff=PeopleAtWork(FilePeople(folder / "people.yaml", every=every), PostgresQueue(pool)),
            router=router,
            languages=router,
            reader=reader,
            record=record_of(pool, business, controls, topics, clock),
            cases=PostgresCases(pool, business),
            journal=PostgresJournal(pool),
            openings=PostgresOpenings(pool),
            ratings=PostgresRatings(pool),
            vouchers=lambda: vouchers_of(pool),
            contacts=PostgresContacts(pool),
            customers=PostgresCustomers(pool, business, clock),
            history=PostgresHistory(pool, business, clock),
            model=models.base,
            consultant=releases,
            releases=releases,
            consulting=settings.consult,
            calls=calls,
            load=lambda: asyncio.gather(router.load(), models.base.load(), asyncio.to_thread(warm)),
        )
    finally:
        await reader.aclose()
        await models.aclose()


def case_nodes(world: Adapters, approval_minutes: int) -> CaseNodes:
    """The real nodes over the adapters."""
    guardrail = GuardrailNode(
        world.topics,
        world.dial,
        world.record,
        world.policies,
        world.cases,
        world.clock,
        links=world.business.links,
        reviewers=world.reviewers.now,
        languages=world.languages,
        situation=PolicyFactsReader(world.customers, world.history, world.clock),
    )
    clock, house = world.clock, world.business.house
    confirming = ConfirmNode(world.cases, clock, world.business.disclosure, world.staff.say, house)
    screen = Screen(world.topics, world.dial, world.cases, world.contacts)
    return CaseNodes(
        classify=ClassifyNode(
            world.router, screen, world.topics, world.customers, clock, consulting=world.consulting
        ).classify,
        consult=ConsultNode(world.consultant, screen, world.topics, world.dial).consult,
        agent=AgentNode(
            world.model, world.topics, world.dial, world.record, world.cases, clock, graph_version(), releases=world.releases
        ).agent,
        guardrail=guardrail.guardrail,
        approval=ApprovalNode(approval_minutes).approval,
        answer=confirming.answer,
        confirm=confirming.confirm,
        act=ActNode(world.record, world.clock).act,
        resolve=ResolveNode(world.cases, clock, world.business.disclosure, house).resolve,
        escalate=EscalateNode(world.cases, world.matrix, world.staff, world.customers, clock, house).escalate,
    )


def case_worker(
    client: Client,
    settings: Settings,
    world: Adapters,
    nodes: CaseNodes,
    machine: LateMachine | None = None,
    runner: WorkflowRunner | None = None,
    day: DayActivities | None = None,
    version: WorkerDeploymentVersion | None = None,
) -> Worker:
    """A worker for the `case` workflow and its activities; many may run side by side. `machine` runs turns on these nodes.

    `runner` runs workflow code. With `day` it does the business's day, too. With a `version` it works once that is current.
    """
    build_models()
    runs = RewindingRunner(AnnouncingRunner(runner or workflow_runner(settings)))
    worker = Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[CaseWorkflow, *([QualityWorkflow] if day else [])],
        activities=[*case_activities(client, settings, world, nodes, machine), *(day.all() if day else [])],
        workflow_runner=runs,
        **({"deployment_config": upgrading(version)} if version else {"build_id": own_build()}),
        graceful_shutdown_timeout=timedelta(seconds=settings.drain_seconds),
        max_cached_workflows=CACHED_RUNS,
        **fetched(settings.concurrency, guards_of(settings)),
        max_heartbeat_throttle_interval=timedelta(seconds=BEAT_SECONDS),
    )
    runs.evict_from(worker)
    return worker
