"""The release gate: what answers may answer alone only after an evaluation of exactly it has passed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, field_validator

from handrail.domain.autonomy.topics import Autonomy, Setting
from handrail.domain.base import Model, Stored
from handrail.domain.quality.evaluation.evaluations import EvaluationTerms, ReleaseParts
from handrail.domain.team.commands import same_name

SOURCE = "release"
"""The source under which the gate speaks among the settings of a topic's autonomy."""


class RampTerms(Model):
    """The terms on which a ramp is rolled back by itself: margins by indicator, and how often one may be for nothing."""

    false_rollbacks: float = Field(
        default=0.05, gt=0, le=0.5, description="chance that a candidate which is not worse is ever rolled back"
    )
    margins: dict[str, float] = Field(
        default_factory=lambda: {"repeat_48h": 0.02, "escalation": 0.03, "rejections": 0.05},
        min_length=1,
        description="by indicator, a share of cases: how much worse than the control a candidate may be",
    )

    @field_validator("margins")
    @classmethod
    def _shares(cls, margins: dict[str, float]) -> dict[str, float]:
        for name, margin in margins.items():
            if not 0 <= margin < 1:
                raise ValueError(f"{name}: {margin:g} is no margin. Write a share such as 0.02, which is two points")
        return margins


class ReleaseFile(EvaluationTerms):
    """`release.yaml`: who may use what is held out, how long a pass lasts, and what an evaluation must show."""

    version: Literal[1] = 1
    gatekeepers: list[str] = Field(min_length=1, description="who may let a release through, and evaluate what is held out")
    lasts_days: float = Field(default=30, gt=0, le=365, description="how old the evaluation of a pass may get")
    ramp: RampTerms = Field(default_factory=RampTerms)

    def keeps(self, name: str) -> bool:
        """Return whether this person is a gatekeeper."""
        return any(same_name(name, gatekeeper) for gatekeeper in self.gatekeepers)


class ReleasePass(Stored):
    """A release that a gatekeeper let through. `retired` is the share of the corrections it passed on that retired since."""

    release: str
    parts: ReleaseParts
    evaluation_id: str
    passed_by: str
    words: str = ""
    passed_at: datetime
    evaluated_at: datetime
    retired: float = 0.0


class ReleaseStanding(Stored):
    """The gate as it stands: `open` lets a topic at `auto` stay there."""

    release: str
    parts: ReleaseParts | None = None
    configured: bool = True
    open: bool
    why: str
    passed: ReleasePass | None = None

    def settings(self) -> list[Setting]:
        """The gate's word about a topic's autonomy; none where there is no gate."""
        if not self.configured:
            return []
        return [Setting(source=SOURCE, autonomy=Autonomy.AUTO if self.open else Autonomy.REVIEW, why=self.why)]


UNGATED = "No release gate is configured: whatever model, prompt and policy is in force answers at its topic's autonomy."


def stand_of(parts: ReleaseParts, passed: ReleasePass | None, rules: ReleaseFile, now: datetime) -> ReleaseStanding:
    """Return where the release stands: passed, stale, or never evaluated."""
    why, fine = _standing(parts, passed, rules, now)
    return ReleaseStanding(release=parts.release, parts=parts, open=fine, why=f"Release gate: {why}", passed=passed)


def _standing(parts: ReleaseParts, passed: ReleasePass | None, rules: ReleaseFile, now: datetime) -> tuple[str, bool]:
    release = parts.release
    if passed is None:
        return f"release {release} has not passed an evaluation.", False
    ends = passed.evaluated_at + timedelta(days=rules.lasts_days)
    if now >= ends:
        return f"the evaluation of release {release} is older than {rules.lasts_days:g} days ({passed.evaluation_id}).", False
    if passed.retired >= 0.5:
        words = f"{passed.retired:.0%} of the corrections that release {release} passed on have retired"
        return f"{words} ({passed.evaluation_id}).", False
    return f"release {release} passed by {passed.passed_by} on {passed.evaluation_id}, until {ends:%Y-%m-%d}.", True
