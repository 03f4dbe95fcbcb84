"""Retries of the graph's nodes: how often and how long, in one place.

What no repetition can mend is not tried again: the case goes to a person. A model's server that asks for patience is asked
again by whoever runs the turn: nobody is held meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping

from langgraph.types import RetryPolicy

from handrail.domain.case.turns import TurnHalted, TurnSuperseded
from handrail.domain.errors import DEFECTS, PERMANENT, ModelUnavailable

FOR_EVER = 1_000


def worth_another_try(error: Exception) -> bool:
    """Return whether the same step may come out otherwise by itself."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return not (isinstance(error, (*DEFECTS, ModelUnavailable, TurnSuperseded, TurnHalted)) or names & set(PERMANENT))


def tries(most: int) -> RetryPolicy:
    """A pause that doubles from 0.2 s to 5 s between `most` attempts."""
    return RetryPolicy(
        initial_interval=0.2, backoff_factor=2.0, max_interval=5.0, max_attempts=most, jitter=False, retry_on=worth_another_try
    )


STEP = tries(60)
RETRIES: Mapping[str, RetryPolicy] = {"resolve": tries(FOR_EVER), "escalate": tries(12)}
"""By node; `STEP` for every other. Where even `escalate` gives up, the workflow hands the case over by itself."""
SECONDS = 120.0
TIMEOUTS: Mapping[str, float] = {"consult": 300.0, "agent": 600.0, "resolve": 20.0, "escalate": 20.0}
"""Seconds that one try may take, by node; `SECONDS` for every other."""
