"""The drill of the kill switch: it is thrown while the agent works on cases, and the database tells what came after it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from handrail.business import Business
from handrail.domain.autonomy.controls import GLOBAL, Control, ControlRequest, Hand
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.cases import CaseStatus
from handrail.domain.counting import many
from handrail.domain.errors import InvalidInput, Refused, UnknownCase
from handrail.drills.kill_switch.outcome import CaseReading, SwitchReport, report
from handrail.drills.kill_switch.readings import PostgresReadings
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool, reading
from handrail.temporal.cases.client import CaseClient, TimedOut

CHANNEL = "drill"
ACTOR = "handrail drill"
LOOK_SECONDS = 0.02
LASTING = timedelta(minutes=10)
"""Where the drill itself is killed, the switch lifts itself after this."""
PATIENT = "Thank you for your patience: a person reads this now. (drill)"


@dataclass(frozen=True, slots=True)
class Drill:
    """`timeout` is in seconds, for the first output and for settling, each. `tell` shows what happens, line by line."""

    cases: CaseClient
    controls: PostgresControls
    readings: PostgresReadings
    timeout: float
    tell: Callable[[str], None]

    async def run(self, letters: Sequence[tuple[str, str]]) -> SwitchReport:
        """Open a case for each letter, (customer_id, text), and throw the switch while the agent works on them.

        The drill's own switch is lifted however this ends; what others have set is never touched.

        Raises:
            InvalidInput: the agent is not free to act now, so there would be nothing to see.
            TimedOut: the agent let nothing out, or the cases did not settle.
        """
        await self._refuse_held()
        began_at = await self.readings.now()
        run = uuid4().hex[:8]
        named = {f"drill-{run}-{number:02}": letter for number, letter in enumerate(letters, 1)}
        opening = asyncio.create_task(self._open(named))
        try:
            await self._first_outputs(began_at, max(1, len(named) // 5), opening)
            under_way = await self._working(list(named))
            control = await self.controls.put(switch(Autonomy.OFF, "a drill of the kill switch"))
            self.tell(f"switch: thrown while the agent worked on {many(under_way, 'case')}")
            await opening
            found = await self._settled(list(named))
            people_work_ok = await self._as_a_person(found, control)
            outputs = await self.readings.outputs(began_at)
            return report(control, began_at, outputs, found, under_way=under_way, people_work_ok=people_work_ok)
        finally:
            opening.cancel()
            try:
                await self._close(list(named))
            finally:
                await self.controls.put(switch(Autonomy.AUTO, "the drill is over"))
                self.tell("switch: lifted")

    async def _close(self, case_ids: list[str]) -> None:
        """End the drill's cases before the agent may go on with them; some were never opened where it was cut short."""
        ended = await asyncio.gather(*(self.cases.close(one) for one in case_ids), return_exceptions=True)
        left = [error for error in ended if isinstance(error, Exception) and not isinstance(error, UnknownCase)]
        if left:
            self.tell(f"cases: {len(left)} could not be closed ({type(left[0]).__name__})")

    async def _refuse_held(self) -> None:
        held = [one for one in await self.controls.in_force() if one.scope == str(GLOBAL)]
        if held:
            raise InvalidInput(
                f"controls: {held[0].words} A drill needs an agent that may act; lift it first: "
                "handrail controls clear --scope global --reason … --actor …"
            )

    async def _open(self, named: dict[str, tuple[str, str]]) -> None:
        await asyncio.gather(
            *(self.cases.open_case(name, customer, text, channel=CHANNEL) for name, (customer, text) in named.items())
        )

    async def _first_outputs(self, since: datetime, enough: int, opening: asyncio.Task[None]) -> None:
        """Wait until the agent has let `enough` out: then others of its cases are under way."""

        async def come() -> bool:
            if opening.done():
                opening.result()
            return len(await self.readings.outputs(since)) >= enough

        await self._until(
            come,
            f"The agent let fewer than {enough} effects and replies out in {self.timeout:g} s. Is a worker up, and does "
            "every topic allow it? See `handrail status` and `handrail controls show`.",
        )

    async def _working(self, case_ids: list[str]) -> int:
        return sum(one.status == CaseStatus.WORKING for one in await self.readings.cases(case_ids))

    async def _settled(self, case_ids: list[str]) -> list[CaseReading]:
        """The cases once the agent works on none of them."""

        async def settled() -> bool:
            found = await self.readings.cases(case_ids)
            return len(found) == len(case_ids) and all(one.status != CaseStatus.WORKING for one in found)

        await self._until(settled, f"Not every case of the drill settled in {self.timeout:g} s. They go on; look again later.")
        self.tell(f"cases: all {len(case_ids)} settled")
        return await self.readings.cases(case_ids)

    async def _as_a_person(self, found: Sequence[CaseReading], control: Control) -> bool:
        """Return whether a person's answer goes out while the agent is switched off."""
        case_id = next((one.case_id for one in found if one.status == CaseStatus.WITH_HUMAN), None)
        if case_id is None:
            return False

        async def claimed() -> bool:
            try:
                await self.cases.claim(case_id, ACTOR)
            except Refused:  # PostgreSQL knows a moment before the case itself that people have it
                return False
            return True

        async def heard() -> bool:
            return await self.readings.heard_from_people(case_id, control.set_at)

        try:
            await self._until(claimed, "A person could not take a case.")
            await self.cases.reply(case_id, ACTOR, PATIENT)
            await self._until(heard, "A person's reply was not recorded.")
        except TimedOut:
            return False
        self.tell("people: a person's reply went out while the agent was off")
        return True

    async def _until(self, true: Callable[[], Awaitable[bool]], late: str) -> None:
        """Raises: TimedOut: it did not become true."""
        deadline = asyncio.get_running_loop().time() + self.timeout
        while not await true():
            if asyncio.get_running_loop().time() > deadline:
                raise TimedOut(late)
            await asyncio.sleep(LOOK_SECONDS)


def switch(level: Autonomy, reason: str) -> ControlRequest:
    """The drill's own control."""
    lasting = LASTING if level is not Autonomy.AUTO else None
    return ControlRequest(scope=GLOBAL, level=level, hand=Hand.DRILL, reason=reason, actor=ACTOR, lasting=lasting)


async def letters(pool: Pool, business: Business, count: int) -> list[tuple[str, str]]:
    """So many messages that the business's samples give, mixed.

    Raises:
        InvalidInput: the business has no samples.
    """
    if business.samples is None:
        raise InvalidInput(f"business: {business.name} has no samples to drill with. Give its definition `samples`.")
    async with reading(pool) as connection:
        found = await business.samples(connection)
    return list(itertools.islice(itertools.cycle(found), count))
