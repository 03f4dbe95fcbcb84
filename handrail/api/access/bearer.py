"""The bearer of a request: an API key, a customer's token, or a token of an identity provider; each checked by its own."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple

from handrail.domain.access.keys import ApiKey, key_parts
from handrail.domain.access.principals import NotAuthenticated, Principal
from handrail.domain.team.membership import under_one_name
from handrail.ports.front.access import ApiKeys
from handrail.ports.people import ReviewersInForce

SEEN_SECONDS = 2.0
"""What was looked up counts for so long, and so a revoked key; one in use is looked up again ahead of that."""
MANY = 10_000
UNKNOWN = "This key does not count: it is unknown, has expired or was revoked. See `handrail keys list`."
TokenCheck = Callable[[str], Awaitable[Principal | None]]
"""Return the principal of a token, None where it is none of this kind. Raises: NotAuthenticated."""


class SeenKey(NamedTuple):
    """A key as it was looked up, None where there is none; `at` is the moment before, by the monotonic clock."""

    at: float
    key: ApiKey | None


class KeyCheck:
    """Checks API keys against the record."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys
        self._seen: dict[str, SeenKey] = {}
        self._looks: dict[str, asyncio.Task[ApiKey | None]] = {}

    async def __call__(self, token: str) -> Principal | None:
        """See `TokenCheck`."""
        if not token.startswith("hr_"):
            return None
        parts = key_parts(token)
        if parts is None:
            raise NotAuthenticated("This is no whole API key. It looks like hr_live_ab12…_SECRET; copy all of it.")
        key = await self._find(parts.key_id)
        same = key is not None and hmac.compare_digest(key.secret_hash, parts.secret_hash)
        if key is None or not same or key.environment != parts.environment or not key.lives(datetime.now(UTC)):
            raise NotAuthenticated(UNKNOWN)
        return key.principal()

    async def _find(self, key_id: str) -> ApiKey | None:
        seen = self._seen.get(key_id)
        age = time.monotonic() - seen.at if seen else float("inf")
        if seen is None or age > SEEN_SECONDS:
            return await asyncio.shield(self._look(key_id))  # others wait for it, too
        if age > SEEN_SECONDS / 2:
            self._look(key_id)
        return seen.key

    def _look(self, key_id: str) -> asyncio.Task[ApiKey | None]:
        """Return the look that is under way, or begin one: however many call, there is one at a time."""
        look = self._looks.get(key_id)
        if look is None:
            look = self._looks[key_id] = asyncio.create_task(self._looked_up(key_id))
            look.add_done_callback(lambda ended: self._ended(key_id, ended))
        return look

    async def _looked_up(self, key_id: str) -> ApiKey | None:
        at = time.monotonic()
        key = await self._keys.find(key_id)
        if key is not None and key.used_long_ago(datetime.now(UTC)):
            await self._keys.used(key_id)
        if len(self._seen) >= MANY:
            self._seen.clear()
        self._seen[key_id] = SeenKey(at, key)
        return key

    def _ended(self, key_id: str, look: asyncio.Task[ApiKey | None]) -> None:
        del self._looks[key_id]
        if not look.cancelled():
            look.exception()  # a look ahead that failed: the next caller's own says so


def checked_by(checks: list[TokenCheck], reviewers: ReviewersInForce) -> Callable[[str], Awaitable[Principal]]:
    """Return the check that asks each in turn; whom it finds goes by their one name from there on."""

    async def authenticate(token: str) -> Principal:
        for check in checks:
            found = await check(token)
            if found is not None:
                return under_one_name(found, reviewers.now())
        raise NotAuthenticated("This token is of no kind that counts here. Send an API key: `handrail keys create`.")

    return authenticate
