"""The worker: polls until it is stopped. `python -m worker`; `handrail.wiring.cases.worker` says what it is made of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.wiring.cases import collecting, plugins
from handrail.wiring.cases.ahead import WORD, await_servers

if TYPE_CHECKING:
    from temporalio.client import Interceptor

    from handrail.ports import Clock
    from handrail.wiring.cases.serving import Run


def main(clock: Clock | None = None, run: Run | None = None, interceptors: Sequence[Interceptor] = ()) -> None:
    """`python -m worker`. Exits with 1 and one line where something it needs is missing or wrong.

    Whoever plays cases at another time gives the `clock`, and how workflow code is run at that time; `interceptors` are the
    client's, and where they are a worker's, too, stand around every step.
    """
    collecting.defer()
    plugins.leave_out()
    from handrail.wiring.cases.serving import run_worker

    if told := os.environ.pop(WORD, None):
        await_servers(Path(told))
    run_worker(clock, run, interceptors)


if __name__ == "__main__":
    main()
