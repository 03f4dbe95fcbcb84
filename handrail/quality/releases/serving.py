"""Serves each case by its customer's arm: the release in force, or the candidate of the ramp that is going."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from handrail.domain.autonomy.topics import Autonomy, LeverSettings, Setting, Topic
from handrail.domain.case.cases import CaseRow
from handrail.domain.llm.agent import ModelAnswer, ModelRequest
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion
from handrail.domain.quality.evaluation.releases import ReleaseStanding
from handrail.domain.rollout.ramps import SOURCE, Arm, Ramp, ServedRelease
from handrail.ports.loop.rollout import RampRecord, Serving

KEPT = 4_096
"""Assignments that a process remembers, so that each is written once in most cases."""


class AskedModel(Protocol):
    """A model that answers and is consulted."""

    async def complete(self, request: ModelRequest) -> ModelAnswer: ...

    async def consult(self, question: ConsultQuestion) -> ModelOpinion: ...

    async def resting(self) -> float: ...


class CandidateServing(Protocol):
    """The candidate of a ramp, ready to answer: its model, and its gate."""

    @property
    def model(self) -> AskedModel: ...

    async def standing(self) -> ReleaseStanding:
        """Return where the candidate stands with the release gate."""
        ...


class RampedReleases:
    """The ports `Releases`, `Lever` and `Consultant`. A ramp is looked for at most once in `every` seconds.

    `release` names what is in force; `ready` makes a ramp's candidate ready to answer, and is asked once for each.
    """

    def __init__(
        self,
        model: AskedModel,
        ramps: RampRecord,
        release: Callable[[], Awaitable[str]],
        ready: Callable[[Ramp], CandidateServing],
        *,
        every: float = 0.0,
    ) -> None:
        self._model, self._ramps, self._release, self._ready = model, ramps, release, ready
        self._every, self._looked = every, float("-inf")
        self._ramp: Ramp | None = None
        self._candidates: dict[int, CandidateServing] = {}
        self._assigned: dict[tuple[str, str, int | None], None] = {}

    async def serving(self, topic: Topic, row: CaseRow) -> Serving:
        """Return what answers this case, and write its arm down before it answers. Raises: what the record raises."""
        ramp = await self.ramp()
        arm = ramp.arm(row.customer_id) if ramp else None
        if ramp is None or arm is None:
            return Serving(self._model, topic, ServedRelease(release=await self._release()))
        if arm is Arm.CONTROL:
            served = ServedRelease(release=await self._release(), arm=arm, ramp_id=ramp.ramp_id)
            await self._assign(row.case_id, served)
            return Serving(self._model, topic, served)
        served = ServedRelease(release=ramp.release, arm=arm, ramp_id=ramp.ramp_id)
        await self._assign(row.case_id, served)
        return Serving(self.candidate(ramp).model, ramp.candidate.topic(topic), served)

    async def resting(self, row: CaseRow) -> float:
        """Return the seconds for which the model of the customer's arm is to be left alone. Raises: what the record raises."""
        return await (await self._asked(row.customer_id)).resting()

    async def consult(self, question: ConsultQuestion) -> ModelOpinion:
        """Ask the model of the customer's arm what a message is about. Raises: see `Consultant`."""
        return await (await self._asked(question.customer_id)).consult(question)

    async def settings(self, topic: Topic, row: CaseRow | None, tools: Sequence[str] = ()) -> LeverSettings:
        """The candidate's gate on a case in its arm. It only ever lowers: everything else says its own word beside it."""
        ramp = await self.ramp() if row is not None else None
        if ramp is None or row is None or ramp.arm(row.customer_id) is not Arm.CANDIDATE:
            return LeverSettings(tools={tool: [] for tool in tools})
        found = await self.candidate(ramp).standing()
        level = Autonomy.AUTO if found.configured and found.open else Autonomy.REVIEW
        said = [Setting(source=SOURCE, autonomy=level, why=f"Ramp {ramp.ramp_id}, candidate: {found.why}")]
        return LeverSettings(topic=said, tools=dict.fromkeys(tools, said))

    async def ramp(self) -> Ramp | None:
        """Return the ramp that is going; None where none is."""
        now = time.monotonic()
        if now - self._looked >= self._every:
            self._ramp, self._looked = await self._ramps.latest(), now
        return self._ramp if self._ramp is not None and self._ramp.going else None

    def candidate(self, ramp: Ramp) -> CandidateServing:
        """Return the ramp's candidate, ready to answer."""
        if ramp.ramp_id not in self._candidates:
            self._candidates[ramp.ramp_id] = self._ready(ramp)
        return self._candidates[ramp.ramp_id]

    async def _asked(self, customer_id: str) -> AskedModel:
        ramp = await self.ramp()
        if ramp is not None and ramp.arm(customer_id) is Arm.CANDIDATE:
            return self.candidate(ramp).model
        return self._model

    async def _assign(self, case_id: str, served: ServedRelease) -> None:
        place = (case_id, served.release, served.ramp_id)
        if place in self._assigned:
            return
        await self._ramps.assign(case_id, served)
        while len(self._assigned) >= KEPT:
            del self._assigned[next(iter(self._assigned))]
        self._assigned[place] = None
