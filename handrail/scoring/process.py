"""A process that only scores: `python -m handrail.scoring.process`. It knows no server and no secret.

Frames come on standard input, first `ScoringTerms`, then lists of `ScoredRecord`; each list is answered with a list of
`CaseScore` on standard output. A frame is a length in four bytes and so much JSON. It ends with its input: where whoever
started it is killed, it is gone, too.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from handrail.domain.quality.scores import RECORDS, SCORES, ScoringTerms
from handrail.domain.reading import HEAD, READY
from handrail.domain.text.figures.mentions import warm
from handrail.domain.text.packs import SHELF
from handrail.scoring.scorers import score

NICE = 10
"""Customers' cases come first, where processors are short."""


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer each list of records, in their order, until there are no more."""
    given = _frame(source)
    if given is None:
        return
    terms = ScoringTerms.model_validate_json(given)
    while (given := _frame(source)) is not None:
        found = [each for record in RECORDS.validate_json(given) for each in score(record, terms)]
        put(sink, SCORES.dump_json(found))


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(HEAD)
    return source.read(int.from_bytes(head)) if len(head) == HEAD else None


def put(sink: BinaryIO, body: bytes) -> None:
    """Write one frame."""
    sink.write(len(body).to_bytes(HEAD) + body)
    sink.flush()


def main() -> None:
    """Say that it is ready, then score."""
    os.nice(NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started it, whose end is the end of the input
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if others := os.environ.get("HANDRAIL_LANGUAGES"):
        SHELF.add(Path(others))
    warm()
    with suppress(BrokenPipeError):
        put(sink, READY)
        serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
