"""Plays the first turn of a case through a candidate's graph, within the process that knows nothing but whom to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from graphs.ruling.ruling_pass import REFUSED
from graphs.state import CaseState
from handrail.business import Business, load_business
from handrail.clock import SystemClock
from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.case.cases import CaseRow, RuledProposal
from handrail.domain.case.messages import Message
from handrail.domain.rollout.shadows import ProposedEffect, ShadowAnswer, ShadowCase, ruled_by_policies
from handrail.matrix.loader import FileMatrix
from handrail.people.loader import FilePeople
from handrail.people.staff import PeopleAtWork
from handrail.quality.playing.course import TurnCourse, follow
from handrail.quality.playing.definitions import Build, builder
from handrail.quality.shadow.asking import AskedHouse, ShadowCases, ShadowModel, ShadowStopped, ShadowSystems
from handrail.quality.shadow.wire import ShadowTerms
from handrail.settings import Settings
from handrail.topics.dial import TopicDial
from handrail.wiring.cases.dialling import definitions_of, reviewers_of, router_of
from handrail.wiring.cases.worker import Adapters, case_nodes

NEVER = float("inf")
WORDS = 500


class Absent:
    """A port that no turn in a shadow reaches: using it ends the play."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def use(*_: object, **__: object) -> Any:
            raise ShadowStopped(f"{name}: no shadow reaches this")

        return use


@dataclass(frozen=True, slots=True)
class ShadowPlayer:
    """Plays cases through the graph that `build` builds, over the ports of one candidate."""

    adapters: Adapters
    build: Build
    house: AskedHouse
    approval_minutes: int

    @classmethod
    async def loaded(cls, terms: ShadowTerms, house: AskedHouse) -> ShadowPlayer:
        """Load the candidate. Raises: InvalidInput, DefinitionInvalid: it cannot be used."""
        folder, business = Path(terms.definitions), load_business(terms.business)
        settings = Settings(
            business=terms.business,
            definitions=folder,
            router=None if terms.router is None else Path(terms.router),
            languages=None if terms.languages is None else Path(terms.languages),
            cache_dir=None if terms.cache_dir is None else Path(terms.cache_dir),
        )
        adapters = await _adapters(settings, folder, business, house, consulting=terms.consult)
        return cls(adapters, builder(terms.graph), house, terms.approval_minutes)

    async def answer(self, case: ShadowCase) -> ShadowAnswer:
        """Play the first turn, as far as what comes of it is settled; nothing behind that counts."""
        self.house.begin()
        said = [Message.model_validate(one) for one in case.messages]
        cases: Any = ShadowCases(self.house, said)
        row = CaseRow(
            case_id=case.case_id,
            customer_id=case.customer_id,
            channel=case.channel,
            opened_at=case.opened_at,
            updated_at=case.opened_at,
            version=1,
        )
        state = CaseState(row=row, turn=1, sequence=len(said), incoming=said)
        played, failed = TurnCourse(), ""
        try:
            graph = self.build(case_nodes(replace(self.adapters, cases=cases), self.approval_minutes))
            await follow(graph, state, played, lambda: settled(played))
        except ShadowStopped as stopped:
            failed = "" if self.house.stopped else str(stopped)
        except Exception as error:  # noqa: BLE001 - whatever a candidate's graph raises, it is told
            failed = f"{type(error).__name__}: {error}"[:WORDS]
        return self._told(played, failed)

    def _told(self, played: TurnCourse, failed: str) -> ShadowAnswer:
        effect = next((one for one in played.ruled if decisive(one)), None)
        replies = [one for one in played.ruled if one.proposal.kind is ProposalKind.REPLY]
        last = replies[-1] if replies and effect is None else None
        passes = None if last is None else last.verdict.ruling is not Ruling.BLOCK
        return ShadowAnswer(
            topic=played.topic,
            to_people=bool(played.escalation),
            reason=played.escalation,
            effect=None if effect is None else proposed(effect),
            reply=None if last is None else str(last.proposal.arguments.get("text", "")),
            passes=passes,
            sent_back=sum(one.verdict.ruling is Ruling.BLOCK for one in replies),
            looked_up=list(self.house.looked_up),
            refused=list(self.house.refused),
            models=sorted(played.models),
            stopped=self.house.stopped,
            failed="" if self.house.stopped else failed,
        )


async def _adapters(settings: Settings, folder: Path, business: Business, house: AskedHouse, *, consulting: bool) -> Adapters:
    topics, policies = definitions_of(folder, business, NEVER)
    router, clock = router_of(settings, topics, folder, NEVER), SystemClock()
    await router.load()
    model, systems = ShadowModel(house), ShadowSystems(house, business)
    absent: Any = Absent()
    return Adapters(
        business=business,
        clock=clock,
        topics=topics,
        # The topic's own file alone: a switch or a review gate says nothing about what a candidate would do.
        dial=TopicDial(),
        controls=absent,
        policies=policies,
        reviewers=reviewers_of(settings, folder, business, NEVER),
        matrix=FileMatrix(folder / "matrix.yaml", facts=business.customer_facts, every=NEVER),
        staff=PeopleAtWork(FilePeople(folder / "people.yaml", every=NEVER), absent),
        router=router,
        languages=router,
        reader=absent,
        record=systems,
        cases=absent,
        journal=absent,
        openings=absent,
        ratings=absent,
        vouchers=absent,
        contacts=systems,
        customers=systems,
        history=systems,
        model=model,
        consultant=model,
        consulting=consulting,
        calls=absent,
        load=absent,
    )


def settled(played: TurnCourse) -> bool:
    """Return whether what comes of the turn is settled: people, an effect that was ruled on, a reply that passes."""
    passed = any(one.proposal.kind is ProposalKind.REPLY and one.verdict.ruling is not Ruling.BLOCK for one in played.ruled)
    return bool(played.escalation) or passed or any(decisive(one) for one in played.ruled)


def decisive(ruled: RuledProposal) -> bool:
    """Return whether this is an effect that was ruled on: one that the business refused already goes back to the model."""
    hits = ruled.verdict.hits
    return ruled.proposal.kind is ProposalKind.EFFECT and not (hits and hits[0].rule == REFUSED)


def proposed(ruled: RuledProposal) -> ProposedEffect:
    """Return what would have been proposed."""
    hits = ruled.verdict.hits
    return ProposedEffect(
        action=ruled.proposal.action,
        arguments=dict(ruled.proposal.arguments),
        ruling=ruled_by_policies(hits),
        rules=[f"{hit.policy}/{hit.rule}" for hit in hits],
    )
