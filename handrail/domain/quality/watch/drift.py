"""Drift: which series of the record are watched, what is normal for each, and the alarms that they raise."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.base import Model, Stored

EVERY = ""
"""The topic of a series over all cases."""
WHOLE = "all"
"""The dimension of a day's figures that are not a slice."""

JUDGED = "judge:"
"""How the series of a judge's criterion begin."""


def judged_series(criterion: str) -> str:
    """Return the indicator's name of a criterion that a judge judges by."""
    return f"{JUDGED}{criterion}"


FALL = "fall:"
"""How the series of a share that is watched for falling begin."""


def fall_series(indicator: str) -> str:
    """Return the name of the series in which a share's fall is what rises."""
    return f"{FALL}{indicator}"


class VolumeIndicator(StrEnum):
    """Counts of cases that are watched for falling: those that customers opened, and those that ended."""

    OPENED = "cases_opened"
    ENDED = "cases_ended"


class WatchedShare(Model):
    """A share that is watched: the change that it is tuned to, its weight in the budget, and if by topic as well."""

    shift: float = Field(default=0.05, gt=0, lt=1)
    weight: float = Field(default=1, gt=0, le=1_000)
    topics: bool = True


class WatchedVolume(Model):
    """A count of cases that is watched for falling, with its weight in the budget."""

    weight: float = Field(default=1, gt=0, le=1_000)


class DriftDefinitions(Model):
    """The whole of `drift.yaml`. The budget of false alarms is that of the whole system: every series has a part of it."""

    version: Literal[1] = 1
    alarms_per_year: float = Field(default=1, ge=0.01, le=50)
    whole: float = Field(default=0.5, gt=0, lt=1, description="the part of the budget of the series over all cases")
    fewest_cases: float = Field(default=5, ge=1, description="cases a day in the mean; a series with fewer is not watched")
    indicators: dict[str, WatchedShare] = Field(min_length=1, description="shares whose rise is bad")
    falling: dict[str, WatchedShare] = Field(default_factory=dict, description="shares whose fall is bad")
    volume: dict[VolumeIndicator, WatchedVolume] = Field(default_factory=dict)
    judged: dict[str, WatchedShare] = Field(default_factory=dict, description="criteria of rubric.yaml, over all cases")


class WatchedSeries(Model):
    """One indicator of one topic, or of all cases (`topic` empty), day by day."""

    indicator: str
    topic: str = EVERY

    @property
    def words(self) -> str:
        """The series for people."""
        name = f"fall of {self.counted}" if self.falls else self.indicator
        return f"{name} of {self.topic or 'all cases'}"

    @property
    def falls(self) -> bool:
        """True where a fall is bad: the cases that are not in the share's numerator count as the bad ones."""
        return self.indicator.startswith(FALL)

    @property
    def counted(self) -> str:
        """The name under which its days are counted."""
        return self.indicator.removeprefix(FALL)

    def bad(self, cases: float, counted: float) -> float:
        """Return how many of the cases are bad ones, where so many are in the share's numerator."""
        return cases - counted if self.falls else counted

    @property
    def volume(self) -> bool:
        """True where cases are counted, and no share of them."""
        return self.indicator in list(VolumeIndicator)

    @property
    def judged(self) -> bool:
        """True where a judge says which cases are bad."""
        return self.indicator.startswith(JUDGED)


class DriftDay(Stored):
    """The figures of one day: so many `cases`, of which so many `bad`, in a slice (`dimension`, `value`) of a series."""

    day: date
    indicator: str
    topic: str = EVERY
    dimension: str = WHOLE
    value: str = ""
    cases: float
    bad: float
    version: int = 1


class TopicLevel(Stored):
    """The strictest level at which a topic was at any time of a day."""

    day: date
    topic: str
    level: Autonomy


class DriftBaseline(Stored):
    """The normal state of a series as a person signed it: never changed, only followed by another.

    `since` up to and without `until` are the days that it was learned from, those left out whose level was another one.
    `rates` and `errors` are by weekday, Monday first: shares with their standard errors, or cases a day of a volume. `spread`
    is the correlation within a day, or the overdispersion of a volume. `alarms` is its part of the budget, in false alarms a
    year; a volume's `threshold` is the share of days that may look as bad by chance. With a `shortage` it raises no alarm.
    """

    baseline_id: int = 0
    indicator: str
    topic: str = EVERY
    since: date
    until: date
    watch_from: date
    days: int
    version: int
    definitions: str
    levels: dict[str, Autonomy] = Field(default_factory=dict, description="the topics' levels to which it compares")
    cases: float
    bad: float
    rates: list[float] = Field(default_factory=list)
    errors: list[float] = Field(default_factory=list)
    spread: float = 0
    shift: float = 0
    alarms: float
    threshold: float = 0
    shortage: str | None = None
    week: list[float] = Field(default_factory=list, description="cases a day by weekday; known until it is signed")
    accepted_by: str = ""
    accepted_at: datetime | None = None

    @property
    def series(self) -> WatchedSeries:
        """The series whose normal state this is."""
        return WatchedSeries(indicator=self.indicator, topic=self.topic)


class AlarmKind(StrEnum):
    """Reasons to alarm people, such as a share that rose, a tool that changed, a case that nobody is left to decide."""

    DRIFT = "drift"
    VOLUME = "volume"
    NO_DATA = "no_data"
    CANARY = "canary"
    JUDGE = "judge"
    BLAST = "blast"
    RAMP = "ramp"
    TOOL = "tool"
    NOBODY = "nobody"


class Detector(StrEnum):
    """The source of an alarm."""

    Z_CUSUM = "z_cusum"
    E_DETECTOR = "e_detector"
    COUNT = "count"
    CANARY = "canary"
    JUDGE = "judge"
    GOVERNOR = "governor"
    E_PROCESS = "e_process"
    PIN = "pin"
    RECUSALS = "recusals"


class SliceMoved(Stored):
    """A slice's part in a rise: bad cases beyond those that its own baseline let expect, and their share of all such."""

    dimension: str
    value: str
    cases: float
    bad: float
    expected: float
    share: float


class AlarmEvidence(Stored):
    """The evidence of an alarm, as it was when it was raised; counts are from the first suspicious day on."""

    cases: float = 0
    bad: float = 0
    expected: float = 0
    slices: list[SliceMoved] = Field(default_factory=list)
    case_ids: list[str] = Field(default_factory=list)
    changes: list[str] = Field(default_factory=list)
    topics: list[str] = Field(default_factory=list, description="of a judge's alarm: those that relied on it")
    words: str = ""


class DriftAlarm(Stored):
    """An alarm. `day` is the day whose figures raised it, `first_day` the first suspicious one.

    It stays until a named person acknowledges it, and says whether it was `real`. `proved_on` is the day by which the
    e-detector has proven it as well.
    """

    alarm_id: int = 0
    kind: AlarmKind
    detector: Detector
    day: date
    first_day: date
    indicator: str
    topic: str = EVERY
    baseline_id: int | None = None
    calibration_id: int | None = Field(default=None, description="of a judge's alarm: what had opened its gate")
    evidence: AlarmEvidence = Field(default_factory=AlarmEvidence)
    proved_on: date | None = None
    raised_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    real: bool | None = None
    note: str | None = None

    @property
    def words(self) -> str:
        """The alarm in a sentence."""
        about = WatchedSeries(indicator=self.indicator, topic=self.topic).words
        if self.kind is AlarmKind.BLAST or not self.indicator:
            about = self.kind.value
        return f"alarm {self.alarm_id}, {about}, {self.day}: {self.evidence.words}"
