"""The ground of a case's handlers: they take, or refuse with words, and break nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue

from handrail.domain.errors import CaseConflict, HandrailError, IllegalTransition
from workflows.handlers.commands import Intake
from workflows.handlers.payloads import refusal
from workflows.handlers.start import untaken
from workflows.memory.case import CaseMemory
from workflows.steps.record import keep

NOTICE = 800
KEEPS_UNTAKEN = "messages-that-no-case-takes"
T = TypeVar("T")


class Taking:
    """A case that takes commands; `_invalid` is why it could not be opened, where it could not."""

    _invalid: HandrailError | None
    _memory: CaseMemory
    _intake: Intake

    def refuse_signal(self, name: str, words: str) -> None:
        """Show what was refused; called for signals that fit no handler, too."""
        if self._invalid:
            return
        self._memory.notice = f"{workflow.now():%Y-%m-%d %H:%M} UTC, signal {name[:60]!r}: {words[:NOTICE]}"
        # The loop shows it, once for a burst; it also sees there that the history is long enough for a fresh run.
        self._memory.noticed = True

    def _tolerate(self, name: str, act: Callable[[], Any]) -> None:
        try:
            if not self._invalid:
                act()
        except HandrailError as error:
            self.refuse_signal(name, str(error))

    async def _tolerate_message(self, raw: RawValue) -> None:
        """Take a customer's message. One that comes as the case ends, or behind all it takes, is kept for somebody to see:
        nobody hears that it was refused."""
        try:
            if not self._invalid:
                self._intake.any_message(raw, workflow.now())
        except HandrailError as error:
            self.refuse_signal("message", str(error))
            if isinstance(error, IllegalTransition | CaseConflict) and workflow.patched(KEEPS_UNTAKEN):
                await keep(untaken(raw, str(error), self._memory.row.case_id), self._memory.cancel)

    def _take(self, act: Callable[[], T]) -> T:
        if self._invalid:
            raise refusal(self._invalid)
        try:
            return act()
        except HandrailError as error:
            raise refusal(error) from None

    def _check(self, act: Callable[[], Any]) -> None:
        self._take(act)

    async def _await(self, act: Callable[[], Awaitable[T]]) -> T:
        if self._invalid:
            raise refusal(self._invalid)
        try:
            return await act()
        except HandrailError as error:
            raise refusal(error) from None

    async def _tolerate_later(self, name: str, act: Callable[[], Awaitable[Any]]) -> None:
        try:
            if not self._invalid:
                await act()
        except HandrailError as error:
            self.refuse_signal(name, str(error))
