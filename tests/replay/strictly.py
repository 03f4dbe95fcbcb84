"""Replays the kept histories in a strict sandbox; `python -m tests.replay.strictly [FOLDER]`.

A worker ships without Temporal's sandbox. Here it is on, so that a clock, a random number, the environment or a file fails
however workflow code comes by it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from handrail.wiring.cases.runners import sandbox
from handrail.wiring.deploys.gate import HISTORIES
from tests.replay.again import gone, replay

SECONDS = 90


async def check(texts: dict[str, str]) -> dict[str, str]:
    """Replay the histories and give what failed, name to words."""
    async with asyncio.timeout(SECONDS):
        return await replay(texts, sandbox())


def main() -> int:
    """Print what failed; give 1 if anything did."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HISTORIES
    texts = {path.name: path.read_text() for path in sorted(folder.glob("*.json"))}
    if not texts:
        sys.exit(f"strictly: no history is in {folder}")
    failed = asyncio.run(check(texts))
    sys.stdout.write("".join(f"{name}: {words}\n" for name, words in failed.items()) or "every history replays strictly\n")
    return 1 if failed else 0


if __name__ == "__main__":
    gone(main())
