"""Every YAML file of a business, read by the very loaders that the workers use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from handrail.checking.findings import CheckPart, Collector
from handrail.checking.subject import PackageUnderCheck
from handrail.definitions import Document, files
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.counting import many
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.outcomes import OutcomeDefinitions
from handrail.domain.quality.drift import DriftDefinitions, judged_series
from handrail.domain.team.reviewers import FILE as REVIEWERS
from handrail.domain.team.reviewers import ReviewerFile
from handrail.domain.team.staff import Roster
from handrail.matrix import loader as matrix
from handrail.people import loader as people
from handrail.policies.language.calendars import WorkingDays
from handrail.policies.sets import build, document
from handrail.policies.worlds import RATES, TABLES, calendar_of, world_of
from handrail.quality.governor.loader import GOVERNOR_FILE, SHIPPED_GOVERNOR, governor_file, read_governor
from handrail.quality.judging.loader import SHIPPED as SHIPPED_RUBRICS
from handrail.quality.judging.loader import canary_file, load_rubric, read_canary, read_rubric, rubric_file
from handrail.quality.outcomes.loader import OUTCOMES, SHIPPED, outcomes_file, read_outcomes
from handrail.quality.releases.loader import FILE as RELEASE
from handrail.quality.releases.loader import read_release
from handrail.quality.scoring.loader import QUALITY, quality_file, read_quality
from handrail.quality.scoring.loader import SHIPPED as QUALITY_SHIPPED
from handrail.quality.watching.loader import DRIFT, SHIPPED_DRIFT, drift_file, load_drift, read_drift
from handrail.reviewers import loader as reviewers
from handrail.routing.rules import RiskRules
from handrail.topics import loader as topics

T = TypeVar("T")
RISK, MATRIX, PEOPLE = "risk.yaml", "matrix.yaml", "people.yaml"


def check(subject: PackageUnderCheck, found: Collector) -> None:
    """Read all of them; each problem of each file is a finding."""
    _topics(subject, found)
    _risk(subject, found)
    _matrix(subject, found)
    _people(subject, found)
    _reviewers(subject, found)
    _tables(subject, found)
    _outcomes(subject, found)
    _quality(subject, found)
    _release(subject, found)
    _judging(subject, found)
    _policies(subject, found)


def _read(part: CheckPart, path: Path, found: Collector, build: Callable[[list[Document]], T]) -> T | None:
    try:
        return build([document(one) for one in files(path)])
    except DefinitionInvalid as error:
        found.placed(part, str(error), path)
        return None


def _absent(part: CheckPart, path: Path, found: Collector, without: str) -> None:
    found.note(part, path, 1, f"is not there: {without}. Add it.")
    found.looked_at(part, "no file")


def _topics(subject: PackageUnderCheck, found: Collector) -> None:
    path = subject.folder / "topics"
    subject.topics = _read(CheckPart.TOPICS, path, found, lambda read: topics.build(read, subject.business.by_name))
    if subject.topics is not None:
        every = list(subject.topics.values())
        found.looked_at(CheckPart.TOPICS, many(len(every), "topic"))
        for topic in every:
            file = next(one for one in files(path) if one.stem == topic.name)
            if topic.owner is None and topic.autonomy is Autonomy.AUTO and not topic.people_only:
                words = "owner: is missing, so the topic is served as 'review'. Add `owner: NAME`, who answers for it."
                found.error(CheckPart.TOPICS, file, document(file).lines.get(("autonomy",), 1), words)
            if len(topic.examples) < 5:
                words = (
                    f"examples: {many(len(topic.examples), 'example')} teach the router little. Add some, best twenty or more."
                )
                found.note(CheckPart.TOPICS, file, document(file).lines.get(("examples",), 1), words)


def _risk(subject: PackageUnderCheck, found: Collector) -> None:
    path = subject.folder / RISK
    names = list(subject.topics or ())
    if subject.topics is None:
        return
    rules = _read(CheckPart.RISK, path, found, lambda read: RiskRules(path, lambda: names).now().value)
    if rules is not None:
        found.looked_at(CheckPart.RISK, many(len(rules.risks), "rule"))


def _matrix(subject: PackageUnderCheck, found: Collector) -> None:
    names = None if subject.topics is None else list(subject.topics)
    facts = subject.business.customer_facts
    path = subject.folder / MATRIX
    subject.matrix = _read(CheckPart.MATRIX, path, found, lambda read: matrix.build(read, names, facts))
    if subject.matrix is not None:
        found.looked_at(CheckPart.MATRIX, many(len(subject.matrix.table.rows), "row"))


def _people(subject: PackageUnderCheck, found: Collector) -> None:
    path = subject.folder / PEOPLE
    if not path.is_file():
        without = "nobody is known, so the queue hands out nothing and answers are due round the clock"
        _absent(CheckPart.PEOPLE, path, found, without)
        return
    team = _read(CheckPart.PEOPLE, path, found, people.build)
    if team is not None:
        subject.people = Roster(team.people, team.zone, team.closed)
        found.looked_at(CheckPart.PEOPLE, many(len(team.people), "person", "people"))


def _reviewers(subject: PackageUnderCheck, found: Collector) -> None:
    path = subject.folder / REVIEWERS
    if not path.is_file():
        without = "anybody may approve anything under any name, whatever role a rule asks for"
        _absent(CheckPart.REVIEWERS, path, found, without)
        return
    business = subject.business

    def made(read: list[Document]) -> ReviewerFile:
        return reviewers.build(read, business.facts, business.by_name)

    subject.reviewers = _read(CheckPart.REVIEWERS, path, found, made)
    if subject.reviewers is not None:
        people_named = many(len(subject.reviewers.people), "person", "people")
        found.looked_at(CheckPart.REVIEWERS, f"{people_named} in {many(len(subject.reviewers.roles), 'role')}")


def _tables(subject: PackageUnderCheck, found: Collector) -> None:
    there = [one for one in (subject.folder / TABLES, subject.folder / RATES) if one.is_file()]
    read: list[Document] = []
    for path in there:
        read += _read(CheckPart.TABLES, path, found, _usable) or []
    if len(read) == len(there):
        subject.world = world_of(read, _calendar(subject))
    found.looked_at(
        CheckPart.TABLES, f"{many(len(subject.world.tables), 'table')}, {'rates' if subject.world.rates else 'no rates'}"
    )


def _outcomes(subject: PackageUnderCheck, found: Collector) -> None:
    path = outcomes_file(subject.folder)
    read = _read(CheckPart.OUTCOMES, path, found, read_outcomes)
    if read is not None:
        whose = f"the shipped {OUTCOMES}" if path == SHIPPED else "its own"
        found.looked_at(CheckPart.OUTCOMES, f"{many(len(read.indicators), 'indicator')}, {whose}")
        _drift(subject, found, read)


def _drift(subject: PackageUnderCheck, found: Collector, counted: OutcomeDefinitions) -> None:
    path = drift_file(subject.folder)

    def watched(read: list[Document]) -> DriftDefinitions:
        criteria = _criteria(subject)
        shipped = path == SHIPPED_DRIFT
        return load_drift(subject.folder, counted, criteria).value if shipped else read_drift(read, counted, criteria)

    drift = _read(CheckPart.DRIFT, path, found, watched)
    if drift is None:
        return
    whose = f"the shipped {DRIFT}" if path == SHIPPED_DRIFT else "its own"
    found.looked_at(CheckPart.DRIFT, f"{many(len(drift.indicators), 'indicator')}, {whose}")
    agents = None if subject.topics is None else [name for name, one in subject.topics.items() if not one.people_only]
    watched_names = [*drift.indicators, *map(judged_series, drift.judged)]
    path = governor_file(subject.folder)
    rules = _read(CheckPart.GOVERNOR, path, found, lambda read: read_governor(read, watched_names, agents))
    if rules is not None:
        whose = f"the shipped {GOVERNOR_FILE}" if path == SHIPPED_GOVERNOR else "its own"
        found.looked_at(CheckPart.GOVERNOR, f"{many(len(rules.rules), 'rule')}, {whose}")


def _quality(subject: PackageUnderCheck, found: Collector) -> None:
    path = quality_file(subject.folder)
    read = _read(CheckPart.QUALITY, path, found, read_quality)
    if read is not None:
        whose = f"the shipped {QUALITY}" if path == QUALITY_SHIPPED else "its own"
        found.looked_at(CheckPart.QUALITY, f"{many(read.per_day, 'case')} a day, {whose}")


def _release(subject: PackageUnderCheck, found: Collector) -> None:
    path = subject.folder / RELEASE
    if not path.is_file():
        return found.looked_at(CheckPart.RELEASE, "no gate: whatever is in force answers at its topic's autonomy")
    read = _read(CheckPart.RELEASE, path, found, read_release)
    if read is None:
        return None
    return found.looked_at(CheckPart.RELEASE, f"a gate that {many(len(read.gatekeepers), 'person', 'people')} may open")


def _judging(subject: PackageUnderCheck, found: Collector) -> None:
    topics = None if subject.topics is None else list(subject.topics)
    path = rubric_file(subject.folder)
    rubric = _read(CheckPart.RUBRIC, path, found, lambda read: read_rubric(read, topics))
    if rubric is not None:
        found.looked_at(CheckPart.RUBRIC, f"{many(len(rubric.criteria), 'criterion', 'criteria')}, {_whose(path)}")
    path = canary_file(subject.folder)
    canary = _read(CheckPart.CANARY, path, found, read_canary)
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


def _usable(documents: list[Document]) -> list[Document]:
    world_of(documents)
    return documents


def _calendar(subject: PackageUnderCheck) -> WorkingDays | None:
    try:
        return calendar_of(subject.business)
    except DefinitionInvalid:
        return None  # said with the tools


def _policies(subject: PackageUnderCheck, found: Collector) -> None:
    path = subject.folder / "policies"
    known = subject.known
    if known is None:
        return
    subject.policies = _read(CheckPart.POLICIES, path, found, lambda read: build(read, known, subject.world))
    if subject.policies is None:
        return
    policies = subject.policies.policies
    examples = sum(len(one.examples) for one in policies)
    rules = sum(len(one.rules.rules) for one in policies)
    found.looked_at(CheckPart.POLICIES, f"{many(rules, 'rule')} in {many(len(policies), 'file')}, {many(examples, 'example')}")
    for policy in policies:
        if not policy.examples:
            one = subject.policies.places[policy.id]
            words = one.problem("has no examples, so nothing holds it up. Add at least one for each rule, under examples.")
            found.placed(CheckPart.POLICIES, words, one.path)
