"""Entries of the Temporal Web UI, so that nobody types: they exist only while there is something to decide.

Each entry is an update and, under the same name, a signal: the durable twin for when no worker runs. The revision in the
name binds the click to what was shown; a name is never used twice in a case.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from temporalio import workflow

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.case.cases import CaseStatus
from workflows.memory.case import CaseMemory

TAKE, HAND_BACK, FINISH = "take", "hand_back", "finish"
HINTS: Mapping[str, str] = {
    DecisionKind.REJECT: ' (a note may stand in Data: `"too late"`)',
    HAND_BACK: ' (say in Data what it has to know: `"the parcel was found"`; where the case has no topic of the agent\'s, '
    'name one: `{"note": "…", "topic": "NAME"}`)',
}


def entries(memory: CaseMemory) -> dict[str, tuple[str, str | None]]:
    """Name to (what, approval id): what can be clicked now."""
    found: dict[str, tuple[str, str | None]] = {}
    for approval in memory.open_approvals:
        for name, decision in approval.menu().items():
            found[name] = (decision.value, approval.approval_id)
    if memory.row.status is CaseStatus.WITH_HUMAN:
        mark = f"t{memory.row.turn}.{memory.reroutes}"
        if memory.holders:
            # Who clicks is not known: an entry that was shown under another holder must not reach this one's case.
            mark = f"{mark}.{memory.holders}"
        if memory.row.assignee is None:
            found[f"1 · Take this case · {mark}"] = (TAKE, None)
        found[f"2 · Resolve without another reply · {mark}"] = (FINISH, None)
        if not memory.stuck:
            found[f"3 · Hand back to the assistant · {mark}"] = (HAND_BACK, None)
    return found


def decision_of(what: str) -> DecisionKind | None:
    """The decision an entry stands for, or None for the others."""
    return DecisionKind(what) if what in list(DecisionKind) else None


class Menu:
    """Keeps the registered handlers equal to `entries(memory)`."""

    def __init__(
        self,
        check: Callable[[str, Any], None],
        update: Callable[[str, Any], Awaitable[Any]],
        signal: Callable[[str, Any], Awaitable[None]],
    ) -> None:
        self._check = check
        self._update = update
        self._signal = signal
        self._names: set[str] = set()

    def show(self, memory: CaseMemory) -> None:
        """Register what can be clicked now, remove what cannot."""
        wanted = set(entries(memory))
        for name in sorted(self._names - wanted):
            workflow.set_update_handler(name, None)
            workflow.set_signal_handler(name, None)
        for name in sorted(wanted - self._names):
            self._register(name)
        self._names = wanted

    def _register(self, name: str) -> None:
        async def update(note: Any = None) -> Any:
            return await self._update(name, note)

        def check(note: Any = None) -> None:
            self._check(name, note)

        async def signal(note: Any = None) -> None:
            await self._signal(name, note)

        workflow.set_update_handler(name, update, validator=check)
        workflow.set_signal_handler(name, signal)
