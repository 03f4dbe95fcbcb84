"""The release gate as a lever: what has not passed an evaluation is approved by a person, reply by reply."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from handrail.domain.autonomy.topics import LeverSettings, Topic
from handrail.domain.case.cases import CaseRow
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.quality.evaluation.releases import UNGATED, ReleaseFile, ReleasePass, ReleaseStanding, stand_of
from handrail.ports import Clock

NAMED_SECONDS = 5.0
"""For so long the name of what is in force is taken for the same where no gate has to be asked."""


class Passes(Protocol):
    """The passes of releases, and the names under which a model answered."""

    async def newest(self, limit: int, release: str | None = None) -> Sequence[ReleasePass]: ...


class ReleaseGate:
    """The port `Lever`. `rules` are those of `release.yaml` now, None where there is no gate.

    `parts` works out what is in force, given the names under which its model answered. What has passed is looked for at most
    once in `every` seconds.
    """

    def __init__(
        self,
        rules: Callable[[], ReleaseFile | None],
        passes: Passes,
        reported: Callable[[], Awaitable[Sequence[str]]],
        parts: Callable[[Sequence[str]], ReleaseParts],
        clock: Clock,
        *,
        every: float = 0.0,
    ) -> None:
        self._rules, self._passes, self._reported, self._parts, self._clock = rules, passes, reported, parts, clock
        self._named, self._named_at = "", float("-inf")
        self._every, self._looked, self._found = every, float("-inf"), ReleaseStanding(release="", open=True, why=UNGATED)

    async def settings(self, topic: Topic, row: CaseRow | None, tools: Sequence[str] = ()) -> LeverSettings:
        """The gate's word, of every topic and tool the same; none where there is no gate."""
        said = (await self.standing()).settings()
        return LeverSettings(topic=said, tools=dict.fromkeys(tools, said))

    async def standing(self) -> ReleaseStanding:
        """Return where the release in force stands. Raises: what `passes` raises; then the turn stops."""
        rules = self._rules()
        if rules is None:
            return ReleaseStanding(release="", configured=False, open=True, why=UNGATED)
        now = time.monotonic()
        if now - self._looked >= self._every:
            self._found = await self._look(rules)
            self._looked = now
        return self._found

    async def release(self) -> str:
        """Return the hash of what is in force, gate or none; worked out as seldom as the gate looks."""
        if self._rules() is not None:
            return (await self.standing()).release
        now = time.monotonic()
        if now - self._named_at >= NAMED_SECONDS:
            self._named, self._named_at = (await self.in_force()).release, now
        return self._named

    async def in_force(self) -> ReleaseParts:
        """Return what is in force, gate or none."""
        return self._parts(list(await self._reported()))

    async def _look(self, rules: ReleaseFile) -> ReleaseStanding:
        known = list(await self._reported())
        parts = self._parts(known)
        passed = await self._passed(parts)
        if passed is None and not known:
            # Nothing was asked yet under this model: the name that it had in its evaluation stands until it says another.
            newest = next((known for known in await self._passes.newest(20) if alike(known.parts, parts)), None)
            passed = newest
            parts = newest.parts if newest else parts
        return stand_of(parts, passed, rules, self._clock.now())

    async def _passed(self, parts: ReleaseParts) -> ReleasePass | None:
        return next(iter(await self._passes.newest(1, parts.release)), None)


def alike(one: ReleaseParts, other: ReleaseParts) -> bool:
    """Return whether two releases differ in nothing but what the model's server calls itself."""
    return one.model_copy(update={"reported": []}) == other.model_copy(update={"reported": []})
