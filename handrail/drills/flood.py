"""Very long messages to a case with a person and to one in a turn, on the running stack, beside other customers' cases."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from handrail.domain.base import Stored
from handrail.domain.case.cases import CaseStatus
from handrail.domain.errors import Refused, UnknownCase
from handrail.drills.text.kinds import kinds
from handrail.ports import Cases
from handrail.temporal.cases.client import CaseClient, TimedOut, settled

CHANNEL = "drill"
ACTOR = "handrail drill"
OTHERS = 6
"""Cases of other customers before a flood. Beside it they go on for as long as it lasts."""
LOOK_SECONDS = 0.01
"""From one look at another customer's case to the next."""
CLAIM_SECONDS = 2.0
SLOWER = 2.0
WISH = "I want to talk to a person, please."


class FloodReport(Stored):
    """The result of a flood. Seconds are of the clock on the wall: on a busy machine look at `others_ratio`."""

    messages: int
    with_person_recorded: int
    with_person_claim_seconds: float
    in_turn_recorded: int
    in_turn_claim_seconds: float
    others_before_seconds: float
    others_meanwhile_seconds: float

    @property
    def others_ratio(self) -> float:
        """The factor by which other customers' cases became slower."""
        return self.others_meanwhile_seconds / max(self.others_before_seconds, 0.001)

    @property
    def passed(self) -> bool:
        """All recorded, people got the cases at once, and nobody else waited long."""
        recorded = self.with_person_recorded == self.in_turn_recorded == self.messages
        claimed = max(self.with_person_claim_seconds, self.in_turn_claim_seconds) <= CLAIM_SECONDS
        return recorded and claimed and self.others_ratio <= SLOWER


@dataclass(frozen=True, slots=True)
class Flood:
    """`letters` are (customer_id, text) that open ordinary cases. `timeout` is in seconds, for each step."""

    client: CaseClient
    record: Cases
    letters: Sequence[tuple[str, str]]
    timeout: float
    tell: Callable[[str], None]

    async def run(self, messages: int) -> FloodReport:
        """Flood both cases; every case of the drill is closed in the end.

        Raises:
            TimedOut: a case did not reach a person, or others' cases did not settle.
        """
        run = uuid4().hex[:8]
        named = {name: f"flood-{run}-{name}" for name in ("person", "turn")}
        try:
            before = await self._others(f"flood-{run}-before")
            self.tell(f"others: {_middle(before):.3f} s a case, with nothing beside them")
            await self._open(named["person"], self.letters[0][0], WISH)
            await self._with_human(named["person"])
            meanwhile, claimed = await self._beside(
                f"flood-{run}-beside", self._flooded(named["person"], messages, wish=False)
            )
            before += await self._others(f"flood-{run}-between")
            await self._open(named["turn"], *self.letters[1])
            also, claimed_turn = await self._beside(f"flood-{run}-again", self._flooded(named["turn"], messages, wish=True))
            return FloodReport(
                messages=messages,
                with_person_recorded=await self._recorded(named["person"], messages),
                with_person_claim_seconds=claimed,
                in_turn_recorded=await self._recorded(named["turn"], messages),
                in_turn_claim_seconds=claimed_turn,
                others_before_seconds=_middle(before),
                others_meanwhile_seconds=max(_middle(meanwhile), _middle(also)),
            )
        finally:
            await asyncio.gather(*(self._close(case_id) for case_id in named.values()))

    async def _flooded(self, case_id: str, count: int, *, wish: bool) -> float:
        """Send all of them; the seconds that a claim takes while they come in."""
        texts = list(kinds().values())

        async def send(number: int) -> None:
            text = f"{number} {texts[number % len(texts)]}"[: len(texts[0])]
            await self.client.say(case_id, f"a{text}"[: len(texts[0])], message_id=f"flood-{number}")

        sending = asyncio.gather(*(send(number) for number in range(count)))
        try:
            if wish:
                await self.client.request_human(case_id)
                await self._with_human(case_id)
            else:
                await asyncio.sleep(0.2)
            return await self._claimed(case_id)
        finally:
            await sending

    async def _claimed(self, case_id: str) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._until(lambda: self._claims(case_id))
        return round(loop.time() - began, 2)

    async def _claims(self, case_id: str) -> bool:
        try:
            await self.client.claim(case_id, ACTOR)
        except Refused:  # it is just on its way to people
            return False
        return True

    async def _recorded(self, case_id: str, count: int) -> int:
        async def all_there() -> bool:
            return await self._count(case_id) == count

        try:
            await self._until(all_there)
        except TimedOut:
            self.tell(f"{case_id}: not everything is recorded after {self.timeout:g} s")
        return await self._count(case_id)

    async def _count(self, case_id: str) -> int:
        return sum(one.message_id.startswith("flood-") for one in await self.record.transcript(case_id))

    async def _beside(self, name: str, flooded: Coroutine[None, None, float]) -> tuple[list[float], float]:
        """Other cases' seconds for as long as the flood lasts, and what it gives."""
        async with asyncio.TaskGroup() as group:
            flood = group.create_task(flooded)
            others = list[float]()
            while not flood.done():
                others += await self._others(f"{name}-{len(others)}")
        return others, flood.result()

    async def _others(self, name: str) -> list[float]:
        """The seconds from opening to an answer, of cases one after the other."""
        loop, took = asyncio.get_running_loop(), list[float]()
        for number, (customer, text) in enumerate(self.letters[2 : 2 + OTHERS]):
            began, case_id = loop.time(), f"{name}-{number}"
            await self._open(case_id, customer, text)
            await self._until(partial(self._settled, case_id), LOOK_SECONDS)
            took.append(loop.time() - began)
            await self._close(case_id)
        return took

    async def _settled(self, case_id: str) -> bool:
        """Look at the record, not at the client's waiting: its pauses double, and would be most of what is measured."""
        try:
            return settled(await self.record.show(case_id))
        except UnknownCase:  # it was sent to Temporal, which has not begun it
            return False

    async def _open(self, case_id: str, customer: str, text: str) -> None:
        await self.client.open_case(case_id, customer, text, channel=CHANNEL)

    async def _with_human(self, case_id: str) -> None:
        await self.client.wait(case_id, until=lambda view: view.status is CaseStatus.WITH_HUMAN, timeout=self.timeout)

    async def _close(self, case_id: str) -> None:
        try:
            await self.client.close(case_id)
        except Refused:
            self.tell(f"{case_id}: could not be closed")

    async def _until(self, true: Callable[[], Awaitable[bool]], pause: float = 0.05) -> None:
        deadline = asyncio.get_running_loop().time() + self.timeout
        while not await true():
            if asyncio.get_running_loop().time() > deadline:
                raise TimedOut(f"It did not come so far in {self.timeout:g} s.")
            await asyncio.sleep(pause)


def _middle(seconds: Sequence[float]) -> float:
    """The median, to the millisecond."""
    return round(statistics.median(seconds), 3)
