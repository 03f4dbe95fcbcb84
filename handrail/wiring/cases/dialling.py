"""Files of a business, wired; and the dial: every source that lowers a topic's autonomy, the release gate among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from handrail.business import Business
from handrail.domain.autonomy.topics import Topic
from handrail.domain.errors import ToolChanged
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.team.reviewers import FILE as REVIEWERS
from handrail.domain.text.packs import SHELF
from handrail.llm.server.address import served
from handrail.policies.loader import FilePolicies
from handrail.ports import Clock, Lever, Topics
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.models import PostgresModels
from handrail.postgres.autonomy.reviews import PostgresReviewGates
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.pool import Pool
from handrail.postgres.quality.evaluations import PostgresReleases
from handrail.quality.releases.gate import ReleaseGate
from handrail.quality.releases.loader import FileRelease
from handrail.quality.releases.parts import artefact_version, graph_version, parts_of, router_parts, tools_version
from handrail.reviewers.loader import FileReviewers
from handrail.routing.router import LocalRouter
from handrail.settings import Settings
from handrail.topics.dial import GateLever, TopicDial
from handrail.topics.loader import FileTopics

if TYPE_CHECKING:
    from handrail.routing.model.artefact import Artefact

LATEST = 3
"""Cases whose answers tell what the model's server calls itself now."""
LOOKS = 5
"""Looks at edited files for each at what has passed, which is in the record."""


def definitions_of(folder: Path, business: Business, every: float) -> tuple[FileTopics, FilePolicies]:
    """Return the topics and policies in the folder. Raises: DefinitionInvalid."""
    topics = FileTopics(folder / "topics", business.by_name, every=every)
    return topics, FilePolicies.of(folder / "policies", business, every=every)


def record_of(pool: Pool, business: Business, controls: PostgresControls, topics: Topics, clock: Clock) -> PostgresRecord:
    """Return the business's tools, those from outside with what switches them off once they change."""

    async def off(changed: ToolChanged) -> None:
        from handrail.wiring.cases.outside import ToolSwitch

        await ToolSwitch(pool, controls, topics, clock).off(changed)

    return PostgresRecord(pool, business, clock, off)


def reviewers_of(settings: Settings, folder: Path, business: Business, every: float) -> FileReviewers:
    """Return who may decide what. Raises: DefinitionInvalid."""
    return FileReviewers(
        folder / REVIEWERS, facts=business.facts, tools=business.by_name, strict=settings.reviewers_strict, every=every
    )


def trained(folder: Path | None) -> Artefact | None:
    """Load a trained router where one is named. Raises: DefinitionInvalid: see `Artefact.load`."""
    if folder is None:
        return None
    from handrail.routing.model.artefact import Artefact

    return Artefact.load(folder)


def router_of(settings: Settings, topics: FileTopics, folder: Path, every: float) -> LocalRouter:
    """Return the router over the topics, which knows the settings' languages. Raises: DefinitionInvalid."""
    if settings.languages is not None:
        SHELF.add(settings.languages)
    router = LocalRouter(topics, folder / "risk.yaml", trained(settings.router), every=every, kept=settings.cache_dir)
    router.check()
    return router


class TopicsOfRelease(Protocol):
    """The topics that a release is made of."""

    def all(self) -> Sequence[Topic]: ...


@dataclass(frozen=True, slots=True)
class DialSources:
    """The sources of a topic's dial; edited files are looked for at most once in `every` seconds."""

    settings: Settings
    pool: Pool
    folder: Path
    topics: FileTopics
    policies: FilePolicies
    controls: Lever
    clock: Clock
    every: float

    def dial(self) -> TopicDial:
        """Return the strictest of review gate, release gate and controls. Raises: DefinitionInvalid: see `release_gate`."""
        return TopicDial(self.review_gates(), self.release_gate(self.settings, self.topics), self.controls)

    def review_gates(self) -> GateLever:
        """Return the topics' review gates as a lever."""
        return GateLever(PostgresReviewGates(self.pool, self.clock), self.clock)

    def release_gate(self, settings: Settings, topics: TopicsOfRelease) -> ReleaseGate:
        """Return the release gate over these settings and topics. Raises: DefinitionInvalid: see `release_gate`."""
        return release_gate(
            settings, self.pool, self.folder, topics, lambda: self.policies.version, self.clock, every=self.every
        )


def release_gate(
    settings: Settings,
    pool: Pool,
    folder: Path,
    topics: TopicsOfRelease,
    policies: Callable[[], str],
    clock: Clock,
    *,
    every: float = 0.0,
) -> ReleaseGate:
    """Return the release gate over what these settings have in force; it looks for edits at most once in `every` seconds.

    `policies` gives the version of the policies; it is asked where a gate is set, or for what is in force.

    Raises:
        DefinitionInvalid: `release.yaml` cannot be used.
    """
    artefact = artefact_version(settings.router)
    asked = served(settings.model, settings.openai_base_url)

    async def reported() -> list[str]:
        return await PostgresModels(pool).latest(asked, LATEST)

    def parts(names: Sequence[str]) -> ReleaseParts:
        return parts_of(
            model=settings.model,
            server=settings.openai_base_url,
            reported=names,
            topics=topics.all(),
            policies=policies(),
            graph=graph_version(),
            router=router_parts(artefact, folder),
            tools=tools_version(folder),
        )

    return ReleaseGate(
        FileRelease(folder, every=every).now, PostgresReleases(pool), reported, parts, clock, every=LOOKS * every
    )
