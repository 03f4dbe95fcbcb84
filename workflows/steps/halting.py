"""The word that a turn begins no effect any more, as soon as words that it goes by are edited or withdrawn.

A turn that is asked to stop hears of it with its next heartbeat. The ledger knows before the customer is answered.
"""

from __future__ import annotations

from collections.abc import Awaitable

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.memory.case import CaseMemory
from workflows.options import STEP, within_task
from workflows.steps.interrupting import regardless

HALT = "record.halt"
HALTS = "changed-words-halt-the-turn"


class Halt:
    """The word about the turn `token`, given at most once."""

    def __init__(self, memory: CaseMemory, token: str) -> None:
        self._memory, self._token = memory, token
        self._given = False

    @property
    def due(self) -> bool:
        """Return whether words are changed and the word is not given."""
        return bool(self._memory.changed) and not self._given

    async def __call__(self) -> None:
        """Give it within the task, where it is due; where that fails twice, the turn is only asked to stop."""
        if not self.due:
            return
        self._given = True
        if not workflow.patched(HALTS):
            return
        try:
            await regardless(self._memory.cancel, self._write)
        except FailureError as error:
            workflow.logger.warning("the turn is not halted in the ledger: %s", type(error).__name__)

    def _write(self) -> Awaitable[None]:
        given = [self._memory.row.case_id, self._token]
        return workflow.execute_local_activity(HALT, args=given, result_type=type(None), **within_task(STEP))
