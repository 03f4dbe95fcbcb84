"""Runs an evaluation: every test several times, through each variant, side by side; nothing of it is real but the model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from handrail.business import Business
from handrail.domain.errors import InvalidInput
from handrail.domain.llm.names import Meaning
from handrail.domain.quality.evaluation.corrections import Correction
from handrail.domain.quality.evaluation.evaluations import (
    EvaluatedTest,
    EvaluatedVariant,
    EvaluationReport,
    EvaluationTerms,
    ReleaseParts,
)
from handrail.outside.loading import brought
from handrail.policies.loader import FilePolicies
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import open_pool
from handrail.quality.evaluation.comparing import compared, summed, verdict
from handrail.quality.evaluation.judging import failing
from handrail.quality.evaluation.play import Player
from handrail.quality.evaluation.variants import WantedVariant, laid_out, set_up
from handrail.quality.playing.course import TurnCourse
from handrail.quality.playing.definitions import builder, module_version
from handrail.quality.releases.parts import artefact_version, graph_version, parts_of, router_parts, tools_version
from handrail.settings import Settings
from handrail.wiring.cases.worker import Adapters, world

AT_ONCE = 4
NOTHING = "There is no accepted correction to test with. Accept some, `handrail corrections list`, or name a --suite."
NO_TROUBLE = 1_000_000
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class EvaluationTest:
    """An accepted correction under its id, or a suite's test in the shape of one."""

    __test__ = False

    correction_id: str
    correction: Correction


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation of tests. `database` is the URL of one that is thrown away afterwards; `tell` hears how far it is."""

    settings: Settings
    tests: Sequence[EvaluationTest]
    repeats: int
    terms: EvaluationTerms
    asked_by: str
    database: str
    held_out: bool = False
    only: str | None = None
    suite: str | None = None
    stored: EvaluationReport | None = None
    tell: Tell = field(default=lambda words: None)

    async def run(self, wanted: WantedVariant, folder: Path) -> EvaluationReport:
        """Run what is wanted, beside the `stored` evaluation; without one, and where it is another than in force, beside that.

        Raises:
            InvalidInput: there is nothing to test with, or what is wanted cannot be had.
            DefinitionInvalid: a file of the business's, or of what is wanted, cannot be used.
        """
        if not self.tests:
            raise InvalidInput(NOTHING)
        if self.stored is not None:
            check_common(self.stored, self.tests)
        began = datetime.now(UTC)
        business = replace(brought(self.settings.business, self.settings.definitions), migrations=None, known_customer=anybody)
        await migrate(self.database, business, began)
        definitions = self.settings.definitions or business.folder
        candidate = await self._variant(wanted, business, laid_out(folder / "candidate", wanted, definitions))
        baseline = self.stored.candidate if self.stored else None
        if baseline is None and wanted.different:
            plain = WantedVariant()
            baseline = await self._variant(plain, business, laid_out(folder / "baseline", plain, definitions))
        comparison = compared(baseline, candidate, self.terms.margins) if baseline else None
        passed, why = verdict(candidate, comparison, self.terms)
        report = EvaluationReport(
            evaluation_id=f"e-{uuid4().hex[:10]}",
            asked_by=self.asked_by,
            began_at=began,
            ended_at=datetime.now(UTC),
            repeats=self.repeats,
            only=self.only,
            suite=self.suite,
            beside=self.stored.evaluation_id if self.stored else None,
            candidate=candidate,
            baseline=baseline,
            comparison=comparison,
            passed=passed,
            why=why,
        )
        return report.counts() if self.held_out else report

    async def _variant(self, wanted: WantedVariant, business: Business, definitions: Path) -> EvaluatedVariant:
        settings = set_up(quiet(self.settings, self.database), wanted, definitions)
        build, models = builder(wanted.graph), set[str]()
        pool = await open_pool(self.database, size=2 * AT_ONCE)
        try:
            async with world(settings, pool) as adapters:
                await adapters.load()
                player = Player(adapters, business, pool, build, settings.approval_minutes)
                name = "candidate" if wanted.different else "in force"
                tests = await self._all(player, name, models)
                parts = parts_in(settings, adapters, definitions, wanted.graph, sorted(models))
        finally:
            await pool.close()
        priced = bool(settings.model_price_prompt or settings.model_price_completion)
        return summed(parts, tests, repeats=self.repeats, priced=priced)

    async def _all(self, player: Player, name: str, models: set[str]) -> list[EvaluatedTest]:
        free, done = asyncio.Semaphore(AT_ONCE), 0

        async def played(test: EvaluationTest) -> EvaluatedTest:
            nonlocal done
            async with free:
                runs = [await player.play(test.correction, f"test-{uuid4().hex[:12]}") for _ in range(self.repeats)]
            done += 1
            self.tell(f"{name}: {done} of {len(self.tests)}")
            models.update(*(run.models for run in runs))
            return judged(test, runs)

        return list(await asyncio.gather(*map(played, self.tests)))


def check_common(stored: EvaluationReport, tests: Sequence[EvaluationTest]) -> None:
    """Raises: InvalidInput: the stored evaluation tells counts alone, or has played none of these tests."""
    if stored.held_out:
        raise InvalidInput(f"--baseline: {stored.evaluation_id} tells counts of what is held out alone. Name another.")
    played = {one.correction_id for one in stored.candidate.cases}
    if not any(one.correction_id in played for one in tests):
        raise InvalidInput(f"--baseline: {stored.evaluation_id} has played none of these tests. Name one that has.")


def judged(test: EvaluationTest, runs: Sequence[TurnCourse]) -> EvaluatedTest:
    """Judge the runs of one test."""
    whys = [failing(test.correction, run) for run in runs]
    last = next((run for run, why in zip(reversed(runs), reversed(whys), strict=True) if why), None)
    correction = test.correction
    return EvaluatedTest(
        correction_id=test.correction_id,
        kind=correction.kind,
        topic=correction.topic,
        reason=correction.reason,
        runs=len(runs),
        passes=sum(not why for why in whys),
        handed_over=sum(bool(run.escalation) for run in runs),
        refused=sum(run.refused for run in runs),
        unrecorded=sum(run.unrecorded for run in runs),
        cost_usd=sum(run.cost_usd for run in runs),
        seconds=[round(run.seconds, 3) for run in runs],
        why=next((why for why in reversed(whys) if why), ""),
        did=did(correction, last),
    )


def did(correction: Correction, run: TurnCourse | None) -> dict[str, Any] | None:
    """Return what a run proposed in place of what the person did."""
    found = run.of(correction.action) if run else []
    return dict(found[0].proposal.arguments) if found else None


def quiet(settings: Settings, database: str) -> Settings:
    """Return the settings over the throw-away record, in which no trouble with a model lowers anything."""
    changes = {
        "database_url": SecretStr(database),
        "model_trouble_calls": NO_TROUBLE,
        "model_change": Meaning.IGNORE,
        "model_version_change": Meaning.IGNORE,
        "approved_models": "",
    }
    return settings.model_copy(update=changes)


def parts_in(
    settings: Settings, adapters: Adapters, definitions: Path, graph: str | None, reported: Sequence[str]
) -> ReleaseParts:
    """Return what the variant is made of."""
    policies = FilePolicies.of(definitions / "policies", adapters.business)
    return parts_of(
        model=settings.model,
        server=settings.openai_base_url,
        reported=reported,
        topics=adapters.topics.all(),
        policies=policies.version,
        graph=graph_version() if graph is None else module_version(graph),
        router=router_parts(artefact_version(settings.router), definitions),
        tools=tools_version(definitions),
    )


async def anybody(connection: Any, customer_id: str) -> bool:
    """Know every customer: those of corrections are nobody's."""
    return True
