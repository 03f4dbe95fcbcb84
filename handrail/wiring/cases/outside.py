"""Tools from outside at work: what is not as it was pinned is switched off, with an alarm for the owner of each topic."""

from __future__ import annotations

import asyncio
import logging
from importlib import import_module
from pathlib import Path

from handrail.background import Say, silent
from handrail.domain.autonomy.controls import ControlRequest, Hand, Scope, ScopeKind
from handrail.domain.autonomy.topics import Autonomy, Topic
from handrail.domain.errors import HandrailError, ToolChanged
from handrail.domain.quality.watch.drift import EVERY, AlarmEvidence, AlarmKind, Detector, DriftAlarm
from handrail.outside.loading import outside_tools
from handrail.ports import Clock, Topics
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms

EVERY_SECONDS = 60.0
_log = logging.getLogger("handrail.outside")


class ToolSwitch:
    """Switches a tool off that is not what a person pinned. Doing it twice is doing it once."""

    def __init__(self, pool: Pool, controls: PostgresControls, topics: Topics, clock: Clock) -> None:
        self._alarms, self._controls = PostgresAlarms(pool), controls
        self._topics, self._clock = topics, clock

    async def off(self, changed: ToolChanged) -> None:
        """Switch it off and alarm, unless it is off by Handrail's hand already."""
        scope = Scope(kind=ScopeKind.TOOL, name=changed.tool)
        held = [one for one in await self._controls.in_force() if one.scope == str(scope) and one.hand is Hand.HANDRAIL]
        if any(one.level is Autonomy.OFF for one in held):
            return
        _log.error("switched off: %s", changed)
        offered: list[Topic | None] = [one for one in self._topics.all() if changed.tool in one.tools]
        for topic in offered or [None]:
            await self._alarms.raise_alarm(self._alarm(changed, topic))
        reason = str(changed)[:500]
        wanted = ControlRequest(scope=scope, level=Autonomy.OFF, hand=Hand.HANDRAIL, reason=reason, actor=Hand.HANDRAIL)
        await self._controls.put(wanted)

    def _alarm(self, changed: ToolChanged, topic: Topic | None) -> DriftAlarm:
        day = self._clock.now().date()
        owner = f" For {topic.owner}, who owns {topic.name}." if topic and topic.owner else ""
        return DriftAlarm(
            kind=AlarmKind.TOOL,
            detector=Detector.PIN,
            day=day,
            first_day=day,
            indicator=f"tool {changed.tool} {changed.found or 'gone'}",
            topic=topic.name if topic else EVERY,
            evidence=AlarmEvidence(words=f"{changed} It is switched off.{owner}"),
        )


async def watch_forever(folder: Path, switch: ToolSwitch, say: Say = silent, every: float = EVERY_SECONDS) -> None:
    """Hold every tool against its pin, now and then: one that nobody calls is found changed, too."""
    await asyncio.to_thread(import_module, "mcp")  # takes a second or two, which no customer is to wait for
    tools = outside_tools(folder)
    while True:
        troubles = []
        for tool in tools.values():
            try:
                await tool.check()
            except ToolChanged as changed:
                await switch.off(changed)
            except HandrailError as error:
                troubles.append(str(error))
        say("; ".join(dict.fromkeys(troubles)) or None)
        await asyncio.sleep(every)
