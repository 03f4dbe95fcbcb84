"""Replies that leave: what nobody took back in time is told to its case, once, however often a process dies over it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from handrail.api.problems.table import code_of
from handrail.background import Say, silent
from handrail.domain.access.principals import Principal
from handrail.domain.errors import HandrailError, IllegalTransition
from handrail.domain.team.desk import HeldReply
from handrail.ports.front.desk import HeldReplies
from handrail.temporal.cases.client import TimedOut
from handrail.temporal.cases.doorway import DoorwayClient
from handrail.temporal.connect import Unreachable

LEASE = timedelta(minutes=2)
"""A reply that was taken up by a process that died is told again behind this; the case takes it once."""
AGAIN = timedelta(seconds=3)
LOOK_SECONDS = 0.5
MOST = 20
_log = logging.getLogger(__name__)


class Leaving:
    """Tells cases what people replied, once nobody can take it back any more."""

    def __init__(self, replies: HeldReplies, cases: Callable[[Principal], DoorwayClient]) -> None:
        self._replies = replies
        self._cases = cases

    async def forever(self, say: Say = silent) -> None:
        """Tell what is due, again and again, until cancelled, and `say` that it went well."""
        while True:
            while await self.send_due() == MOST:
                pass
            say(None)
            await asyncio.sleep(LOOK_SECONDS)

    async def send_due(self) -> int:
        """Tell what is due, cases side by side; return how many were looked at."""
        due = await self._replies.due(MOST, LEASE)
        await asyncio.gather(*(self._send(one) for one in due))
        return len(due)

    async def _send(self, reply: HeldReply) -> None:
        try:
            await self._tell(self._cases(reply.principal), reply)
        except (Unreachable, TimedOut):
            await self._replies.later(reply, AGAIN)
        except HandrailError as error:
            _log.info("case %s: a reply was refused, and is a draft again: %s", reply.case_id, type(error).__name__)
            await self._replies.refused(reply, str(error), code_of(error))
        else:
            await self._replies.left(reply)

    async def _tell(self, cases: DoorwayClient, reply: HeldReply) -> None:
        """Tell the case. Raises: Refused, UnknownCase, Unreachable, TimedOut."""
        await cases.reply(reply.case_id, reply.person, reply.text, message_id=reply.message_id)
        if not reply.resolves:
            return
        try:
            await cases.resolve(reply.case_id, reply.person, note=reply.note or None)
        except IllegalTransition:
            # The reply is out. That the case is not theirs to end any more they see on its page.
            _log.info("case %s: its reply left, and it was ended or taken over meanwhile", reply.case_id)
