"""Requests that count once: claimed under their idempotency key before anything is done, answered again byte for byte.

Kept is what was done, and a refusal that the same request would get again (`LASTING`); no other.
Where the record is away nothing is claimed, so nothing is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, NamedTuple
from uuid import uuid4

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.responses import Response

from handrail.api.access.callers import principal
from handrail.api.problems.answers import refusal
from handrail.api.problems.table import LASTING, code_of
from handrail.api.services import ApiServices, services_of
from handrail.domain.access.answers import (
    ClaimedAnswer,
    ClaimState,
    GivenAnswer,
    KeyMissing,
    KeyReused,
    PromisedAnswer,
    RequestInFlight,
)
from handrail.domain.access.principals import Principal
from handrail.domain.access.vouching import update_id
from handrail.domain.base import digest
from handrail.domain.case.messages import IDENTIFIER, check_identifier
from handrail.domain.case.starts import CaseStart, other_content
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


class CasePromise(NamedTuple):
    """An answer that promises a case, the case's start, and the address to which replies go, if there is one."""

    answer: Response
    start: CaseStart
    address: str | None


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
        found = await self._services.answers.claim(self._caller.caller, self.key, self._fingerprint(body), hold)
        if found.state is not ClaimState.OURS:
            return self._replayed(found)
        answer = await self._done(found.claim, work, hold)
        if answer.status_code < 500:  # a refusal comes this far only where it lasts
            await asyncio.shield(self._keep(found.claim, answer))
        else:
            await asyncio.shield(self._drop(found.claim))
        return answer

    async def accept(self, body: BaseModel | None, promise: Callable[[], Awaitable[CasePromise]]) -> Response:
        """Keep the answer with the start of the case that it promises, and begin that behind the answer.

        Of a case that stands, and whose answer is not kept any more, the same comes out once more.

        Raises:
            KeyReused: the key stands for another request.
            RequestInFlight: the same request is being worked on, by one that waits for the reply.
        """
        try:
            promised = await promise()
        except HandrailError as error:  # unless it was answered before
            return await self.run(body, _refusing(error))
        key, answer, start = self.needed(None), promised.answer, promised.start
        wanted = PromisedAnswer(answer=_given(answer), start=start, address=promised.address)
        found = await self._services.answers.accept(self._caller.caller, key, self._fingerprint(body), wanted)
        if found.state is ClaimState.STANDS:
            return await self.run(body, lambda: _once_more(promised, found.content))
        if found.state is ClaimState.OURS:
            answer.background = BackgroundTask(self._services.starter.behind, start)
            return answer
        return self._replayed(found)

    def _replayed(self, found: ClaimedAnswer) -> Response:
        """Return the answer that was given before. Raises: KeyReused, RequestInFlight: there is none."""
        if found.state is ClaimState.OTHER:
            raise KeyReused(f"Idempotency-Key: {self.key} stands for another request of yours. Use a key of its own for each.")
        if found.answer is None:
            raise RequestInFlight(f"Idempotency-Key: {self.key} is being worked on.", min(found.seconds_left, 2.0))
        return again(found.answer)

    async def _done(self, claim: str, work: Work, hold: timedelta) -> Response:
        try:
            async with asyncio.timeout(hold.total_seconds()):
                return await self._answered(work)
        except BaseException:
            await asyncio.shield(self._drop(claim))
            raise

    async def _keep(self, claim: str, answer: Response) -> None:
        await self._services.answers.keep(self._caller.caller, self.needed(None), claim, _given(answer))

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


def _given(answer: Response) -> GivenAnswer:
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    return GivenAnswer(status=answer.status_code, headers=headers, body=bytes(answer.body))


def _refusing(error: HandrailError) -> Work:
    async def work() -> Response:
        raise error

    return work


async def _once_more(promised: CasePromise, content: str) -> Response:
    """Return the answer of a case that stands with the content. Raises: CaseConflict: the content is another."""
    case = promised.start.case
    if case.content_digest() != content:
        raise other_content(case.case_id)
    promised.answer.headers[REPLAYED] = "true"
    return promised.answer


def again(kept: GivenAnswer) -> Response:
    """Return the answer as it was, marked as given before."""
    return Response(kept.body, kept.status, {**kept.headers, REPLAYED: "true"})


async def once(request: Request, idempotency_key: IdempotencyKey = None) -> Once:
    """Return the request as one that counts once. Raises: InvalidInput: the key is no id."""
    return Once(request, services_of(request), principal(request), idempotency_key)


CountsOnce = Annotated[Once, Depends(once)]
