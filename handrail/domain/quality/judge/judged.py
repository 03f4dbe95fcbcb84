"""A day's judging: what it may cost, what came of it, and what was left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import Field

from handrail.domain.base import Model, Stored
from handrail.domain.counting import many
from handrail.domain.quality.judge.calibration import Spent
from handrail.domain.quality.judge.rubric import Criterion, Rubric, judge_key, label_key


class JudgeLimits(Model):
    """The most that judging may take on one day; USD count only where the judge's prices are known."""

    cost_usd: float = Field(default=5.0, gt=0)
    calls: int = Field(default=5_000, ge=1)

    def reached(self, spent: Spent) -> str | None:
        """Say which limit is reached; None where another call may be made."""
        if spent.calls >= self.calls:
            return f"the limit of {self.calls:,} calls a day is reached (HANDRAIL_JUDGE_DAILY_CALLS)"
        if spent.cost_usd >= self.cost_usd:
            return f"the limit of {self.cost_usd:g} USD a day is reached (HANDRAIL_JUDGE_DAILY_USD)"
        return None


class JudgePlan(Model):
    """The criteria in force, under the keys by which this judge and people's labels of their wording are known."""

    rubric: Rubric
    keys: dict[str, str]
    wordings: dict[str, str]

    @classmethod
    def of(cls, rubric: Rubric, served: str, prompt: str) -> JudgePlan:
        """Make the plan of a judge: `served` is the model and its server, `prompt` all that is the same in each call."""
        criteria = rubric.criteria.items()
        return cls(
            rubric=rubric,
            keys={name: judge_key(served, prompt, one, rubric.runs) for name, one in criteria},
            wordings={name: label_key(one) for name, one in criteria},
        )

    def concerning(self, topic: str | None) -> Mapping[str, Criterion]:
        """Return the criteria that cases of this topic are judged by."""
        return {name: one for name, one in self.rubric.criteria.items() if not one.topics or topic in one.topics}


class VerdictCounts(Stored):
    """The verdicts on one criterion; `unmeasured` are counted by their reasons."""

    passes: int = 0
    fails: int = 0
    unmeasured: dict[str, int] = Field(default_factory=dict)


class AnchorLook(Stored):
    """The old transcripts of one criterion, judged again: how many verdicts turned since the first judging."""

    criterion: str
    transcripts: int = 0
    since: date | None = Field(default=None, description="the first judging; None where it is this one")
    stricter: int = 0
    milder: int = 0
    p_direction: float = 1.0
    p_number: float = 1.0
    moved: bool = False

    @property
    def words(self) -> str:
        """The look in words."""
        turned = f"{self.stricter} of {self.transcripts} old transcripts fail now that passed, {self.milder} pass that failed"
        return f"the judge moved since {self.since}: {turned} (p = {min(self.p_direction, self.p_number):.2g})"


class JudgedDay(Stored):
    """The account of a day's judging; a day that was judged before gives the same one again."""

    day: date
    cases: int = 0
    criteria: dict[str, VerdictCounts] = Field(default_factory=dict)
    left: int = Field(default=0, description="cases and criteria that were left unjudged")
    left_because: str | None = None
    spent: Spent = Field(default_factory=Spent)
    put_to_people: int = 0
    anchors: list[AnchorLook] = Field(default_factory=list)
    closed: list[str] = Field(default_factory=list, description="criteria whose verdicts do not count any more, and why")

    @property
    def words(self) -> str:
        """The day in words."""
        judged = f"{many(self.cases, 'case')} judged by {many(len(self.criteria), 'criterion', 'criteria')}"
        left = f"; {self.left} verdicts left out: {self.left_because}" if self.left else ""
        closed = f"; {'; '.join(self.closed)}" if self.closed else ""
        return f"{judged}, {many(self.spent.calls, 'call')}, {self.spent.cost_usd:.2f} USD{left}{closed}"
