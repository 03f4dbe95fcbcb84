"""Evaluations: corrections as tests, played through what would answer; and what that is, as a release."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import Field

from handrail.domain.base import Model, Stored, digest
from handrail.domain.quality.evaluation.corrections import CorrectionKind


class ReleaseParts(Stored):
    """All that decides what the agent answers: names and content hashes. `reported` is what the model's server calls it."""

    model: str
    reported: list[str] = Field(default_factory=list)
    prompts: str
    policies: str
    topics: str
    graph: str
    router: str
    tools: str = Field(default="", description="tools from outside as they are listed and pinned; empty where there are none")

    @property
    def release(self) -> str:
        """The content hash of the parts (16 hex digits)."""
        # Without tools from outside a release has the hash that it had before they counted: what has passed stays passed.
        left_out = set() if self.tools else {"tools"}
        return digest(self.model_dump(mode="json", exclude=left_out))[:16]


class Bounds(Model):
    """Margins by which something may be worse than the baseline and still pass: shares of the tests, 0.05 is five points."""

    passed: float = Field(default=0.05, ge=0, le=1, description="share of tests that pass")
    handed_over: float = Field(default=0.05, ge=0, le=1, description="share of tests that end with people")
    refused: float = Field(default=0.05, ge=0, le=1, description="share of tests in which the guardrail refused something")


class EvaluationTerms(Model):
    """The terms on which an evaluation passes."""

    minimum: int = Field(default=20, ge=1, description="fewer tests show nothing")
    at_least: float = Field(default=0.8, ge=0, le=1, description="share of tests that have to pass")
    margins: Bounds = Field(default_factory=Bounds)


class EvaluatedTest(Stored):
    """One correction played `runs` times."""

    correction_id: str
    kind: CorrectionKind
    topic: str
    reason: str
    runs: int
    passes: int
    handed_over: int = 0
    refused: int = 0
    unrecorded: int = Field(default=0, description="calls whose answers nobody had recorded")
    cost_usd: float = 0.0
    seconds: list[float] = Field(default_factory=list)
    why: str = Field(default="", description="why the last run that failed did")
    did: dict[str, Any] | None = Field(default=None, description="what was proposed in that run")

    @property
    def passed(self) -> bool:
        """True if it passes in more than half of its runs."""
        return 2 * self.passes > self.runs

    @property
    def flips(self) -> bool:
        """True if it sometimes passes and sometimes does not."""
        return 0 < self.passes < self.runs


class EvaluatedVariant(Stored):
    """The figures of a variant over all tests. `pass_at[j - 1]` is pass^j: the chance that a test passes j times in a row."""

    parts: ReleaseParts
    release: str
    tests: int
    passed: int
    pass_at: list[float]
    flips: list[str]
    flipped: int
    handed_over: float
    refused: float
    unrecorded: int
    cost_usd: float
    priced: bool = Field(description="false where no price of the model is known")
    p50_seconds: float | None
    p95_seconds: float | None
    cases: list[EvaluatedTest] = Field(default_factory=list)


class IndicatorChange(Stored):
    """An indicator in both variants. `low` is the bound that the change for the better is above, with 95 % confidence.

    A share of failures counts with its sign turned: below `-margin` is worse than is borne.
    """

    indicator: str
    baseline: float
    candidate: float
    change: float
    low: float
    margin: float
    not_worse: bool


class PairedComparison(Stored):
    """The candidate beside the baseline, test by test. `p_value` is McNemar's, exact: are as many better as worse?"""

    better: list[str]
    worse: list[str]
    improved: int
    worsened: int
    same: int
    p_value: float
    indicators: list[IndicatorChange]


class EvaluationReport(Stored):
    """An evaluation. `passed` with `why`, a line for each thing that was asked of it."""

    evaluation_id: str
    asked_by: str
    began_at: datetime
    ended_at: datetime
    repeats: int
    held_out: bool = False
    only: str | None = Field(default=None, description="the topic whose corrections alone were played")
    suite: str | None = Field(default=None, description="the suite that was played, too: its file's name and version")
    beside: str | None = Field(default=None, description="the stored evaluation whose candidate is the baseline")
    candidate: EvaluatedVariant
    baseline: EvaluatedVariant | None = None
    comparison: PairedComparison | None = None
    passed: bool
    why: list[str]

    def counts(self) -> EvaluationReport:
        """The same without a word about any single test: what may be said of those that are held out."""
        bare: dict[str, Any] = {"cases": [], "flips": []}
        changes: dict[str, Any] = {"held_out": True, "candidate": self.candidate.model_copy(update=bare)}
        if self.baseline is not None:
            changes["baseline"] = self.baseline.model_copy(update=bare)
        if self.comparison is not None:
            changes["comparison"] = self.comparison.model_copy(update={"better": [], "worse": []})
        return self.model_copy(update=changes)


def combined(versions: Iterable[object]) -> str:
    """Return one hash of several versions (16 hex digits)."""
    return digest(list(versions))[:16]
