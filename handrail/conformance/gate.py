"""A gate before a lane's data: only the case that is played works there, and a play begins when the last one has left.

A case is ended from outside, and its worker hears of it with the next heartbeat; an attempt that the server gave up goes on
until then, too. What they ask and write must not meet the data, or the model's answers, of the next play. Lane and worker are
two processes, which speak by two files: who may pass, and who is within.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from temporalio import activity, client, worker
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from handrail.domain.errors import HandrailError
from handrail.temporal.cases.executions import PREFIX

PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.05


class StillWithin(HandrailError):
    """A step of an ended play goes on; nothing else can be played beside it."""


class PlayOver(HandrailError):
    """A step of a case that is not played, or not any more."""


class LaneGate:
    """The lane's side: `open` lets one case in, `shut` nobody; `quiet` waits until nobody is within."""

    def __init__(self, file: Path) -> None:
        self._passes, self._within = file, file.with_suffix(".within")

    def open(self, workflow_id: str) -> None:
        """Let the steps of this case pass, and no others."""
        written(self._passes, workflow_id)

    def shut(self) -> None:
        """Let nobody pass."""
        written(self._passes, "")

    async def quiet(self, patience: float = PATIENCE_SECONDS) -> None:
        """Wait until nobody is within; the gate is shut, so that nobody comes.

        Raises:
            StillWithin: somebody is, after so many seconds.
        """
        deadline = asyncio.get_running_loop().time() + patience
        while within := self.within():
            if asyncio.get_running_loop().time() > deadline:
                raise StillWithin(f"still at work {patience:g} s after the play was over: {', '.join(within)}")
            await asyncio.sleep(LOOK_SECONDS)

    def within(self) -> list[str]:
        """Name the steps that are within."""
        try:
            return list(json.loads(self._within.read_text()))
        except FileNotFoundError:
            return []

    def passes(self, workflow_id: str) -> bool:
        """Return whether a case may pass; where nothing was said yet, nobody may."""
        try:
            return self._passes.read_text() == workflow_id
        except FileNotFoundError:
            return False

    def now_within(self, steps: list[str]) -> None:
        """Write down who is within."""
        written(self._within, json.dumps(steps))


class Gatekeeper(client.Interceptor, worker.Interceptor):
    """The worker's side, given to its client: every step of a case passes the gate or is refused."""

    def __init__(self, gate: LaneGate) -> None:
        self._gate = gate
        self._steps: Counter[str] = Counter()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """See base class."""
        return Passage(next, self)

    @contextmanager
    def passing(self, workflow_id: str, step: str) -> Iterator[None]:
        """Let the step pass; it is within before the gate is asked, so that whoever shuts the gate sees it.

        Raises:
            PlayOver: another case is played.
        """
        name = f"{step} of {workflow_id}"
        self._count(name, 1)
        try:
            if not self._gate.passes(workflow_id):
                raise PlayOver(f"{name}: this case is not played any more")
            yield
        finally:
            self._count(name, -1)

    def _count(self, name: str, more: int) -> None:
        self._steps[name] += more
        self._gate.now_within(sorted((+self._steps).elements()))


class Passage(ActivityInboundInterceptor):
    """One step on its way through the gate; steps that are of no case are not asked."""

    def __init__(self, next: ActivityInboundInterceptor, keeper: Gatekeeper) -> None:
        super().__init__(next)
        self._keeper = keeper

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """See base class."""
        info = activity.info()
        workflow_id = info.workflow_id or ""
        if not workflow_id.startswith(PREFIX):
            return await super().execute_activity(input)
        try:
            with self._keeper.passing(workflow_id, info.activity_type):
                return await super().execute_activity(input)
        except PlayOver as over:
            raise ApplicationError(str(over), type=PlayOver.__name__, non_retryable=True) from None


def written(file: Path, text: str) -> None:
    """Write a file in one step: whoever reads finds the old words or the new."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.write_text(text)
    fresh.replace(file)
