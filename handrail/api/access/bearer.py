"""The bearer of a request: an API key, a customer's token, or a token of an identity provider; each checked by its own."""

from __future__ import annotations

import hmac
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from handrail.domain.access.keys import ApiKey, key_parts
from handrail.domain.access.principals import NotAuthenticated, Principal
from handrail.ports.front.access import ApiKeys

SEEN_SECONDS = 2.0
"""A key is looked up again after this time, so a revoked one counts so much longer at most."""
MANY = 10_000
UNKNOWN = "This key does not count: it is unknown, has expired or was revoked. See `handrail keys list`."
TokenCheck = Callable[[str], Awaitable[Principal | None]]
"""Return the principal of a token, None where it is none of this kind. Raises: NotAuthenticated."""


class KeyCheck:
    """Checks API keys against the record."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys
        self._seen: dict[str, tuple[float, ApiKey | None]] = {}

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
        now = time.monotonic()
        at, key = self._seen.get(key_id, (float("-inf"), None))
        if now - at > SEEN_SECONDS:
            key = await self._keys.find(key_id)
            if key is not None:
                await self._keys.used(key_id)
            if len(self._seen) >= MANY:
                self._seen.clear()
            self._seen[key_id] = (now, key)
        return key


def checked_by(checks: list[TokenCheck]) -> Callable[[str], Awaitable[Principal]]:
    """Return the check that asks each in turn."""

    async def authenticate(token: str) -> Principal:
        for check in checks:
            found = await check(token)
            if found is not None:
                return found
        raise NotAuthenticated("This token is of no kind that counts here. Send an API key: `handrail keys create`.")

    return authenticate
