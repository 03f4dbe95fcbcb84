"""The human-review gate: a person sees the agent's first replies and effects in a topic before it may answer alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from handrail.domain.autonomy.topics import Autonomy, ReviewGate, Setting
from handrail.domain.base import Stored
from handrail.domain.counting import many

SOURCE = "review_gate"


class GateProgress(Stored):
    """A count of people's decisions in a topic since its gate of this version began: replies and effects together.

    `began_at` is None while no case has met the gate.
    """

    topic: str
    version: str
    began_at: datetime | None = None
    cases: int = 0
    approved: int = 0
    edited: int = 0
    rejected: int = 0

    @property
    def decided(self) -> int:
        """Every decision."""
        return self.approved + self.edited + self.rejected

    @property
    def edit_rate(self) -> float | None:
        """The share of decisions that changed or refused what the agent wanted; None before the first."""
        return (self.edited + self.rejected) / self.decided if self.decided else None


class GateState(Stored):
    """A gate as it stands now. `open`: the agent may answer alone."""

    open: bool
    why: str
    progress: GateProgress

    @property
    def setting(self) -> Setting:
        """The gate's setting of the topic's autonomy."""
        return Setting(source=SOURCE, autonomy=Autonomy.AUTO if self.open else Autonomy.REVIEW, why=self.why)


def stand(gate: ReviewGate, progress: GateProgress, now: datetime) -> GateState:
    """Return whether the gate is open. It falls shut again when the share of edits rises above what it allows."""
    left = _left(gate, progress, now)
    rate, allowed = progress.edit_rate, gate.max_edit_rate
    if left:
        return GateState(open=False, why=f"Review gate: {left}.", progress=progress)
    if progress.decided < gate.decisions_needed or rate is None:
        needed = gate.decisions_needed
        words = f"Review gate: its time is over, but people decided only {progress.decided} of {many(needed, 'time')} needed"
        return GateState(open=False, why=f"{words}; review goes on.", progress=progress)
    counted = f"{progress.edited + progress.rejected} of {many(progress.decided, 'decision')} edited or rejected ({rate:.1%})"
    if rate > allowed:
        words = f"Review gate: {counted}, at most {allowed:.1%} are allowed; review goes on."
        return GateState(open=False, why=words, progress=progress)
    return GateState(open=True, why=f"Review gate passed: {counted}, at most {allowed:.1%} are allowed.", progress=progress)


def _left(gate: ReviewGate, progress: GateProgress, now: datetime) -> str:
    """Describe what is left of the review; empty where one of its two ends is reached."""
    parts = []
    if gate.cases is not None:
        if progress.cases >= gate.cases:
            return ""
        parts.append(f"{progress.cases} of {many(gate.cases, 'case')} reviewed")
    if gate.days is not None:
        ends = (progress.began_at or now) + timedelta(days=gate.days)
        if now >= ends:
            return ""
        parts.append(f"until {ends:%Y-%m-%d %H:%M} UTC at the latest")
    return ", ".join(parts)
