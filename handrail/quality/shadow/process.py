"""A process that plays a candidate: `python -m handrail.quality.shadow.process`. It knows no server and no secret.

Frames come on standard input, first `ShadowTerms`, then cases. Whatever the candidate wants to know it asks on standard
output, see `handrail.quality.shadow.wire`; whoever started it answers what may be answered.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import BinaryIO

from handrail.domain.rollout.shadows import ShadowCase
from handrail.frames import answer, frame, put
from handrail.quality.shadow.asking import AskedHouse
from handrail.quality.shadow.wire import ShadowHeard, ShadowTerms

NICE = 10
"""Customers' cases come first, where processors are short."""
WORDS = 500


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Load what the terms name, then answer each case, in their order, until there are no more."""
    from handrail.quality.shadow.playing import ShadowPlayer

    given = frame(source)
    if given is None:
        return
    house = AskedHouse(source, sink)
    with asyncio.Runner() as runner:
        try:
            player = runner.run(ShadowPlayer.loaded(ShadowTerms.model_validate_json(given), house))
        except Exception as error:  # noqa: BLE001 - whatever a candidate does, it is told
            _say(sink, ShadowHeard(broken=f"{type(error).__name__}: {error}"[:WORDS]))
            return
        _say(sink, ShadowHeard(loaded=True))
        while (given := frame(source)) is not None:
            _say(sink, ShadowHeard(answer=runner.run(player.answer(ShadowCase.model_validate_json(given)))))


def _say(sink: BinaryIO, heard: ShadowHeard) -> None:
    put(sink, heard.model_dump_json().encode())


def prepare() -> None:
    """Load what playing needs, and look for a candidate's module where a worker would."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    from handrail.domain.text.figures.mentions import warm
    from handrail.domain.text.packs import SHELF

    if others := os.environ.get("HANDRAIL_LANGUAGES"):
        SHELF.add(Path(others))
    warm()


if __name__ == "__main__":
    answer(NICE, prepare, serve)
