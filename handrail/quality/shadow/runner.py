"""Runs a shadow beside a worker's cases: answers what is due in a process of its own, which is ended where it hangs."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.errors import HandrailError
from handrail.domain.rollout.ramps import HANDRAIL
from handrail.domain.rollout.shadows import (
    STOPS_AFTER,
    AnswerState,
    Shadow,
    ShadowAnswer,
    ShadowCase,
    ShadowStep,
    StepOfShadow,
)
from handrail.frames import ended, give, started, taken, until_ready
from handrail.ports import Clock
from handrail.ports.loop.rollout import ShadowRecord
from handrail.quality.releases.serving import AskedModel
from handrail.quality.shadow.house import MODEL, SWITCH, HouseSystems, ShadowHouse, ShadowLedger
from handrail.quality.shadow.wire import MOST_BYTES, ShadowHeard, ShadowTerms

ARGV = (sys.executable, "-m", "handrail.quality.shadow.process")
ROOT = Path(__file__).parents[3]
START_SECONDS = 600.0
CASE_SECONDS = 300.0
KEPT_SECONDS = 600.0
"""So long a process is kept: then the definitions are laid out anew, with what was edited meanwhile."""
FRESH = timedelta(hours=1)
"""A case that was opened longer ago is not answered any more: what it would look up is not what it was."""
AT_ONCE = 20


class CandidateBroken(HandrailError):
    """The candidate cannot be loaded."""


class ProcessLost(HandrailError):
    """The candidate's process ended, hung, or said what nobody understands."""


class ProcessSlow(HandrailError):
    """The candidate's process does not start in time: the machine has more important things to do."""


@dataclass(frozen=True, slots=True)
class ShadowPlace:
    """The ground of a shadow: what its process gets, and how its model is asked.

    `lay_out` puts the candidate's definitions into a folder, and returns the terms; `model` makes the model that answers.
    """

    lay_out: Callable[[Shadow, Path], ShadowTerms]
    model: Callable[[Shadow], AskedModel]
    systems: HouseSystems
    zone: Callable[[], str]
    clock: Clock
    argv: Sequence[str] = ARGV
    case_seconds: float = CASE_SECONDS


