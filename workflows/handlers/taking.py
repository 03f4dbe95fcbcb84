"""The ground of a case's handlers: they take, or refuse with words, and break nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio import workflow

from handrail.domain.errors import HandrailError
from workflows.handlers.commands import Intake
from workflows.handlers.payloads import refusal
from workflows.memory.case import CaseMemory

NOTICE = 800
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
