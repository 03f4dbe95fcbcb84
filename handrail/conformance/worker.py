"""The worker of a lane: on the clock of a play, and behind the gate of its lane.

`python -m handrail.conformance.worker CLOCK GATE` is a worker whose clock is as far ahead of the machine's as the file CLOCK
says, and whose cases work only while the file GATE names them.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from handrail.conformance.clock import MovedClock, MovedWorkflows
from handrail.conformance.gate import Gatekeeper, LaneGate


def main() -> None:
    """Run the worker of a lane."""
    import worker

    clock, gate = MovedClock(Path(sys.argv[1])), LaneGate(Path(sys.argv[2]))
    logging.getLogger("handrail.worker").warning("this worker's clock is a play's, not the machine's")
    worker.main(clock, lambda runner: MovedWorkflows(runner, clock), [Gatekeeper(gate)])


if __name__ == "__main__":
    main()
