"""Doing an evaluation for the command line: the tests of the record, the model that is asked, the report that is kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handrail.cli.common.world import CliContext
    from handrail.domain.quality.evaluation.evaluations import EvaluationReport
    from handrail.domain.quality.evaluation.releases import ReleaseFile
    from handrail.embedded.throwaway import Renewable
    from handrail.quality.evaluation.run import EvaluationTest
    from handrail.quality.evaluation.variants import WantedVariant
    from handrail.settings import Settings

MOST = 2_000
LOOKED_AT = 50
IN_FORCE = "in-force"


@dataclass(frozen=True, slots=True)
class EvaluationAsked:
    """An evaluation as it is asked for."""

    wanted: WantedVariant
    repeats: int
    by: str
    held_out: bool = False
    only: str | None = None
    suite: Path | None = None
    baseline: str | None = None
    quiet: bool = False


async def evaluated(place: CliContext, settings: Settings, asked: EvaluationAsked, throwaway: Renewable) -> EvaluationReport:
    """Retire what is outdated, take the tests, play them, keep the report.

    Raises:
        InvalidInput: there is nothing to test with, or what is wanted is not there.
        DefinitionInvalid, Unreachable, StackFailed.
    """
    import tempfile

    from handrail.domain.quality.evaluation.evaluations import EvaluationTerms
    from handrail.postgres.quality.corrections import PostgresCorrections
    from handrail.postgres.quality.evaluations import PostgresEvaluations
    from handrail.quality.corrections.collecting import CorrectionCollector
    from handrail.quality.evaluation.run import Evaluation, EvaluationTest
    from handrail.wiring.days.relied import in_force

    definitions = place.settings.definitions or place.business.folder
    name, suite = suite_of(place, asked)
    async with place.pool() as pool:
        corrections = PostgresCorrections(pool)
        await CorrectionCollector(corrections).retire(in_force(definitions, place.business))
        taken = await corrections.tests(held_out=asked.held_out, topic=asked.only, limit=MOST)
        evaluation = Evaluation(
            settings,
            [*(EvaluationTest(row.correction_id, row.body) for row in taken), *suite],
            asked.repeats,
            rules_of(place) or EvaluationTerms(),
            asked.by,
            throwaway.pristine,
            held_out=asked.held_out,
            only=asked.only,
            suite=name,
            stored=await baseline_of(place, pool, asked.baseline),
            tell=(lambda words: None) if asked.quiet else progress,
        )
        await throwaway.lay_out()
        with tempfile.TemporaryDirectory() as folder:
            report = await evaluation.run(asked.wanted, Path(folder))
        await PostgresEvaluations(pool).keep(report)
        return report


def suite_of(place: CliContext, asked: EvaluationAsked) -> tuple[str | None, list[EvaluationTest]]:
    """Return the suite's name with its version, and its tests; nothing where none is asked for.

    Raises:
        InvalidInput: the file cannot be read, or what is held out is asked for.
        DefinitionInvalid: a line of it is wrong.
    """
    from handrail.cli.common.rail import topics
    from handrail.domain.errors import InvalidInput
    from handrail.quality.evaluation.run import EvaluationTest
    from handrail.quality.evaluation.suite import PREFIX, as_correction, load_suite

    if asked.suite is None:
        return None, []
    if asked.held_out:
        raise InvalidInput("--suite: everybody can read it, and --held-out plays what nobody sees. Leave one of them out.")
    found = load_suite(asked.suite, place.business, [topic.name for topic in topics(place)])
    tests = [one for one in found.value.tests if asked.only in (None, one.topic)]
    return f"{asked.suite.name} {found.version}", [EvaluationTest(f"{PREFIX}{one.id}", as_correction(one)) for one in tests]


async def baseline_of(place: CliContext, pool: Any, wanted: str | None) -> EvaluationReport | None:
    """Return the stored evaluation of this id, of `in-force` the newest one of the release in force; None for None.

    Raises:
        InvalidInput: there is none.
    """
    from handrail.cli.quality.evaluation.releasing import gate_over
    from handrail.domain.errors import InvalidInput
    from handrail.postgres.quality.evaluations import PostgresEvaluations

    if wanted is None:
        return None
    record = PostgresEvaluations(pool)
    if wanted != IN_FORCE:
        return await record.show(wanted)
    release = (await gate_over(place.settings, place.business, pool).in_force()).release
    found = next((one for one in await record.newest(LOOKED_AT, release) if not one.held_out), None)
    if found is None:
        words = f"no evaluation of the release in force, {release}, is stored. Leave it out: what is in force is played, too."
        raise InvalidInput(f"--baseline: {words}")
    return found


def rules_of(place: CliContext) -> ReleaseFile | None:
    """Read `release.yaml`; None where there is none. Raises: DefinitionInvalid."""
    from handrail.quality.releases.loader import FileRelease

    return FileRelease(place.settings.definitions or place.business.folder).now()


def check_gatekeeper(rules: ReleaseFile | None, name: str, option: str) -> None:
    """Raises: InvalidInput: there is no `release.yaml`, or it does not name this person as a gatekeeper."""
    from handrail.domain.errors import InvalidInput

    if rules is None:
        raise InvalidInput(f"{option}: no release.yaml names gatekeepers. Write one: gatekeepers: [NAME].")
    if not rules.keeps(name):
        raise InvalidInput(f"{option}: {name} is no gatekeeper. release.yaml names {', '.join(rules.gatekeepers)}.")


@contextmanager
def model_at(settings: Settings) -> Iterator[Settings]:
    """The settings with the model server that is named or that a stack runs, else with an offline model while it lasts."""
    import tempfile

    from handrail.cli.quality.evaluation.releasing import with_model
    from handrail.embedded.model import OfflineModel
    from handrail.embedded.ports import free_block
    from handrail.embedded.process import run as running
    from handrail.settings import model_url

    settings = with_model(settings, settings.data_dir)
    with ExitStack() as stack:
        if model_url(settings) is None:
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="handrail-model-", ignore_cleanup_errors=True))
            )
            model = OfflineModel(free_block(1))
            stack.enter_context(running(model, folder / "model.log"))
            settings = settings.model_copy(update={"openai_base_url": model.url, "model": model.serves})
        yield settings


def progress(words: str) -> None:
    """Tell how far it is, on standard error."""
    sys.stderr.write(f"{words}\n")
