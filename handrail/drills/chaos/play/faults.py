"""Faults at their moments, each healed and followed by a new case that shows when work goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import OperationalError

from handrail.drills.chaos.plan import FaultKind, FaultyPart, PlannedFault
from handrail.drills.chaos.play.acting import PlannedConversation
from handrail.drills.chaos.play.cutting import CutOff
from handrail.drills.chaos.proxy import NetworkFault
from handrail.drills.chaos.seen.evidence import Heal
from handrail.drills.chaos.seen.readings import PostgresEvidence
from handrail.drills.chaos.stack import ChaosStack
from handrail.drills.queries import read

LOOK = 0.05
PATIENCE = 90.0


@dataclass
class Faults:
    """Brings faults about. `probe` gives the conversation of a new case for the fault of a number, `late` of one whose effect
    comes late; `came_late` are cases of which one did.
    """

    stack: ChaosStack
    evidence: PostgresEvidence
    probe: Callable[[int], PlannedConversation]
    late: Callable[[], PlannedConversation]
    tell: Callable[[str], None]
    heals: list[Heal] = field(default_factory=list)
    came_late: list[str] = field(default_factory=list)

    async def bring(self, fault: PlannedFault, began: float) -> None:
        """Wait for the fault's moment, bring it about, heal it, and wait until a new case was worked on."""
        await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
        self.tell(f"{fault.kind} {fault.part}" + (f" for {fault.seconds:.1f} s" if fault.seconds else ""))
        hurt, began_at = time.monotonic(), time.time()
        await self._lasting(fault)
        healed = time.monotonic()
        conversation = self.probe(fault.number)
        opening = asyncio.create_task(conversation.hold())
        try:
            progress = await self._progress(conversation.case_id, healed)
            await opening
        finally:
            opening.cancel()
        away = round(healed - hurt, 3)
        case_id = conversation.case_id
        self.heals.append(
            Heal(
                fault=fault.number,
                part=fault.part,
                kind=fault.kind,
                case_id=case_id,
                away=away,
                progress=progress,
                began=began_at,
            )
        )

    async def _lasting(self, fault: PlannedFault) -> None:
        """Bring the fault about, for as long as it lasts, and heal it."""
        if fault.kind is FaultKind.KILL:
            self.stack.parts.kill(fault.part)
            await self.stack.parts.start(fault.part)
        elif fault.kind is FaultKind.PAUSE:
            self.stack.parts.pause(fault.part)
            try:
                await asyncio.sleep(fault.seconds)
            finally:
                self.stack.parts.go_on(fault.part)
        elif fault.kind is FaultKind.FULL:
            await self._full(fault)
        elif fault.kind is FaultKind.CUT:
            late = self.late()
            if await CutOff(self.stack, late, self.tell).play(closes=bool(fault.number % 2)):
                self.came_late.append(late.case_id)
        else:
            await self._network(fault)

    async def _network(self, fault: PlannedFault) -> None:
        """Hurt every network before the part for a while."""
        networks = self.stack.networks(fault.part)
        for network in networks:
            network.hurt(NetworkFault(fault.kind))
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            for network in networks:
                network.heal()

    async def _full(self, fault: PlannedFault) -> None:
        """Have the server's disk full for a while, PostgreSQL's every other time so that its log needs a new segment at once.

        A server that cannot write its log ends by itself, and is started again when there is room.
        """
        part = fault.part
        disk, before = self.stack.disks[part], self.stack.words_of_full_disk(part)
        disk.fill()
        try:
            if part is FaultyPart.POSTGRES and fault.number % 2:
                with suppress(psycopg.Error):
                    await read(self.stack.pool, "chaos_switch_log")
            await asyncio.sleep(fault.seconds)
        finally:
            disk.heal()
        await self.stack.parts.revive(part)
        self.tell(f"{part} was refused room {self.stack.words_of_full_disk(part) - before} times")

    async def _progress(self, case_id: str, healed: float) -> float | None:
        """Return how many seconds after the heal the record says that the case was worked on."""
        while time.monotonic() < healed + PATIENCE:
            try:
                if await self.evidence.left_working(case_id):
                    return round(time.monotonic() - healed, 3)
            except OperationalError:
                pass
            await asyncio.sleep(LOOK)
        return None
