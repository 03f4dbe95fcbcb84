"""Questions to a judge: codes, reference and order of each call are drawn by chance, so that no text can know them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from random import SystemRandom

from handrail.domain.quality.judge.judging import JudgedItem, JudgeQuestion
from handrail.domain.quality.judge.material import Material
from handrail.domain.quality.judge.rubric import Criterion

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
CHANCE = SystemRandom()


def question(case: Material, criterion: Criterion, *, chance: Callable[[], float] = CHANCE.random) -> JudgeQuestion:
    """Make the question, with codes and an order of its own.

    The material stands in the conversation's order, which is what is judged; what was done comes before or behind it.
    """
    codes = _codes(3)
    reference, other = (secrets.token_hex(4).upper() for _ in range(2))
    items = [
        JudgedItem(code=codes[0], words=f"{criterion.question} Answer no if this holds: {criterion.fails_when}"),
        JudgedItem(code=codes[1], words=f"Is the reference of this task {reference}?", expected=True),
        JudgedItem(code=codes[2], words=f"Is the reference of this task {other}?", expected=False),
    ]
    return JudgeQuestion(
        case_id=case.case_id,
        reference=reference,
        items=sorted(items, key=lambda _: chance()),
        said=case.said,
        done=case.done,
        done_first=chance() < 0.5,
        quote=criterion.quote,
    )


def _codes(count: int) -> list[str]:
    found: set[str] = set()
    while len(found) < count:
        found.add("".join(secrets.choice(LETTERS) for _ in range(5)))
    return sorted(found, key=lambda _: CHANCE.random())
