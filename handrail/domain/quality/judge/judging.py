"""Judging: what a model is asked about a case and one criterion, and what code lets count of its answer.

Text within a case may tell the judge what to answer. Three things that no such text can know or change stand against that,
beside the prompt: each call also asks two things whose answers code knows, one a yes and one a no, under codes made for this
call; a verdict needs words that stand in an answer of the house; and a case whose words speak to whoever judges it is not
judged at all but left to people.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.llm.agent import Usage
from handrail.domain.quality.judge.material import Piece

SHORTEST_QUOTE = 8
LONGEST_QUOTE = 400
_MARKS = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "\u00a0": " ", "…": "..."})


class CaseVerdict(StrEnum):
    """The verdict of a judge or a person on a case and a criterion."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"


class Unmeasured(StrEnum):
    """Reasons why a case was looked at and nothing is known of it."""

    UNREADABLE = "unreadable"
    CUT_OFF = "cut_off"
    NO_QUOTE = "no_quote"
    STEERED = "steered"
    ADDRESSED = "addressed"
    REFUSED = "refused"
    NO_REPLY = "no_reply"
    TIE = "tie"


class JudgedItem(Stored):
    """A question under a code of this call alone. `expected` is the answer that code knows; None for the criterion."""

    code: str
    words: str
    expected: bool | None = None


class JudgeQuestion(Stored):
    """One call: the items in a random order, the material, and whether words of an answer have to be copied."""

    case_id: str
    reference: str
    items: list[JudgedItem]
    said: list[Piece]
    done: list[Piece]
    done_first: bool = False
    quote: bool = True

    @property
    def criterion(self) -> JudgedItem:
        """The item whose answer is the verdict."""
        return next(item for item in self.items if item.expected is None)


class JudgeReading(Stored):
    """A model's answer as it was read: a yes or no under each code, and the copied words; or why it cannot be read."""

    answers: dict[str, bool] = Field(default_factory=dict)
    quote: str = ""
    problem: Unmeasured | None = None
    model: str = ""
    fingerprint: str | None = None
    usage: Usage = Field(default_factory=Usage)


class Weighed(Stored):
    """The outcome of one call: a verdict, or why there is none."""

    verdict: CaseVerdict | None = None
    unmeasured: Unmeasured | None = None


class Purpose(StrEnum):
    """The purpose of judging a case: a day's sample, the set that is judged again every day, the labelled cases."""

    SAMPLE = "sample"
    ANCHOR = "anchor"
    CALIBRATION = "calibration"


class JudgeRun(Stored):
    """One run as it is kept: which judge said what of a case on which day, and what it cost."""

    day: date
    purpose: Purpose
    case_id: str
    criterion: str
    run: int
    judge: str
    verdict: CaseVerdict | None = None
    unmeasured: Unmeasured | None = None
    quote: str = ""
    model: str = ""
    fingerprint: str | None = None
    usage: Usage = Field(default_factory=Usage)
    asked_at: datetime


class CaseJudgement(Stored):
    """A case's verdict on a criterion, by the majority of its runs; `agreed` of `runs` stand behind it."""

    case_id: str
    criterion: str
    judge: str
    verdict: CaseVerdict | None = None
    unmeasured: Unmeasured | None = None
    agreed: int = 0
    runs: int = 0
    fails: int = 0


class JudgedSample(Stored):
    """A case of a day's sample, chosen with `probability`, and how its runs by one criterion ended; no runs: left unjudged."""

    day: date
    case_id: str
    probability: float
    criterion: str
    judge: str
    runs: int = 0
    fails: int = 0
    passes: int = 0

    def verdict(self, wanted: int) -> CaseVerdict | None:
        """Return the majority's verdict of `wanted` runs."""
        if 2 * self.fails > wanted:
            return CaseVerdict.FAIL
        return CaseVerdict.PASS if 2 * self.passes > wanted else None


def weigh(asked: JudgeQuestion, read: JudgeReading) -> Weighed:
    """Let the answer count, or not: every item answered, those that code knows rightly, the words where they are wanted."""
    if read.problem is not None:
        return Weighed(unmeasured=read.problem)
    if any(item.code not in read.answers for item in asked.items):
        return Weighed(unmeasured=Unmeasured.UNREADABLE)
    if any(item.expected is not None and read.answers[item.code] != item.expected for item in asked.items):
        return Weighed(unmeasured=Unmeasured.STEERED)
    answers = [piece.text for piece in asked.said if piece.kind == "answer"]
    if asked.quote and not quoted(read.quote, answers):
        return Weighed(unmeasured=Unmeasured.NO_QUOTE)
    return Weighed(verdict=CaseVerdict.PASS if read.answers[asked.criterion.code] else CaseVerdict.FAIL)


def quoted(quote: str, answers: Sequence[str]) -> bool:
    """Return whether the words stand in one of the answers: whole short answers, or at least eight characters of one."""
    wanted = _spelled(quote).strip("\"' .")
    texts = [_spelled(text) for text in answers]
    if len(wanted) < SHORTEST_QUOTE:
        return bool(wanted) and any(wanted == text.strip("\"' .") for text in texts)
    return any(wanted in text for text in texts)


def decided(case_id: str, criterion: str, judge: str, runs: Sequence[JudgeRun], wanted: int) -> CaseJudgement:
    """Return the majority's verdict; more than half of all wanted runs have to stand behind it."""
    verdicts = Counter(run.verdict for run in runs if run.verdict is not None)
    reasons = Counter(run.unmeasured for run in runs if run.unmeasured is not None)
    found = CaseJudgement(
        case_id=case_id,
        criterion=criterion,
        judge=judge,
        runs=len(runs),
        fails=verdicts[CaseVerdict.FAIL],
    )
    best, count = verdicts.most_common(1)[0] if verdicts else (None, 0)
    if 2 * count > wanted:
        return found.model_copy(update={"verdict": best, "agreed": count})
    why = reasons.most_common(1)[0][0] if reasons else Unmeasured.TIE
    return found.model_copy(update={"unmeasured": why, "agreed": count})


def _spelled(text: str) -> str:
    """Return the text with plain marks and single blanks: models copy words, and not always the marks between them."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text).translate(_MARKS)).strip()
