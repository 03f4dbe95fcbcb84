"""The stage of a process: the real nodes and their machine, over the world of the simulation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

from graphs.case import build_case_graph
from graphs.engine.machine import CaseMachine
from handrail.business import load_business
from handrail.domain.team.reviewers import FILE as REVIEWERS
from handrail.domain.text.figures.mentions import warm
from handrail.matrix.loader import FileMatrix
from handrail.people.loader import FilePeople
from handrail.people.staff import PeopleAtWork
from handrail.policies.loader import FilePolicies
from handrail.reviewers.loader import FileReviewers
from handrail.routing.router import LocalRouter
from handrail.simulation.plan import SimulationPlan
from handrail.simulation.world.clock import SimulatedClock
from handrail.simulation.world.levers import ControlsOfDay, NoWindows, PoliciesOfDay, RememberingRouter
from handrail.simulation.world.record import SimulatedRecord
from handrail.simulation.world.shelves import Shelves
from handrail.simulation.world.speaker import SimulatedModel
from handrail.simulation.world.systems import SimulatedSystems
from handrail.topics.dial import TopicDial
from handrail.topics.loader import FileTopics
from handrail.wiring.cases.building import build_models
from handrail.wiring.cases.worker import Adapters, case_nodes

NEVER = 1e9
"""Seconds: no file is looked at twice, for within a simulated day nobody edits one."""
APPROVAL_MINUTES = 2_880
BUSINESS = "handrail.shop"


class SimulatedStage:
    """The machine over the world in memory. `load` trains the classifier, which takes seconds."""

    def __init__(self, plan: SimulationPlan, definitions: Path, mistaken: Path) -> None:
        """`definitions` are the business's files, `mistaken` the folder of its policies after the mistake."""
        self.plan = plan
        self.business = business = load_business(BUSINESS)
        self.clock = SimulatedClock(plan.begins(1 - plan.quiet))
        self.record, self.controls = SimulatedRecord(), ControlsOfDay()
        self.shelves, self.model = Shelves(self.clock), SimulatedModel(plan.seed)
        self.systems = SimulatedSystems(business, self.shelves, self.record, self.clock)
        self.policies = PoliciesOfDay(
            FilePolicies.of(definitions / "policies", business, every=NEVER),
            FilePolicies.of(mistaken, business, every=NEVER),
        )
        topics = FileTopics(definitions / "topics", business.by_name, every=NEVER)
        self._router = LocalRouter(topics, definitions / "risk.yaml", every=NEVER)
        nodes = case_nodes(self._world(definitions, topics), APPROVAL_MINUTES)
        self.machine = CaseMachine(build_case_graph(nodes), self.record)

    def _world(self, definitions: Path, topics: FileTopics) -> Adapters:
        """The adapters; what no node of the graph uses is nobody."""
        business, nobody = self.business, cast(Any, None)
        return Adapters(
            business=business,
            clock=self.clock,
            topics=topics,
            dial=TopicDial(self.controls),
            controls=nobody,
            policies=self.policies,
            reviewers=FileReviewers(
                definitions / REVIEWERS, facts=business.facts, tools=business.by_name, strict=False, every=NEVER
            ),
            matrix=FileMatrix(definitions / "matrix.yaml", facts=business.customer_facts, every=NEVER),
            staff=PeopleAtWork(FilePeople(definitions / "people.yaml", every=NEVER), NoWindows()),
            router=RememberingRouter(self._router),
            languages=self._router,
            reader=nobody,
            record=self.systems,
            cases=self.record,
            journal=self.record,
            openings=nobody,
            ratings=nobody,
            contacts=self.record,
            customers=self.systems,
            history=self.systems,
            model=self.model,
            consultant=self.model,
            consulting=True,
            calls=nobody,
            vouchers=nobody,
            load=self._router.load,
        )

    async def load(self) -> None:
        """Train the classifier, and build what else is built once."""
        build_models()
        await asyncio.gather(self._router.load(), asyncio.to_thread(warm))
