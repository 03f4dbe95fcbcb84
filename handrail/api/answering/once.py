"""Requests that count once: claimed under their idempotency key before anything is done, answered again byte for byte.

Kept is what was done, and a refusal that the same request would get again (`LASTING`); no other.
Where the record is away nothing is claimed, so nothing is done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.responses import Response

from handrail.api.access.callers import principal
from handrail.api.problems.answers import refusal
from handrail.api.problems.table import LASTING, code_of
from handrail.api.services import ApiServices, services_of
from handrail.domain.access.answers import ClaimedAnswer, ClaimState, GivenAnswer, KeyMissing, KeyReused, RequestInFlight
from handrail.domain.access.principals import Principal
from handrail.domain.access.vouching import update_id
from handrail.domain.base import digest
from handrail.domain.case.messages import IDENTIFIER, check_identifier
from handrail.domain.errors import HandrailError

HOLD_SECONDS = 15.0
"""Beyond what a caller waits: then a claim whose process died is anybody's who sends the same."""
KEPT_HEADERS = ("content-type", "location", "retry-after", "etag", "preference-applied")
REPLAYED = "idempotency-replayed"
Work = Callable[[], Awaitable[Response]]
_log = logging.getLogger(__name__)
IdempotencyKey = Annotated[
    str | None,
    Header(
        description="one for each request, the same when it is sent again: letters, digits, '_', '.', ':', '-', at most 120",
        pattern=f'^("{IDENTIFIER.pattern}"|{IDENTIFIER.pattern})$',
    ),
]


class Once:
    """A request with its caller and its key, if it has one."""

    def __init__(self, request: Request, services: ApiServices, caller: Principal, key: str | None) -> None:
        self._request, self._services, self._caller = request, services, caller
        self.key = check_identifier("Idempotency-Key", key.strip('"')) if key is not None else None

    def needed(self, own: str | None) -> str:
        """Return the key, or the message's `own` id where that alone is given.

        Raises:
            KeyMissing: neither is there, so nobody could tell a second try from a second message.
        """
        self.key = self.key or own
        if self.key is None:
            raise KeyMissing("Send an Idempotency-Key header, or message_id: the same for the same message, however often.")
        return self.key

    def update_id(self, name: str) -> str:
        """Return the id of the update that the request is sent on as: another for each request, unless it has a key."""
        return update_id(self._caller.caller, self.key or uuid4().hex, self._request.url.path, name)

    async def run(self, body: BaseModel | None, work: Work, *, seconds: float = 0.0) -> Response:
        """Do the work, or give the answer that it had before. `seconds` is how long it may wait for something.

        Raises:
            KeyReused: the key stands for another request.
            RequestInFlight: the same request is being worked on.
        """
        if self.key is None:
            return await work()
        hold = timedelta(seconds=HOLD_SECONDS + seconds)
        found = await self._claimed(self.key, body, hold)
        if found.answer is not None:
            return again(found.answer)
        if found.state is ClaimState.IN_FLIGHT:
            raise self._in_flight(found)
        answer = await self._done(found.claim, work, hold)
        if answer.status_code < 500:  # a refusal comes this far only where it lasts
            await asyncio.shield(self._keep(found.claim, answer))
        else:
            await asyncio.shield(self._drop(found.claim))
        return answer

    async def accept(self, body: BaseModel | None, work: Work) -> Response:
        """Do work that counts once by the key itself and comes out the same byte for byte, or give the answer that it had.

        So the claim is not waited for until it is on disk, the answer is kept behind its sending, and what comes while the
        same is at work is done beside it.

        Raises:
            KeyReused: the key stands for another request.
            RequestInFlight: the same request is being worked on, and will be refused.
        """
        hold = timedelta(seconds=HOLD_SECONDS)
        found = await self._claimed(self.needed(None), body, hold, flushed=False)
        if found.answer is not None:
            return again(found.answer)
        if found.state is ClaimState.IN_FLIGHT:
            beside = await self._answered(work)
            if not good(beside):
                raise self._in_flight(found)  # a refusal names its request, and the first one's is kept
            return beside
        answer = await self._done(found.claim, work, hold)
        if good(answer):
            answer.background = BackgroundTask(self._keep_behind, found.claim, answer)
        else:
            await asyncio.shield(self._keep(found.claim, answer))
        return answer

    async def _claimed(self, key: str, body: BaseModel | None, hold: timedelta, *, flushed: bool = True) -> ClaimedAnswer:
        answers, fingerprint = self._services.answers, self._fingerprint(body)
        found = await answers.claim(self._caller.caller, key, fingerprint, hold, flushed=flushed)
        if found.state is ClaimState.OTHER:
            raise KeyReused(f"Idempotency-Key: {key} stands for another request of yours. Use a key of its own for each.")
        return found

    def _in_flight(self, found: ClaimedAnswer) -> RequestInFlight:
        return RequestInFlight(f"Idempotency-Key: {self.key} is being worked on.", min(found.seconds_left, 2.0))

    async def _done(self, claim: str, work: Work, hold: timedelta) -> Response:
        try:
            async with asyncio.timeout(hold.total_seconds()):
                return await self._answered(work)
        except BaseException:
            await asyncio.shield(self._drop(claim))
            raise

    async def _keep(self, claim: str, answer: Response) -> None:
        headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
        kept = GivenAnswer(status=answer.status_code, headers=headers, body=bytes(answer.body))
        await self._services.answers.keep(self._caller.caller, self.needed(None), claim, kept)

    async def _keep_behind(self, claim: str, answer: Response) -> None:
        try:
            await self._keep(claim, answer)
        except Exception as error:
            if code_of(error) != "RecordAway":
                raise
            _log.warning("an answer could not be kept: the same request will be done again, and come out the same")

    async def _drop(self, claim: str) -> None:
        await self._services.answers.drop(self._caller.caller, self.needed(None), claim)

    async def _answered(self, work: Work) -> Response:
        try:
            return await work()
        except HandrailError as error:
            if code_of(error) not in LASTING:
                raise
            return refusal(self._request.scope, error)

    def _fingerprint(self, body: BaseModel | None) -> str:
        given = body.model_dump(mode="json") if body is not None else None
        match = self._request.headers.get("if-match")
        seen = [] if match is None else [match.strip()]
        return digest([self._request.method, self._request.url.path, self._caller.customer_id, given, *seen])


def good(answer: Response) -> bool:
    """Return whether the answer is no refusal."""
    return answer.status_code < 400


def again(kept: GivenAnswer) -> Response:
    """Return the answer as it was, marked as given before."""
    return Response(kept.body, kept.status, {**kept.headers, REPLAYED: "true"})


async def once(request: Request, idempotency_key: IdempotencyKey = None) -> Once:
    """Return the request as one that counts once. Raises: InvalidInput: the key is no id."""
    return Once(request, services_of(request), principal(request), idempotency_key)


CountsOnce = Annotated[Once, Depends(once)]
