"""The business under check, and what could be read of it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from handrail.business import Business
from handrail.checking.source import Definition
from handrail.domain.autonomy.topics import Topic
from handrail.domain.team.reviewers import ReviewerFile
from handrail.domain.team.staff import Roster
from handrail.matrix.table import CheckedMatrix
from handrail.policies.language.nodes import RuleSources
from handrail.policies.names import PolicyNames
from handrail.policies.sets import PolicySet


@dataclass(slots=True)
class PackageUnderCheck:
    """`folder` is the one of the definitions. What could not be read stays None, and what needs it is not looked at."""

    business: Business
    folder: Path
    code: Definition
    known: PolicyNames | None = None
    topics: Mapping[str, Topic] | None = None
    matrix: CheckedMatrix | None = None
    people: Roster | None = None
    reviewers: ReviewerFile | None = None
    world: RuleSources = field(default_factory=RuleSources)
    policies: PolicySet | None = None
