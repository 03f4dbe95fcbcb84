"""Labels: verdicts of people on a case and a criterion, given without knowing what a judge said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Stored, digest
from handrail.domain.quality.judge.judging import CaseVerdict
from handrail.domain.quality.judge.material import Material

LONGEST_NOTE = 2_000
FEWEST_PASSES = 0.05
"""Passes are chosen with at least this probability, however rare fails are: what is never looked at says nothing."""


class LabelVerdict(StrEnum):
    """The verdict of a person; one who cannot say helps more than one who guesses."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    CANNOT_SAY = "cannot_say"


class LabelTask(Stored):
    """A case that people are to label by a criterion, under its wording of then.

    `probability` is the one with which it was chosen among the `chosen_from`. `twice`: a second person labels it, too.
    """

    day: date
    case_id: str
    criterion: str
    wording: str
    chosen_from: str
    probability: float = Field(gt=0, le=1)
    twice: bool = False


class GivenLabel(Stored):
    """A label as it is kept."""

    case_id: str
    criterion: str
    wording: str
    reviewer: str
    verdict: LabelVerdict
    note: str = ""
    given_at: datetime


class NextLabel(Stored):
    """A case as a person labels it: the material and the question. Nothing of it says what a judge thinks."""

    case_id: str
    criterion: str
    question: str
    fails_when: str
    material: Material
    waiting: int = Field(description="cases and criteria that wait for this person, this one among them")


class LabelledTask(Stored):
    """A task with the labels that were given so far, the first first."""

    case_id: str
    criterion: str
    chosen_from: str
    probability: float
    twice: bool
    labels: list[GivenLabel] = Field(default_factory=list)

    @property
    def verdict(self) -> CaseVerdict | None:
        """The first person's verdict; None where they could not say."""
        first = self.labels[0].verdict if self.labels else LabelVerdict.CANNOT_SAY
        return None if first is LabelVerdict.CANNOT_SAY else CaseVerdict(first)

    @property
    def pair(self) -> tuple[CaseVerdict, CaseVerdict] | None:
        """The verdicts of the first two people, where both could say."""
        said = [each.verdict for each in self.labels[:2]]
        if len(said) < 2 or LabelVerdict.CANNOT_SAY in said:
            return None
        return CaseVerdict(said[0]), CaseVerdict(said[1])


class SampledCase(Stored):
    """A case of a day's sample. `for_people`: the sample gave it to people, which it does with `people_share`."""

    case_id: str
    for_people: bool = False
    people_share: float = Field(default=0, ge=0, le=1)


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """The choice of cases to label by one criterion. `fails` and `passes` are how a judge's verdicts were lately."""

    day: date
    criterion: str
    wording: str
    fails: int
    passes: int
    twice: float

    def of(self, case: SampledCase, verdict: CaseVerdict | None) -> LabelTask | None:
        """Choose the case, or not, by hash of its id: the same case is chosen whenever it is asked.

        What the judge fails, and what it could not measure, is always chosen; of what it passes as many as it fails, so that
        both are about equal; and whatever the sample gave to people.
        """
        own = 1.0
        if verdict is CaseVerdict.PASS:
            own = min(1.0, max(FEWEST_PASSES, (self.fails + 1) / (self.passes + 1)))
        chosen = place(case.case_id, self.criterion, self.wording, "label") < own
        if not (chosen or case.for_people):
            return None
        return LabelTask(
            day=self.day,
            case_id=case.case_id,
            criterion=self.criterion,
            wording=self.wording,
            chosen_from=verdict.value if verdict else "unmeasured",
            probability=own + (1 - own) * case.people_share,
            twice=place(case.case_id, self.criterion, self.wording, "twice") < self.twice,
        )


def held_out(case_id: str) -> bool:
    """Return whether the case is of the half that no prompt's author tries a judge on."""
    return place(case_id, "held out") < 0.5


def place(*parts: str) -> float:
    """Return a number from 0 up to 1 that the parts decide, and nothing else."""
    return int(digest(list(parts))[:13], 16) / 16**13
