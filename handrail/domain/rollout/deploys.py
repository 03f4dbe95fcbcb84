"""Deployments: versions of the code and definitions of workers, of which the current one gets the open cases."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.errors import Refused

UNVERSIONED = ""
"""The build id of workers that belong to no version."""
NEAR = 0.8
"""Share of the versions that a server keeps from which on old ones are deleted."""
SPARED = 5
"""Versions that have drained and are kept all the same, the newest of them, to be read about."""


class DeployRefused(Refused):
    """A deployment stays as it is: the message says why, and what would be right."""


class VersionStatus(StrEnum):
    """The status of a version: it never worked, works for all or for a share, or worked once."""

    INACTIVE = "inactive"
    RAMPING = "ramping"
    CURRENT = "current"
    DRAINING = "draining"
    DRAINED = "drained"
    UNKNOWN = "unknown"


class DeployedVersion(Stored):
    """A version as the server knows it. `cases` are open ones that took their last step in it: they move with the next one."""

    build_id: str
    status: VersionStatus
    percent: float = 0.0
    cases: int = 0
    pollers: list[str] = Field(default_factory=list, description="identities of workers that polled in the last minutes")
    created_at: datetime | None = None
    current_since: datetime | None = None
    last_current_at: datetime | None = None
    deactivated_at: datetime | None = None
    checked: str = Field(default="", description="what the newest check that it passed replayed, and when")
    checked_at: datetime | None = None

    @property
    def works(self) -> bool:
        """Return whether cases are worked on by it."""
        return self.status in (VersionStatus.CURRENT, VersionStatus.RAMPING)


class DeploymentStanding(Stored):
    """A deployment as it stands. `open_cases` are those of the task queue, `unversioned` those that no version worked on."""

    deployment: str
    current: str = Field(default=UNVERSIONED, description="build id; empty where unversioned workers get the cases")
    ramping: str | None = None
    percent: float = 0.0
    versions: list[DeployedVersion] = Field(default_factory=list, description="the newest first")
    open_cases: int = 0
    unversioned: int = 0
    pinned: int = Field(default=0, description="open cases that somebody pinned to a version: they move with no promotion")
    stranded: int = Field(default=0, description="those among them for whose version nobody polls")
    unversioned_pollers: list[str] = Field(default_factory=list)
    cap: int = Field(description="versions that the server keeps at most, as the settings say")
    settled: bool = Field(default=True, description="false while the newest change is still on its way to all task queues")

    def version(self, build_id: str) -> DeployedVersion | None:
        """Return the version of this build; None where none has registered."""
        return next((one for one in self.versions if one.build_id == build_id), None)

    @property
    def near_cap(self) -> bool:
        """Return whether the server soon takes no further version."""
        return len(self.versions) >= NEAR * self.cap

    @property
    def deletable(self) -> list[DeployedVersion]:
        """Return what may be deleted, the oldest first: has drained or never worked, and nobody polls as it."""
        old = [one for one in self.versions if one.status in (VersionStatus.DRAINED, VersionStatus.INACTIVE)]
        return [one for one in reversed(old) if not one.pollers]

    def kept_for(self, one: DeployedVersion) -> str:
        """Say why a version may not be deleted."""
        if one.works:
            return f"it is {one.status}"
        if one.pollers:
            return f"{len(one.pollers)} of its workers polled in the last minutes"
        return "it is draining: the server looks again every few minutes" if one.status is VersionStatus.DRAINING else ""


class ReplayFailure(Stored):
    """A history that a build cannot replay, and where it first differs."""

    history: str
    words: str


class ReplayCheck(Stored):
    """A build held against histories: those that were recorded for it, and of cases that are open now."""

    build_id: str
    recorded: int = 0
    cases: int = 0
    open_cases: int = 0
    seconds: float = 0.0
    failures: list[ReplayFailure] = Field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Return whether every history replays."""
        return not self.failures

    @property
    def words(self) -> str:
        """Say in a line what came of it."""
        held = f"{self.recorded} recorded histories and {self.cases} of {self.open_cases} open cases"
        if self.passed:
            return f"{held} replay"
        first = self.failures[0]
        return f"{len(self.failures)} of {held} do not replay; {first.history}: {first.words}"


class DeployAct(StrEnum):
    """Acts on a deployment."""

    PROMOTE = "promote"
    RAMP = "ramp"
    ROLLBACK = "rollback"
    PRUNE = "prune"


class DeployChange(Stored):
    """A change of a deployment, as it is kept: who made it, what was before, and on what grounds."""

    change_id: int = 0
    deployment: str
    act: DeployAct
    build_id: str
    before: str = ""
    percent: float | None = None
    actor: str
    words: str = ""
    evidence: dict[str, object] = Field(default_factory=dict)
    at: datetime | None = None


def of_the_cases(change: DeployChange) -> str:
    """Say what a change means for the cases that are open."""
    opened = change.evidence.get("open_cases", 0)
    build = change.build_id or "workers without a version"
    if not change.change_id:
        return f"{build} is current already and works on all {opened} open cases: nothing was changed."
    if change.act is DeployAct.PRUNE:
        return f"{build} works on the cases as before."
    if change.percent == 0:
        return (
            f"The ramp of {build} has ended: the cases that it had are worked on by {change.before} from their next step on."
        )
    if change.act is DeployAct.RAMP:
        share = f"About {change.percent:g} % of the {opened} open cases, and of new ones, are worked on by {build}"
        return f"{share} from their next step on, always the same ones by their id; the others by {change.before}."
    pinned = change.evidence.get("pinned")
    kept = f" but {pinned} pinned by hand to a version" if pinned else ""
    words = f"{build} works on all {opened} open cases{kept} from their next step on, and answers questions about them at once"
    back = change.evidence.get("stepped_since")
    if change.act is DeployAct.ROLLBACK and back:
        return f"{words}. {back} of them took steps in {change.before}: what {build} cannot replay goes to a person."
    return f"{words}. Turns that run now end in the workers that began them."
