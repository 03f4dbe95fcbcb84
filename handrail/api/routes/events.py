"""Events as server-sent events: of one case, or of all; a stream goes on exactly behind `Last-Event-ID`."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from handrail.api.access.callers import Reader, Staff
from handrail.api.problems.documented import refusals
from handrail.api.routes.cases import CaseId
from handrail.api.routes.looking import seen
from handrail.api.services import Services
from handrail.domain.case.events import CaseEvent, for_customer
from handrail.domain.errors import InvalidInput
from handrail.events.tail import EventTail

router = APIRouter(prefix="/v1", tags=["events"])
BEAT_SECONDS = 15.0
RETRY_MILLISECONDS = (500, 3_000)
"""Clients that were sent away at once come back spread over this time."""
NEWEST = 2**63 - 1
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events as they are committed: `id` is the number to go on behind, `event` the kind, `data` the event",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


class EventStream(StreamingResponse):
    """A stream of frames, whose source is closed however it ends."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes, None]) -> None:
        super().__init__(frames, headers=HEADERS)
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        async with aclosing(self._frames):
            await super().__call__(scope, receive, send)


async def tail_of(request: Request) -> EventTail:
    """Return the tail that the application was made with."""
    found: EventTail = request.app.state.tail
    return found


async def behind(
    after: Annotated[int | None, Query(ge=0, le=NEWEST, description="Go on behind this number")] = None,
    last_event_id: Annotated[str | None, Header(description="The same, as a browser sends it; it counts first")] = None,
) -> int | None:
    """Return the number to go on behind, None where the caller names none. Raises: InvalidInput: it is none."""
    if not last_event_id:
        return after
    if not (last_event_id.isascii() and last_event_id.isdigit()) or int(last_event_id) > NEWEST:
        raise InvalidInput(f"Last-Event-ID: {last_event_id[:40]!r} is no number of an event. Send the `id` of the last one.")
    return int(last_event_id)


Tail = Annotated[EventTail, Depends(tail_of)]
Behind = Annotated[int | None, Depends(behind)]


@router.get("/cases/{case_id}/events", responses={**refusals(404), **STREAM}, status_code=200, response_class=EventStream)
async def case_events(case_id: CaseId, caller: Reader, services: Services, tail: Tail, after: Behind) -> EventStream:
    """Follow a case's events from the first, or from behind the number; its customer's token sees what is theirs."""
    await seen(services, caller, case_id)
    view = for_customer if caller.customer_id is not None else whole
    batches = tail.of_case(case_id, after or 0, BEAT_SECONDS)
    return EventStream(frames(batches, lambda one: one.sequence, view, tail.away, after or 0))


@router.get("/events", responses={**refusals(), **STREAM}, status_code=200, response_class=EventStream)
async def all_events(caller: Staff, tail: Tail, after: Behind) -> EventStream:
    """Follow the events of all cases, without anybody's words, from now on or from behind the number."""
    begin = await tail.newest() if after is None else after
    return EventStream(frames(tail.of_all(begin, BEAT_SECONDS), lambda one: one.position, whole, tail.away, begin))


def whole(event: CaseEvent) -> CaseEvent | None:
    """Return the event as it is."""
    return event


async def frames(
    batches: AsyncIterator[list[CaseEvent]],
    number: Callable[[CaseEvent], int],
    view: Callable[[CaseEvent], CaseEvent | None],
    away: type[Exception],
    begin: int,
) -> AsyncGenerator[bytes, None]:
    """Yield the frames of a stream: its events, a beat in each silence, and when to come back at its end.

    A frame without data sets what `Last-Event-ID` will be, and tells no event: it stands where the stream begins, and for
    an event that the reader may not see.
    """
    yield format_sse_event(id=str(begin), retry=random.randint(*RETRY_MILLISECONDS))  # noqa: S311 - spreads load alone
    try:
        async for found in batches:
            if not found:
                yield b": beat\n\n"
            for event in found:
                shown = view(event)
                data = None if shown is None else shown.model_dump_json(exclude=_hidden(view), exclude_none=True)
                kind = None if shown is None else shown.kind.value
                yield format_sse_event(id=str(number(event)), event=kind, data_str=data)
    except away:
        yield b": the record does not answer just now\n\n"
    yield format_sse_event(retry=random.randint(*RETRY_MILLISECONDS))  # noqa: S311 - spreads load alone


def _hidden(view: Callable[[CaseEvent], CaseEvent | None]) -> set[str]:
    """Return the fields that stay inside: how much happens in the whole house is none of a customer's business."""
    return {"position"} if view is for_customer else set()
