"""Every YAML file of a business, read by the very loaders that the workers use."""

from __future__ import annotations

from pathlib import Path

from handrail.checking import loop
from handrail.checking.findings import CheckPart, Collector
from handrail.checking.parts import read_part
from handrail.checking.subject import PackageUnderCheck
from handrail.definitions import Document, files
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.counting import many
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.team.reviewers import FILE as REVIEWERS
from handrail.domain.team.reviewers import ReviewerFile
from handrail.domain.team.staff import Roster
from handrail.matrix import loader as matrix
from handrail.people import loader as people
from handrail.policies.language.calendars import WorkingDays
from handrail.policies.sets import build, document
from handrail.policies.worlds import RATES, TABLES, calendar_of, world_of
from handrail.reviewers import loader as reviewers
from handrail.routing.rules import RiskRules
from handrail.topics import loader as topics

RISK, MATRIX, PEOPLE = "risk.yaml", "matrix.yaml", "people.yaml"


def check(subject: PackageUnderCheck, found: Collector) -> None:
    """Read all of them; each problem of each file is a finding."""
    _topics(subject, found)
    _risk(subject, found)
    _matrix(subject, found)
    _people(subject, found)
    _reviewers(subject, found)
    _tables(subject, found)
    loop.check(subject, found)
    _policies(subject, found)


def _absent(part: CheckPart, path: Path, found: Collector, without: str) -> None:
    found.note(part, path, 1, f"is not there: {without}. Add it.")
    found.looked_at(part, "no file")


def _topics(subject: PackageUnderCheck, found: Collector) -> None:
    path = subject.folder / "topics"
    subject.topics = read_part(CheckPart.TOPICS, path, found, lambda read: topics.build(read, subject.business.by_name))
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
    rules = read_part(CheckPart.RISK, path, found, lambda read: RiskRules(path, lambda: names).now().value)
    if rules is not None:
        found.looked_at(CheckPart.RISK, many(len(rules.risks), "rule"))


def _matrix(subject: PackageUnderCheck, found: Collector) -> None:
    names = None if subject.topics is None else list(subject.topics)
    facts = subject.business.customer_facts
    path = subject.folder / MATRIX
    subject.matrix = read_part(CheckPart.MATRIX, path, found, lambda read: matrix.build(read, names, facts))
    if subject.matrix is not None:
        found.looked_at(CheckPart.MATRIX, many(len(subject.matrix.table.rows), "row"))


def _people(subject: PackageUnderCheck, found: Collector) -> None:
    path = subject.folder / PEOPLE
    if not path.is_file():
        without = "nobody is known, so the queue hands out nothing and answers are due round the clock"
        _absent(CheckPart.PEOPLE, path, found, without)
        return
    team = read_part(CheckPart.PEOPLE, path, found, people.build)
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

    subject.reviewers = read_part(CheckPart.REVIEWERS, path, found, made)
    if subject.reviewers is not None:
        people_named = many(len(subject.reviewers.people), "person", "people")
        found.looked_at(CheckPart.REVIEWERS, f"{people_named} in {many(len(subject.reviewers.roles), 'role')}")


def _tables(subject: PackageUnderCheck, found: Collector) -> None:
    there = [one for one in (subject.folder / TABLES, subject.folder / RATES) if one.is_file()]
    read: list[Document] = []
    for path in there:
        read += read_part(CheckPart.TABLES, path, found, _usable) or []
    if len(read) == len(there):
        subject.world = world_of(read, _calendar(subject))
    found.looked_at(
        CheckPart.TABLES, f"{many(len(subject.world.tables), 'table')}, {'rates' if subject.world.rates else 'no rates'}"
    )


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
    subject.policies = read_part(CheckPart.POLICIES, path, found, lambda read: build(read, known, subject.world))
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
