"""A process that only scores: `python -m handrail.quality.scoring.process`. It knows no server and no secret.

Frames come on standard input, first `ScoringTerms`, then lists of `ScoredRecord`; each list is answered with a list of
`CaseScore` on standard output; see `handrail.frames`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from handrail.domain.quality.scores import RECORDS, SCORES, ScoringTerms
from handrail.domain.text.figures.mentions import warm
from handrail.domain.text.packs import SHELF
from handrail.frames import answer, frame, put
from handrail.quality.scoring.scorers import score

NICE = 10
"""Customers' cases come first, where processors are short."""


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer each list of records, in their order, until there are no more."""
    given = frame(source)
    if given is None:
        return
    terms = ScoringTerms.model_validate_json(given)
    while (given := frame(source)) is not None:
        found = [each for record in RECORDS.validate_json(given) for each in score(record, terms)]
        put(sink, SCORES.dump_json(found))


def prepare() -> None:
    """Load what scoring needs."""
    if others := os.environ.get("HANDRAIL_LANGUAGES"):
        SHELF.add(Path(others))
    warm()


if __name__ == "__main__":
    answer(NICE, prepare, serve)
