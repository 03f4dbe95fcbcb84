"""Ports to the model that judges, to the model that answers canary prompts, and to what is kept of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from handrail.domain.quality.judge.calibration import CalibrationRecord, GateOpening, Spent
from handrail.domain.quality.judge.canary import CanaryAnswer, CanaryBaseline, CanaryPrompt, CanaryResult, KeptAnswer
from handrail.domain.quality.judge.judging import JudgeQuestion, JudgeReading, JudgeRun, Purpose
from handrail.domain.quality.judge.labels import GivenLabel, LabelledTask, LabelTask, SampledCase
from handrail.domain.quality.judge.material import Material


class Judge(Protocol):
    """A language model that judges a case by one criterion.

    Raises:
        ModelFailed: no answer; an answer that cannot be used is a reading that says so.
    """

    async def judge(self, question: JudgeQuestion) -> JudgeReading: ...


class Speaker(Protocol):
    """The agent's language model, asked for free text.

    Raises:
        ModelFailed: no answer.
    """

    async def speak(self, prompt: CanaryPrompt, temperature: float) -> CanaryAnswer: ...


class JudgeRecord(Protocol):
    """The record of what was judged and calibrated. Days are the business's own; `judge` is a judge's key."""

    async def sampled(self, day: date) -> list[SampledCase]:
        """Read the cases of a day's sample, in an order that has nothing to do with them."""
        ...

    async def material(self, case_id: str) -> Material | None:
        """Read a case as it is judged; None where the record has none of this id."""
        ...

    async def runs(self, day: date, purpose: Purpose, judges: Sequence[str]) -> list[JudgeRun]:
        """Read the runs of a day that are kept, of these judges."""
        ...

    async def keep(self, run: JudgeRun) -> None:
        """Keep a run; the same one again changes nothing."""
        ...

    async def spent(self, day: date) -> Spent:
        """Read what the judging of a day has cost so far."""
        ...

    async def answers_as(self, judges: Sequence[str]) -> dict[str, str]:
        """Read the name under which each of these judges answered last, by the judge."""
        ...

    async def anchors(self, criterion: str, judge: str, day: date, wanted: int) -> list[str]:
        """Read the transcripts that are judged again every day, made up to `wanted` where old judged ones are there."""
        ...

    async def anchor_runs(self, judge: str, since: datetime) -> list[JudgeRun]:
        """Read a judge's runs over the anchors since then, the oldest day first."""
        ...

    async def calibrated(self, found: CalibrationRecord) -> None:
        """Keep a calibration, or that a gate was closed."""
        ...

    async def calibrations(self, criteria: Sequence[str]) -> dict[str, CalibrationRecord]:
        """Read the newest calibration or closing of each criterion that has one."""
        ...

    async def openings(self, criteria: Sequence[str]) -> dict[str, GateOpening]:
        """Read what opened the gate of each criterion last; none of a criterion whose gate was never open."""
        ...


class LabelRecord(Protocol):
    """The record of labels by people; a `wording` is the key of a criterion's question."""

    async def lately(self, judges: Sequence[str], since: date, until: date) -> dict[str, tuple[int, int]]:
        """Read how many cases these judges failed and passed behind `since` and before `until`, by criterion."""
        ...

    async def open(self, wordings: Sequence[str]) -> dict[str, int]:
        """Read how many tasks of these wordings nobody has labelled yet, by criterion."""
        ...

    async def ask(self, task: LabelTask) -> None:
        """Put a case to people; one that was put before stays as it was."""
        ...

    async def labelled(self, wordings: Mapping[str, str]) -> list[LabelledTask]:
        """Read what people have labelled by these wordings, which stand by criterion."""
        ...


class LabelDesk(Protocol):
    """Labels as the people who give them meet them; a `wording` is the key of a criterion's question."""

    async def waiting(self, reviewer: str, wordings: Sequence[str]) -> list[tuple[str, str]]:
        """Read the cases and criteria that wait for this person, in an order of their own."""
        ...

    async def give(self, label: GivenLabel) -> None:
        """Keep a person's label.

        Raises:
            InvalidInput: the case is not to be labelled so, they had a hand in it, or others have labelled it.
        """
        ...


class CanaryRecord(Protocol):
    """The record of answers to canary prompts; `served` names the model and its server, `canary` the set of prompts."""

    async def answers(self, served: str, canary: str, since: date, until: date) -> list[KeptAnswer]:
        """Read the answers of these days, both included."""
        ...

    async def keep(self, answer: KeptAnswer) -> None:
        """Keep an answer; one that stands stays."""
        ...

    async def answered(self, served: str, canary: str, limit: int) -> Mapping[date, int]:
        """Read how many answers the latest days have, the newest first."""
        ...

    async def baseline(self, served: str, canary: str) -> CanaryBaseline | None:
        """Read the newest baseline; None where nobody has accepted one."""
        ...

    async def accept(self, wanted: CanaryBaseline) -> CanaryBaseline:
        """Keep a baseline, which counts from now on; its id is given by the record."""
        ...

    async def result(self, day: date, served: str, canary: str) -> CanaryResult | None:
        """Read a day's comparison; None where it was not made."""
        ...

    async def conclude(self, found: CanaryResult) -> None:
        """Keep a day's comparison; one that stands stays."""
        ...
