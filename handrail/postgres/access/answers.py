"""Answers under idempotency keys in PostgreSQL: claimed before the work, kept behind it, given again byte for byte."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.access.answers import ClaimedAnswer, ClaimState, GivenAnswer
from handrail.postgres.pool import Pool, alone

LOOKS = 5
"""A claim that was dropped between two looks is looked for again, so often at most."""


class PostgresAnswers:
    """The kept answers. Any method raises `psycopg.OperationalError` while the server is away: nothing counts unclaimed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, caller: str, key: str, fingerprint: str, hold: timedelta, *, flushed: bool = True) -> ClaimedAnswer:
        """Claim the key for `hold`, or tell what stands under it. The claim of a process that died ends by itself.

        One that is not `flushed` goes with a PostgreSQL that is killed before it has written out, within a second.
        """
        about: dict[str, Any] = {"caller": caller, "key": key}
        wanted: dict[str, Any] = {"fingerprint": fingerprint, "hold": hold, "flushed": flushed}
        for _ in range(LOOKS):
            ours = await alone(self._pool, "claim_answer", **about, **wanted)
            if ours:
                return ClaimedAnswer(state=ClaimState.OURS, claim=ours[0]["claim"])
            found = await alone(self._pool, "standing_answer", **about)
            if not found:
                continue
            stands = found[0]
            if stands["fingerprint"] != fingerprint:
                return ClaimedAnswer(state=ClaimState.OTHER)
            if stands["status"] is not None:
                return ClaimedAnswer(state=ClaimState.ANSWERED, answer=GivenAnswer.model_validate(stands))
            return ClaimedAnswer(state=ClaimState.IN_FLIGHT, seconds_left=max(stands["seconds_left"], 0.0))
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
