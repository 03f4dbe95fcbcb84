"""Changes of which build gets the cases: what has to hold before one, and the record of each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from handrail.domain.rollout.deploys import (
    SPARED,
    UNVERSIONED,
    DeployAct,
    DeployChange,
    DeployedVersion,
    DeploymentStanding,
    DeployRefused,
    ReplayCheck,
)
from handrail.postgres.autonomy.deploys import PostgresDeployChanges
from handrail.temporal.deployments import Deployment
from handrail.wiring.deploys.refusing import absent, chosen, elsewhere, unversioned

LOOK = 0.25
PRUNE_SECONDS = 5.0
"""So long after one try comes the next to make room for a version that cannot register."""
SPARED_OF = 20
"""Of so many versions that fit, one that is done with is spared at most."""


@dataclass(frozen=True, slots=True)
class DeployOrder:
    """A change that somebody asks for, why, and how many seconds it may wait for workers.

    With `unfit` it is made although histories do not replay: people get those cases.
    """

    by: str
    words: str = ""
    wait: float = 0.0
    unfit: bool = False


@dataclass(frozen=True, slots=True)
class Changing:
    """Changes one deployment. `here` is the build that this process is, `check` replays histories in it."""

    deployment: Deployment
    record: PostgresDeployChanges
    here: str
    check: Callable[[], Awaitable[ReplayCheck]]

    async def promote(self, build_id: str, order: DeployOrder) -> DeployChange:
        """Let the build work on every case, once it passed the gate; prune before where the server is nearly full.

        A build that is current already stays so; that is no change, and has no id.

        Raises:
            DeployRefused: it has no workers, or not all that they poll; histories do not replay in it.
        """
        before = await self._roomy(order)
        if build_id == before.current and not before.ramping:
            return self._change(DeployAct.PROMOTE, build_id, before, order, 100, {})
        evidence = await self._ready(build_id, "promote", order) if build_id != UNVERSIONED else unversioned(before)
        await self._all_to(build_id, before, order)
        return await self.record.add(self._change(DeployAct.PROMOTE, build_id, before, order, 100, evidence))

    async def ramp(self, build_id: str, percent: float, order: DeployOrder) -> DeployChange:
        """Let the build work on so many per cent of the cases, open and new ones, once it passed the gate; 0 ends the ramp.

        Raises:
            DeployRefused: it is current, or nothing is; another build is ramped up; see `promote`.
        """
        before = await self._roomy(order)
        if percent == 0:
            return await self._ended(before, DeployAct.RAMP, order)
        if not before.current:
            words = "no version is current, so there is nothing that the others would be worked on by"
            raise DeployRefused(f"ramp: {words}. Promote one first: `handrail deploys promote`.")
        if build_id == before.current:
            words = f"{build_id} is current: every case is worked on by it"
            raise DeployRefused(f"ramp: {words}. Name the build that is to get a share of them.")
        if before.ramping and before.ramping != build_id:
            words = f"{before.ramping} has {before.percent:g} % of the cases already"
            raise DeployRefused(f"ramp: {words}. End that first: `handrail deploys rollback`, or promote it.")
        evidence = await self._ready(build_id, "ramp", order) if percent > before.percent else {}
        await self.deployment.ramp(build_id, percent, order.by)
        await self._settled()
        return await self.record.add(self._change(DeployAct.RAMP, build_id, before, order, percent, evidence))

    async def rollback(self, build_id: str | None, order: DeployOrder) -> DeployChange:
        """End the ramp that goes; else let the build, by default the one before, work on every case again. No gate is asked.

        Raises:
            DeployRefused: there is none to go back to, or nobody polls as it.
        """
        before = await self.deployment.outline()
        if before.ramping and build_id is None:
            return await self._ended(before, DeployAct.ROLLBACK, order)
        to = chosen(before, build_id)
        newer = before.version(before.current)
        evidence: dict[str, object] = {"stepped_since": (await self.deployment.filled(newer)).cases if newer else 0}
        await self._all_to(to.build_id, before, order)
        return await self.record.add(self._change(DeployAct.ROLLBACK, to.build_id, before, order, 100, evidence))

    async def prune(self, order: DeployOrder, spare: int = SPARED) -> tuple[list[str], dict[str, str]]:
        """Delete the records of versions that are done with, but for the newest `spare`; return those, and why others stay."""
        standing = await self.deployment.outline()
        candidates = standing.deletable[: max(0, len(standing.deletable) - spare)]
        gone: list[str] = []
        kept = {one.build_id: why for one in standing.versions if (why := standing.kept_for(one))}
        kept |= {one.build_id: "it is among the newest that are spared" for one in standing.deletable[len(candidates) :]}
        for one in candidates:
            try:
                await self.deployment.delete(one.build_id, order.by)
            except DeployRefused as error:
                kept[one.build_id] = str(error)
            else:
                gone.append(one.build_id)
        if gone:
            evidence: dict[str, object] = {"deleted": gone}
            await self.record.add(self._change(DeployAct.PRUNE, standing.current, standing, order, None, evidence))
        return gone, kept

    async def _all_to(self, build_id: str, before: DeploymentStanding, order: DeployOrder) -> None:
        """Let the build work on every case: a ramp of another one would keep its share."""
        await self.deployment.make_current(build_id, order.by)
        if before.ramping not in (None, build_id):
            await self.deployment.ramp(UNVERSIONED, 0, order.by)
        await self._settled()

    async def _roomy(self, order: DeployOrder) -> DeploymentStanding:
        """Return the standing; before that, make room where the server is nearly full."""
        found = await self.deployment.outline()
        if not found.near_cap:
            return found
        await self.prune(order, min(SPARED, found.cap // SPARED_OF))
        return await self.deployment.outline()

    async def _ready(self, build_id: str, act: str, order: DeployOrder) -> dict[str, object]:
        """Wait for workers of the build, and hold it against histories. Raises: DeployRefused."""
        found = await self._polled(build_id, act, order.wait)
        if build_id != self.here:
            return elsewhere(await self.deployment.filled(found), act, self.here, unfit=order.unfit)
        report = await self.check()
        if not report.passed and not order.unfit:
            words = (
                f"{report.words}. Mend it behind `workflow.patched`; --accept-unfit gives the cases that do not fit to people"
            )
            raise DeployRefused(f"{act}: {words}.")
        if report.passed:
            await self.deployment.note_check(build_id, report.words, datetime.now(UTC), order.by)
        return {"check": report.model_dump(mode="json")}

    async def _polled(self, build_id: str, act: str, wait: float) -> DeployedVersion:
        deadline = time.monotonic() + wait
        again = 0.0
        while True:
            standing = await self.deployment.outline()
            found = standing.version(build_id)
            if found is not None and found.pollers:
                return found
            if time.monotonic() > deadline:
                raise DeployRefused(f"{act}: {absent(standing, build_id)}")
            if found is None and standing.near_cap and time.monotonic() > again:
                again = time.monotonic() + PRUNE_SECONDS
                await self.prune(DeployOrder("handrail", "room for a version that cannot register"), 0)
            await asyncio.sleep(LOOK)

    async def _settled(self, patience: float = 30.0) -> None:
        """Wait until the change has reached every task queue."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if await self.deployment.is_settled():
                return
            await asyncio.sleep(LOOK)

    async def _ended(self, before: DeploymentStanding, act: DeployAct, order: DeployOrder) -> DeployChange:
        if not before.ramping:
            raise DeployRefused(f"{act}: no version is ramped up, so there is nothing to end.")
        await self.deployment.ramp(UNVERSIONED, 0, order.by)
        await self._settled()
        return await self.record.add(self._change(act, before.ramping, before, order, 0, {}))

    def _change(
        self,
        act: DeployAct,
        build_id: str,
        before: DeploymentStanding,
        order: DeployOrder,
        percent: float | None,
        evidence: dict[str, object],
    ) -> DeployChange:
        return DeployChange(
            deployment=self.deployment.name,
            act=act,
            build_id=build_id,
            before=before.current,
            percent=percent,
            actor=order.by,
            words=order.words,
            evidence={
                "open_cases": before.open_cases,
                "pinned": before.pinned,
                **evidence,
                **({"unfit": True} if order.unfit else {}),
            },
        )
