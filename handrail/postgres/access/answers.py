"""Answers under idempotency keys in PostgreSQL: claimed before the work, kept behind it, given again byte for byte."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from handrail.domain.access.answers import ClaimedAnswer, ClaimState, GivenAnswer, PromisedAnswer
from handrail.postgres.case.starts import columns
from handrail.postgres.pool import Pool, alone

LOOKS = 5
"""A claim that was dropped between two looks is looked for again, so often at most."""


class PostgresAnswers:
    """The kept answers. Any method raises `psycopg.OperationalError` while the server is away: nothing counts unclaimed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, caller: str, key: str, fingerprint: str, hold: timedelta) -> ClaimedAnswer:
        """Claim the key for `hold`, or tell what stands under it. The claim of a process that died ends by itself."""
        about: dict[str, Any] = {"caller": caller, "key": key}
        for _ in range(LOOKS):
            ours = await alone(self._pool, "claim_answer", **about, fingerprint=fingerprint, hold=hold)
            if ours:
                return ClaimedAnswer(state=ClaimState.OURS, claim=ours[0]["claim"])
            found = await alone(self._pool, "standing_answer", **about)
            if found:
                return looked_at(found[0], fingerprint)
        return ClaimedAnswer(state=ClaimState.IN_FLIGHT)

    async def accept(self, caller: str, key: str, fingerprint: str, wanted: PromisedAnswer) -> ClaimedAnswer:
        """Keep the answer with the start that it promises, on disk when it is told; or tell what stands under the key."""
        about: dict[str, Any] = {"caller": caller, "key": key}
        given = {"status": wanted.answer.status, "headers": Jsonb(wanted.answer.headers), "body": wanted.answer.body}
        case = wanted.start.case
        came = {"message_id": case.message.message_id, "channel": case.channel, "address": wanted.address}
        parameters = {**about, **given, **came, **columns(wanted.start)}
        for _ in range(LOOKS):
            with suppress(UniqueViolation):  # kept in the same moment by another way, which is seen to now
                if await alone(self._pool, "accept_case", **parameters, fingerprint=fingerprint):
                    return ClaimedAnswer(state=ClaimState.OURS)
            found = await alone(self._pool, "standing_answer", **about)
            seen = looked_at(found[0], fingerprint) if found else None
            if seen and (seen.state is not ClaimState.IN_FLIGHT or seen.seconds_left > 0):
                return seen
            standing = await alone(self._pool, "standing_case", case_id=case.case_id)
            if standing:
                return ClaimedAnswer(state=ClaimState.STANDS, content=standing[0]["content_digest"])
        return ClaimedAnswer(state=ClaimState.IN_FLIGHT)

    async def keep(self, caller: str, key: str, claim: str, answer: GivenAnswer) -> None:
        """Keep the answer; nothing happens where the claim is another request's by now."""
        about: dict[str, Any] = {"caller": caller, "key": key, "claim": claim, "status": answer.status, "body": answer.body}
        await alone(self._pool, "keep_answer", **about, headers=Jsonb(answer.headers))

    async def drop(self, caller: str, key: str, claim: str) -> None:
        """Forget the claim, so that the same request may be made again."""
        await alone(self._pool, "drop_answer", caller=caller, key=key, claim=claim)

    async def sweep(self, older: timedelta) -> int:
        """Forget answers of longer ago; return how many."""
        return len(await alone(self._pool, "sweep_answers", older=older))


def looked_at(stands: dict[str, Any], fingerprint: str) -> ClaimedAnswer:
    """Return what a row under the key is to a request with the fingerprint."""
    if stands["fingerprint"] != fingerprint:
        return ClaimedAnswer(state=ClaimState.OTHER)
    if stands["status"] is not None:
        return ClaimedAnswer(state=ClaimState.ANSWERED, answer=GivenAnswer.model_validate(stands))
    return ClaimedAnswer(state=ClaimState.IN_FLIGHT, seconds_left=max(stands["seconds_left"], 0.0))
