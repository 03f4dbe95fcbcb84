"""Limits in force: calls are counted in this process's memory, so several processes together let more through."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from handrail.domain.access.limits import CallLimit, RateLimited
from handrail.domain.access.principals import Principal
from handrail.domain.counting import many


class CallLimits:
    """Counts calls: of each caller, and of what comes in for each customer."""

    def __init__(self, caller: CallLimit, customer: CallLimit) -> None:
        self.caller, self.customer = caller, customer
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def all(self) -> Sequence[CallLimit]:
        """Return the limits, as `GET /v1/limits` tells them."""
        return (self.caller, self.customer)

    def of(self, principal: Principal) -> CallLimit:
        """Return the limit that counts for the caller's every call."""
        return self.customer if principal.customer_id else self.caller

    async def count(self, limit: CallLimit, who: str) -> dict[str, str]:
        """Count one call, and return the `RateLimit` fields of the answer.

        Raises:
            RateLimited: there have been too many.
        """
        item = RateLimitItemPerSecond(limit.calls, limit.seconds)
        allowed = await self._counter.hit(item, limit.name, who)
        stats = await self._counter.get_window_stats(item, limit.name, who)
        left = max(1, math.ceil(stats.reset_time - time.time()))
        if not allowed:
            raise RateLimited(
                f"{who}: more than {many(limit.calls, 'call')} in {limit.seconds} s. Try again in {left} s; "
                "GET /v1/limits tells what is allowed.",
                left,
            )
        return fields(limit, stats.remaining, left)


def fields(limit: CallLimit, remaining: int, left: int) -> dict[str, str]:
    """Return the `RateLimit` and `RateLimit-Policy` fields."""
    return {
        "ratelimit-policy": f'"{limit.name}";q={limit.calls};w={limit.seconds}',
        "ratelimit": f'"{limit.name}";r={remaining};t={left}',
    }
