"""The files of the quality loop, read by the very loaders that count by them."""

from __future__ import annotations

from pathlib import Path

from handrail.checking.findings import CheckPart, Collector
from handrail.checking.parts import read_part
from handrail.checking.subject import PackageUnderCheck
from handrail.definitions import Document
from handrail.domain.counting import many
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.outcomes import OutcomeDefinitions
from handrail.domain.quality.watch.drift import DriftDefinitions, fall_series, judged_series
from handrail.quality.governor.loader import GOVERNOR_FILE, SHIPPED_GOVERNOR, governor_file, read_governor
from handrail.quality.judging.loader import SHIPPED as SHIPPED_RUBRICS
from handrail.quality.judging.loader import canary_file, load_rubric, read_canary, read_rubric, rubric_file
from handrail.quality.outcomes.loader import OUTCOMES, SHIPPED, outcomes_file, read_outcomes
from handrail.quality.releases.loader import FILE as RELEASE
from handrail.quality.releases.loader import read_release
from handrail.quality.scoring.loader import QUALITY, quality_file, read_quality
from handrail.quality.scoring.loader import SHIPPED as QUALITY_SHIPPED
from handrail.quality.watching.loader import DRIFT, SHIPPED_DRIFT, drift_file, load_drift, read_drift
from handrail.quality.weekly.targets import SHIPPED as SHIPPED_TARGETS
from handrail.quality.weekly.targets import read_targets, targets_file


def check(subject: PackageUnderCheck, found: Collector) -> None:
    """Read all of them; each problem of each file is a finding."""
    _outcomes(subject, found)
    _quality(subject, found)
    _release(subject, found)
    _judging(subject, found)


def _outcomes(subject: PackageUnderCheck, found: Collector) -> None:
    path = outcomes_file(subject.folder)
    read = read_part(CheckPart.OUTCOMES, path, found, read_outcomes)
    if read is not None:
        whose = f"the shipped {OUTCOMES}" if path == SHIPPED else "its own"
        found.looked_at(CheckPart.OUTCOMES, f"{many(len(read.indicators), 'indicator')}, {whose}")
        _targets(subject, found, read)
        _drift(subject, found, read)


def _targets(subject: PackageUnderCheck, found: Collector, counted: OutcomeDefinitions) -> None:
    path = targets_file(subject.folder)
    if path == SHIPPED_TARGETS:
        found.looked_at(CheckPart.TARGETS, "none of its own: the page of a week shows the shipped examples")
        return
    targets = read_part(CheckPart.TARGETS, path, found, lambda read: read_targets(read, counted))
    if targets is not None:
        found.looked_at(CheckPart.TARGETS, f"{many(len(targets.indicators), 'target')}, set by {targets.set_by}")


def _drift(subject: PackageUnderCheck, found: Collector, counted: OutcomeDefinitions) -> None:
    path = drift_file(subject.folder)

    def watched(read: list[Document]) -> DriftDefinitions:
        criteria = _criteria(subject)
        shipped = path == SHIPPED_DRIFT
        return load_drift(subject.folder, counted, criteria).value if shipped else read_drift(read, counted, criteria)

    drift = read_part(CheckPart.DRIFT, path, found, watched)
    if drift is None:
        return
    whose = f"the shipped {DRIFT}" if path == SHIPPED_DRIFT else "its own"
    found.looked_at(CheckPart.DRIFT, f"{many(len(drift.indicators), 'indicator')}, {whose}")
    agents = None if subject.topics is None else [name for name, one in subject.topics.items() if not one.people_only]
    watched_names = [*drift.indicators, *map(fall_series, drift.falling), *map(judged_series, drift.judged)]
    path = governor_file(subject.folder)
    rules = read_part(CheckPart.GOVERNOR, path, found, lambda read: read_governor(read, watched_names, agents))
    if rules is not None:
        whose = f"the shipped {GOVERNOR_FILE}" if path == SHIPPED_GOVERNOR else "its own"
        found.looked_at(CheckPart.GOVERNOR, f"{many(len(rules.rules), 'rule')}, {whose}")


def _quality(subject: PackageUnderCheck, found: Collector) -> None:
    path = quality_file(subject.folder)
    read = read_part(CheckPart.QUALITY, path, found, read_quality)
    if read is not None:
        whose = f"the shipped {QUALITY}" if path == QUALITY_SHIPPED else "its own"
        found.looked_at(CheckPart.QUALITY, f"{many(read.per_day, 'case')} a day, {whose}")


def _release(subject: PackageUnderCheck, found: Collector) -> None:
    path = subject.folder / RELEASE
    if not path.is_file():
        return found.looked_at(CheckPart.RELEASE, "no gate: whatever is in force answers at its topic's autonomy")
    read = read_part(CheckPart.RELEASE, path, found, read_release)
    if read is None:
        return None
    return found.looked_at(CheckPart.RELEASE, f"a gate that {many(len(read.gatekeepers), 'person', 'people')} may open")


def _judging(subject: PackageUnderCheck, found: Collector) -> None:
    topics = None if subject.topics is None else list(subject.topics)
    path = rubric_file(subject.folder)
    rubric = read_part(CheckPart.RUBRIC, path, found, lambda read: read_rubric(read, topics))
    if rubric is not None:
        found.looked_at(CheckPart.RUBRIC, f"{many(len(rubric.criteria), 'criterion', 'criteria')}, {_whose(path)}")
    path = canary_file(subject.folder)
    canary = read_part(CheckPart.CANARY, path, found, read_canary)
    if canary is not None:
        found.looked_at(CheckPart.CANARY, f"{many(len(canary.prompts), 'prompt')}, {_whose(path)}")


def _criteria(subject: PackageUnderCheck) -> list[str] | None:
    """Return the criteria of the rubric; None where it cannot be read, which is found elsewhere."""
    try:
        return list(load_rubric(subject.folder).value.criteria)
    except DefinitionInvalid:
        return None


def _whose(path: Path) -> str:
    return f"the shipped {path.name}" if path.parent == SHIPPED_RUBRICS else "its own"
