"""Variants with made-up figures."""

from __future__ import annotations

from handrail.domain.quality.evaluation.corrections import CorrectionKind
from handrail.domain.quality.evaluation.evaluations import EvaluatedTest, EvaluatedVariant, ReleaseParts
from handrail.quality.evaluation.comparing import summed

PARTS = ReleaseParts(model="m", prompts="p", policies="r", topics="t", graph="g", router="x")


def made(*passes: int, runs: int = 4) -> list[EvaluatedTest]:
    return [
        EvaluatedTest(
            correction_id=f"c-{place}",
            kind=CorrectionKind.EDIT,
            topic="refund",
            reason="edited",
            runs=runs,
            passes=count,
            seconds=[1.0 + place],
        )
        for place, count in enumerate(passes)
    ]


def variant(*passes: int, runs: int = 4) -> EvaluatedVariant:
    return summed(PARTS, made(*passes, runs=runs), repeats=runs, priced=True)
