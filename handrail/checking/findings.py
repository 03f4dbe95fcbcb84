"""Findings of a check of a business: each with its file, its line, what is wrong and what would be right."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from pydantic import Field

from handrail.domain.base import Stored

_PLACED = re.compile(r"(?P<file>.+?):(?P<line>\d+): (?P<words>.*)", re.DOTALL)


class CheckPart(StrEnum):
    """The parts of a check, in the order in which they are looked at."""

    PACKAGE = "package"
    TOOLS = "tools"
    TOPICS = "topics"
    RISK = "risk"
    MATRIX = "matrix"
    PEOPLE = "people"
    REVIEWERS = "reviewers"
    TABLES = "tables"
    OUTCOMES = "outcomes"
    TARGETS = "targets"
    QUALITY = "quality"
    DRIFT = "drift"
    GOVERNOR = "governor"
    RELEASE = "release"
    RUBRIC = "rubric"
    CANARY = "canary"
    POLICIES = "policies"
    NAMES = "names"
    MUTATION = "mutation"
    DATA = "data"


class Severity(StrEnum):
    """An error makes the check fail; a note is worth a look."""

    ERROR = "error"
    NOTE = "note"


class PackageFinding(Stored):
    """One thing that is wrong, or worth a look."""

    part: CheckPart
    severity: Severity
    file: str
    line: int
    words: str = Field(description="what is wrong, and what would be right")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words}"


class PackageReport(Stored):
    """The result of a check. `looked_at` says per part what there was; a part that is not in it could not be looked at."""

    business: str
    folder: str
    looked_at: dict[CheckPart, str] = Field(default_factory=dict)
    findings: list[PackageFinding] = Field(default_factory=list)

    @property
    def errors(self) -> list[PackageFinding]:
        """The findings that make it fail."""
        return [one for one in self.findings if one.severity is Severity.ERROR]

    def of(self, part: CheckPart) -> list[PackageFinding]:
        """The findings of one part."""
        return [one for one in self.findings if one.part is part]


class Collector:
    """Takes findings while parts are looked at; files below the working folder are named from there."""

    def __init__(self, checked: PackageReport) -> None:
        self.checked = checked

    def looked_at(self, part: CheckPart, words: str) -> None:
        """Say what there was to look at."""
        self.checked.looked_at[part] = words

    def error(self, part: CheckPart, file: Path, line: int, words: str) -> None:
        """Add what makes the check fail."""
        self._add(part, Severity.ERROR, str(file), line, words)

    def note(self, part: CheckPart, file: Path, line: int, words: str) -> None:
        """Add what is worth a look."""
        self._add(part, Severity.NOTE, str(file), line, words)

    def placed(self, part: CheckPart, lines: str, file: Path, *, note: bool = False) -> None:
        """Add each line of an error that names its places itself, `file:line: words`; `file` is for those that do not."""
        for line in filter(None, lines.splitlines()):
            found = _PLACED.fullmatch(line)
            where, number, words = (found["file"], int(found["line"]), found["words"]) if found else (str(file), 1, line)
            self._add(part, Severity.NOTE if note else Severity.ERROR, where, number, words.removeprefix(f"{file}: "))

    def _add(self, part: CheckPart, severity: Severity, file: str, line: int, words: str) -> None:
        one = PackageFinding(part=part, severity=severity, file=shown(file), line=line, words=words)
        if one not in self.checked.findings:
            self.checked.findings.append(one)


def shown(file: str) -> str:
    """The file as somebody in the working folder would name it."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else file
