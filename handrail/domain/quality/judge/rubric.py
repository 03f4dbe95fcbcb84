"""Rubrics: yes-or-no criteria by which a model judges what customers were answered, and what makes its verdicts count."""

from __future__ import annotations

from pydantic import Field, field_validator

from handrail.domain.base import Model, digest

NAME = r"^[a-z][a-z0-9_]{0,39}$"


class Criterion(Model):
    """A criterion. `question` is met by a yes; `fails_when` says what a no is, in the words that people label by.

    With `quote` the judge copies the words of an answer on which its verdict rests, and a verdict without them counts for
    nothing. Where `topics` are named, cases of others are not judged by it.
    """

    question: str = Field(min_length=10, max_length=400)
    fails_when: str = Field(min_length=10, max_length=600)
    quote: bool = True
    topics: list[str] = Field(default_factory=list)


class GateTerms(Model):
    """The terms on which a judge's verdicts count: lower bounds of what it gets right, its kappa, and for how long."""

    sensitivity: float = Field(default=0.80, gt=0.5, lt=1, description="of the fails of people, at least, as a lower bound")
    specificity: float = Field(default=0.80, gt=0.5, lt=1, description="of the passes of people, at least, as a lower bound")
    kappa: float = Field(default=0.60, gt=0, lt=1)
    days: int = Field(default=30, ge=1, le=90)


class Rubric(Model):
    """The whole of `rubric.yaml`."""

    version: int = Field(default=1, ge=1, le=1)
    runs: int = Field(default=3, ge=1, le=9, description="calls for each criterion of a case; the majority counts")
    labels: int = Field(default=100, ge=20, le=10_000, description="labels by people before a judge is calibrated")
    labels_open: int = Field(default=150, ge=1, le=10_000, description="cases that wait for a label, at most, per criterion")
    labels_twice: float = Field(default=0.20, ge=0, le=1, description="share that a second person labels, too")
    anchors: int = Field(default=50, ge=10, le=500, description="old transcripts that are judged again every day")
    gate: GateTerms = Field(default_factory=GateTerms)
    criteria: dict[str, Criterion] = Field(min_length=1)

    @field_validator("runs")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError(f"{value} runs can end in a tie. Write an odd number, for example 3")
        return value


def judge_key(served: str, prompt: str, criterion: Criterion, runs: int) -> str:
    """Return what a judge of a criterion is known by: the model that is asked and its server, the prompt, the criterion."""
    return digest([served, prompt, criterion.model_dump(mode="json"), runs])[:16]


def label_key(criterion: Criterion) -> str:
    """Return what a label was given by: people's question. A label under another wording counts for nothing."""
    return digest([criterion.question, criterion.fails_when])[:16]
