"""Verdicts put together: one bad part makes a case bad, and one that could not be measured makes it unmeasured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from handrail.domain.quality.scores import ScoreEvidence, ScoreVerdict

MOST_EVIDENCE = 8
Judged: TypeAlias = tuple[ScoreVerdict, list[ScoreEvidence]]
Part: TypeAlias = tuple[ScoreVerdict, ScoreEvidence | None]


def of_parts(parts: Iterable[Part]) -> Judged:
    """Return the verdict on the whole, with what speaks for it; nothing measured is unmeasured."""
    found = list(parts)
    for verdict in (ScoreVerdict.BAD, ScoreVerdict.UNMEASURED):
        reasons = [evidence for part, evidence in found if part is verdict and evidence is not None]
        if any(part is verdict for part, _ in found):
            return verdict, reasons[:MOST_EVIDENCE]
    return (ScoreVerdict.GOOD, []) if found else unmeasured("nothing", "There was nothing to measure.")


def unmeasured(rule: str, words: str) -> Judged:
    """Return that nothing could be measured, and why."""
    return ScoreVerdict.UNMEASURED, [ScoreEvidence(rule=rule, words=words)]
