"""Taking a profile: plain cases on a worker that keeps account."""

from __future__ import annotations

import json
import os
import signal

from handrail.drills.bench.profile.parts import shares
from handrail.drills.bench.profile.sampler import FILE
from handrail.drills.bench.stack.side import Side
from handrail.drills.bench.statistics.results import PartShare
from handrail.drills.bench.work import loads

PROGRAM = "handrail.drills.bench.profile.sampler"


async def profile(side: Side, count: int, warm: int, in_flight: int) -> list[PartShare]:
    """Run `count` plain cases on one worker of the side; return what its parts cost per case.

    Raises:
        StackFailed: the worker would not start, or cases went another way than they should.
    """
    account = side.folder / "profile.json"
    await side.stop_worker()
    await side.start_worker(PROGRAM, {FILE: str(account)})
    try:
        await loads.cases(side, await side.customers.questions(max(warm, in_flight)), in_flight)
        for pid in side.worker_pids():
            os.kill(pid, signal.SIGUSR1)
        done = await loads.cases(side, await side.customers.questions(count), in_flight)
    finally:
        await side.stop_worker()
        await side.start_worker()
    return shares(json.loads(account.read_text()), done.count)
