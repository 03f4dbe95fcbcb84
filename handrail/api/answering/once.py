"""Requests that count once: claimed under their idempotency key before anything is done, answered again byte for byte.

Kept is what was done, and a refusal that the same request would get again (`LASTING`); no other.
Where the record is away nothing is claimed, so nothing is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from handrail.api.access.callers import Anybody
from handrail.api.problems.answers import refusal
from handrail.api.problems.table import LASTING, code_of
from handrail.api.services import ApiServices, Services
from handrail.domain.access.answers import ClaimState, GivenAnswer, KeyMissing, KeyReused, RequestInFlight
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
        answers, caller, key = self._services.answers, self._caller.caller, self.key
        hold = timedelta(seconds=HOLD_SECONDS + seconds)
        found = await answers.claim(caller, key, self._fingerprint(body), hold)
        if found.state is ClaimState.ANSWERED and found.answer is not None:
            return again(found.answer)
        if found.state is ClaimState.OTHER:
            raise KeyReused(f"Idempotency-Key: {key} stands for another request of yours. Use a key of its own for each.")
        if found.state is ClaimState.IN_FLIGHT:
            raise RequestInFlight(f"Idempotency-Key: {key} is being worked on.", min(found.seconds_left, 2.0))
        return await self._done(key, found.claim, work, hold)

    async def _done(self, key: str, claim: str, work: Work, hold: timedelta) -> Response:
        answers, caller = self._services.answers, self._caller.caller
        try:
            async with asyncio.timeout(hold.total_seconds()):
                answer = await self._answered(work)
        except BaseException:
            await asyncio.shield(answers.drop(caller, key, claim))
            raise
        if answer.status_code < 500:  # a refusal comes this far only where it lasts
            headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
            kept = GivenAnswer(status=answer.status_code, headers=headers, body=bytes(answer.body))
            await asyncio.shield(answers.keep(caller, key, claim, kept))
        else:
            await asyncio.shield(answers.drop(caller, key, claim))
        return answer

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


def again(kept: GivenAnswer) -> Response:
    """Return the answer as it was, marked as given before."""
    return Response(kept.body, kept.status, {**kept.headers, REPLAYED: "true"})


async def once(request: Request, services: Services, caller: Anybody, idempotency_key: IdempotencyKey = None) -> Once:
    """Return the request as one that counts once. Raises: InvalidInput: the key is no id."""
    return Once(request, services, caller, idempotency_key)


CountsOnce = Annotated[Once, Depends(once)]
