"""`Prefer: wait=N` (RFC 7240): how many seconds a caller would wait for the answer to what they started."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

DEFAULT_SECONDS, LONGEST_SECONDS = 5.0, 30.0
_WAIT = re.compile(r"\bwait\s*=\s*\"?(\d{1,4})\"?", re.IGNORECASE)
_ASYNC = re.compile(r"\brespond-async\b", re.IGNORECASE)


async def seconds_of(
    prefer: Annotated[str | None, Header(description="wait=N: wait so many seconds at most, 0 to 30; 5 by default")] = None,
) -> float:
    """Return the seconds that the caller would wait; a preference that nobody understands is passed over."""
    found = _WAIT.search(prefer or "")
    if found:
        return min(float(found[1]), LONGEST_SECONDS)
    return 0.0 if prefer and _ASYNC.search(prefer) else DEFAULT_SECONDS


Wait = Annotated[float, Depends(seconds_of)]