@dataclass(slots=True)
class ShadowRunner:
    """Runs the shadow of one process, a case after the other."""

    record: ShadowRecord
    place: ShadowPlace
    _process: Process | None = None
    _folder: Path | None = None
    _of: int = 0
    _since: float = 0.0
    _in_a_row: int = 0
    _models: dict[int, AskedModel] = field(default_factory=dict)

    async def look(self) -> str | None:
        """Answer what is due now; return in words why something is left, None where nothing is.

        Raises: what the record raises.
        """
        async with self.record.alone() as mine:
            if not mine:
                return None
            while (shadow := await self.record.latest()) is not None and shadow.going:
                await self.record.lost(shadow.shadow_id)
                due = await self.record.due(shadow, self._since_when(shadow), AT_ONCE)
                if not due:
                    return None
                for case in due:
                    words = await self._one(shadow.shadow_id, case)
                    if words is not None:
                        return words
        await self.aclose()
        return None

    async def aclose(self) -> None:
        """End the process, and take its files away."""
        process, self._process = self._process, None
        if process is not None:
            await ended(process)
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _since_when(self, shadow: Shadow) -> datetime:
        fresh = self.place.clock.now() - FRESH
        return max(shadow.started_at, fresh) if shadow.started_at else fresh

    async def _one(self, shadow_id: int, case: ShadowCase) -> str | None:
        """Answer one case, unless the shadow was stopped or its budget is used up; return in words why it is left."""
        shadow = await self.record.latest()
        if shadow is None or not shadow.going or shadow.shadow_id != shadow_id:
            return None
        off = (await self.place.systems.controls.over("", case.customer_id)).dialled()
        if off.autonomy is Autonomy.OFF:
            return f"the agent is switched off: {off.why}"
        day = self.place.clock.now().astimezone(ZoneInfo(self.place.zone())).date()
        ledger = ShadowLedger(self.record, shadow, day, await self.record.spent(day))
        if reached := ledger.reached():
            return await self._rests(shadow, ledger, reached)
        house = ShadowHouse(case, self.place.systems, self._model(shadow), ledger)
        try:
            process = await self._ready(shadow)
            if not await self.record.begin(shadow_id, case.case_id, day):
                return None
            answer = await self._answered(process, case, house)
        except CandidateBroken as broken:
            return await self._gives_up(shadow, case, str(broken))
        except ProcessSlow as slow:
            return str(slow)
        except ProcessLost as lost:
            return await self._lost(shadow, case, str(lost))
        self._in_a_row = 0
        why = answer.stopped or answer.failed
        answer = answer.model_copy(update={"refused": [*answer.refused, *house.refused]})
        state = AnswerState.FAILED if why else AnswerState.ANSWERED
        await self.record.end(shadow_id, case.case_id, state, answer, why)
        if reached := ledger.reached():
            return await self._rests(shadow, ledger, reached)
        return why if why.startswith((MODEL, SWITCH)) else None

    async def _lost(self, shadow: Shadow, case: ShadowCase, words: str) -> str | None:
        self._in_a_row += 1
        if self._in_a_row >= STOPS_AFTER:
            return await self._gives_up(shadow, case, f"{STOPS_AFTER} times in a row: {words}")
        await self.record.end(shadow.shadow_id, case.case_id, AnswerState.FAILED, None, words)
        return None

    async def _rests(self, shadow: Shadow, ledger: ShadowLedger, reached: str) -> str:
        words = f"the budget of {ledger.day} is used up: {reached}"
        about = {"shadow_id": shadow.shadow_id, "kind": StepOfShadow.REST, "actor": HANDRAIL}
        await self.record.step(ShadowStep.model_validate({**about, "words": words, "day": ledger.day}))
        await self.aclose()
        return f"shadow {shadow.shadow_id} rests: {words}"

    async def _gives_up(self, shadow: Shadow, case: ShadowCase, words: str) -> str:
        await self.record.end(shadow.shadow_id, case.case_id, AnswerState.FAILED, None, words)
        about = {"shadow_id": shadow.shadow_id, "kind": StepOfShadow.STOP, "actor": HANDRAIL}
        await self.record.step(ShadowStep.model_validate({**about, "words": words}))
        await self.aclose()
        return f"shadow {shadow.shadow_id} was stopped: {words}"

    def _model(self, shadow: Shadow) -> AskedModel:
        if shadow.shadow_id not in self._models:
            self._models = {shadow.shadow_id: self.place.model(shadow)}
        return self._models[shadow.shadow_id]

    async def _answered(self, process: Process, case: ShadowCase, house: ShadowHouse) -> ShadowAnswer:
        """Return the candidate's answer. Raises: ProcessLost: then there is no process any more."""
        try:
            async with asyncio.timeout(self.place.case_seconds):
                return await exchanged(process, case, house)
        except TimeoutError:
            await self.aclose()
            raise ProcessLost(f"hung: no answer within {self.place.case_seconds:g} s") from None
        except (OSError, asyncio.IncompleteReadError) as error:
            await self.aclose()
            raise ProcessLost(f"crashed: its process ended ({type(error).__name__})") from error
        except (ValueError, TypeError) as error:  # what pydantic raises is among them
            await self.aclose()
            raise ProcessLost(f"crashed: it said what nobody understands ({type(error).__name__})") from error
        except BaseException:
            await self.aclose()
            raise

    async def _ready(self, shadow: Shadow) -> Process:
        """Return the candidate's process, started where there is none. Raises: CandidateBroken, ProcessLost, ProcessSlow."""
        old = time.monotonic() - self._since > KEPT_SECONDS
        if self._process is not None and (old or self._of != shadow.shadow_id or self._process.returncode is not None):
            await self.aclose()
        if self._process is None:
            await self._start(shadow)
        assert self._process is not None  # noqa: S101 - it was just started
        return self._process

    async def _start(self, shadow: Shadow) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="handrail-shadow-"))
        try:
            terms = await asyncio.to_thread(self.place.lay_out, shadow, self._folder / "definitions")
            self._process = await started(self.place.argv, ROOT)
            self._of, self._since = shadow.shadow_id, time.monotonic()
            async with asyncio.timeout(START_SECONDS):
                await until_ready(self._process)
                await give(self._process, terms.model_dump_json().encode())
                heard = ShadowHeard.model_validate_json(await taken(self._process, MOST_BYTES))
        except HandrailError as error:
            await self.aclose()
            raise CandidateBroken(f"the candidate cannot be used: {error}") from error
        except TimeoutError:
            await self.aclose()
            raise ProcessSlow(f"the candidate's process did not start within {START_SECONDS:g} s; it is tried again") from None
        except (OSError, asyncio.IncompleteReadError, ValidationError) as error:
            await self.aclose()
            raise ProcessLost(f"crashed: its process did not start ({type(error).__name__})") from error
        except BaseException:
            await self.aclose()
            raise
        if not heard.loaded:
            await self.aclose()
            raise CandidateBroken(f"the candidate cannot be loaded: {heard.broken}")


async def exchanged(process: Process, case: ShadowCase, house: ShadowHouse) -> ShadowAnswer:
    """Give the case to the process, and answer what it asks until it answers."""
    await give(process, case.model_dump_json().encode())
    while True:
        heard = ShadowHeard.model_validate_json(await taken(process, MOST_BYTES))
        if heard.answer is not None:
            return heard.answer
        await give(process, (await house.told(heard)).model_dump_json().encode())
