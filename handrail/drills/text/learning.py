"""Tells how well claims of deeds are known by weights that never saw them: `python -m handrail.drills.text.learning`.

Each labelled sentence is judged by weights learned from the others of its language. Nothing is written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from handrail.domain.text.deeds.learned.suspicion import THRESHOLD
from handrail.domain.text.deeds.learned.weights import LabelledPiece, Weights, labelled
from handrail.domain.text.words import LANGUAGES

FOLDS = 5


def judged(rows: Sequence[LabelledPiece]) -> Iterator[tuple[bool, bool]]:
    """Yield for each piece whether it is a claim, and whether it is taken for one."""
    for fold in range(FOLDS):
        weights = Weights.learn([row for at, row in enumerate(rows) if at % FOLDS != fold])
        for row in rows[fold::FOLDS]:
            yield row.claim, weights.score(row.features) > THRESHOLD


def main() -> None:
    """Print the share of claims that pass and of other sentences that are held, by language and in all."""
    every: list[tuple[bool, bool]] = []
    for language in LANGUAGES:
        found = list(judged(labelled(language)))
        every += found
        sys.stdout.write(f"{language}  {_told(found)}\n")
    sys.stdout.write(f"all {_told(every)}\n")


def _told(found: Sequence[tuple[bool, bool]]) -> str:
    claims, others = [taken for claim, taken in found if claim], [taken for claim, taken in found if not claim]
    passed, held = 1 - sum(claims) / len(claims), sum(others) / len(others)
    return f"{len(found):5,} sentences; of claims {passed:.1%} pass, of others {held:.1%} are held"


if __name__ == "__main__":
    main()
