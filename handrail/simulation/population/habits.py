"""The habits of people in a simulation: how soon customers answer and come back, how reviewers and colleagues decide."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

SAYS_YES = 0.93
SAYS_NO = 0.04
"""Of the customers who are asked to confirm; the others say nothing."""
TELLS_MORE = 0.9
COMES_BACK = 0.62
"""Of the customers whose matter was not settled."""
COMES_BACK_ANYWAY = 0.03
RATES = 0.16
CONTACTS = 3
"""Nobody writes more often about one matter."""
APPROVES = 0.955
EDITS = 0.03
"""Of what reviewers see that is right; the rest they reject."""
CATCHES = 0.9
"""Of what reviewers see that is wrong; half of it they edit, half they reject."""
SILENCE = timedelta(hours=168)
OPENS, CLOSES = 7, 20
"""The hours in which people work, UTC, on every day."""


def answer_after(chance: Random) -> timedelta:
    """Draw how long a customer takes to answer a question."""
    return timedelta(minutes=min(2_000.0, chance.lognormvariate(2.6, 1.0)) + 1)


def back_after(chance: Random) -> timedelta:
    """Draw how long a customer waits before coming back: mostly within two days."""
    return timedelta(hours=min(140.0, 2 + chance.lognormvariate(2.4, 0.9)))


def work_after(chance: Random, now: datetime, low: float, high: float) -> datetime:
    """Draw when somebody has seen to it: after so many minutes, counted from when people work again."""
    return at_work(now) + timedelta(minutes=chance.uniform(low, high))


def at_work(now: datetime) -> datetime:
    """The next moment at which people work."""
    if now.hour >= CLOSES:
        now = (now + timedelta(days=1)).replace(hour=0)
    return now if now.hour >= OPENS else now.replace(hour=OPENS, minute=now.minute, second=0)


def rating(chance: Random, *, settled: bool) -> int:
    """Draw a CSAT of 1 to 5."""
    return chance.choices((1, 2, 3, 4, 5), (1, 2, 9, 38, 50) if settled else (46, 28, 14, 8, 4))[0]
