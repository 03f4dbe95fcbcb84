"""Casting: each planned case gets its conversation, on its path, with whoever follows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from handrail.drills.chaos.fronts.front import ClientFront
from handrail.drills.chaos.fronts.http import FrontDoor, HttpFront
from handrail.drills.chaos.fronts.mail import MailFront
from handrail.drills.chaos.fronts.streams import StreamReaders
from handrail.drills.chaos.log import OperationLog
from handrail.drills.chaos.outside.mailing import DrilledMailbox
from handrail.drills.chaos.paths import ChaosPath
from handrail.drills.chaos.plan import PlannedCase
from handrail.drills.chaos.play.acting import PlannedConversation
from handrail.drills.chaos.play.shoppers import Shopper
from handrail.drills.chaos.stack import ChaosStack
from handrail.temporal.cases.client import CaseClient


@dataclass(frozen=True, slots=True)
class WebSide:
    """The side of a drill that talks HTTP: the door, connections to it, and readers of streams."""

    door: FrontDoor
    http: httpx.AsyncClient
    readers: StreamReaders


@dataclass
class Casting:
    """All conversations of a drill."""

    stack: ChaosStack
    log: OperationLog
    web: WebSide | None = None
    conversations: list[PlannedConversation] = field(default_factory=list)

    def conversation(self, planned: PlannedCase, shopper: Shopper, name: str) -> PlannedConversation:
        """Return the conversation of a case; `name` is its id, unless its path names it otherwise."""
        if planned.path is ChaosPath.HTTP and self.web is not None:
            found = self._over_http(self.web, planned, shopper, name)
        elif planned.path is ChaosPath.MAIL and self.stack.box is not None:
            found = self._by_mail(self.stack.box, planned, shopper, name)
        else:
            client = ClientFront(CaseClient(self.stack.outside, patience=planned.patience))
            found = PlannedConversation(client, self.log, planned, shopper, name)
        self.conversations.append(found)
        return found

    def _over_http(self, web: WebSide, planned: PlannedCase, shopper: Shopper, name: str) -> PlannedConversation:
        front = HttpFront(web.http, web.door, planned.patience, planned.waits)
        case_id = name if planned.waits else web.door.case_id(f"{name}-1")
        found = PlannedConversation(front, self.log, planned, shopper, case_id, name=name)
        if planned.follows:
            found.opened = lambda: web.readers.follow(case_id, planned.follows)
        return found

    def _by_mail(self, box: DrilledMailbox, planned: PlannedCase, shopper: Shopper, name: str) -> PlannedConversation:
        cases = CaseClient(self.stack.outside, patience=planned.patience)
        front = MailFront(cases, box, self.stack.pool, shopper.email, planned.patience)
        case_id = front.case_id(shopper.first_words, f"{name}-1")
        return PlannedConversation(front, self.log, planned, shopper, case_id, name=name)

    @property
    def late(self) -> list[str]:
        """The ids of cases that did not settle while somebody waited for them."""
        return [one.case_id for one in self.conversations if one.late]

    @property
    def case_ids(self) -> list[str]:
        """The ids of all cases."""
        return [one.case_id for one in self.conversations]


@asynccontextmanager
async def casting(stack: ChaosStack, log: OperationLog) -> AsyncIterator[Casting]:
    """The casting for this stack; readers stop and connections close at the end."""
    door = stack.door
    if door is None:
        yield Casting(stack, log)
        return
    async with door.client() as http:
        readers = StreamReaders(http, door)
        try:
            yield Casting(stack, log, WebSide(door, http, readers))
        finally:
            await readers.aclose()
