"""Counts of bytes that are carried on: what was counted once is not counted again for each message that comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from handrail.domain.case.messages import Message


class Tally:
    """A count of bytes of a list of messages: of those that were added at its end, nothing else is measured.

    It says nothing that the list does not say, so any two are equal.
    """

    def __init__(self, measure: Callable[[Iterable[str]], int]) -> None:
        self._measure = measure
        self._messages: Sequence[Message] = ()
        self._last: Message | None = None
        self._sizes: list[int] = []
        self._total = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally)

    def total(self, messages: Sequence[Message]) -> int:
        """Bytes of all messages of the list."""
        self._catch_up(messages)
        return self._total

    def newest(self, messages: Sequence[Message], limit: int, most: int) -> list[Message]:
        """Return the newest messages, no more than `limit` bytes and `most` messages; the count goes on with that list."""
        self._catch_up(messages)
        first = max(len(messages) - most, 0)
        left = self._total - sum(self._sizes[:first])
        while left > limit:
            left -= self._sizes[first]
            first += 1
        kept = list(messages[first:])
        self._sizes, self._total = self._sizes[first:], left
        self._messages, self._last = kept, kept[-1] if kept else None
        return kept

    def _catch_up(self, messages: Sequence[Message]) -> None:
        counted = len(self._sizes)
        same = messages is self._messages and len(messages) >= counted
        if not same or (counted and messages[counted - 1] is not self._last):
            self._sizes, self._total, counted = [], 0, 0
        fresh = [self._measure([one.text]) for one in messages[counted:]]
        self._messages, self._last = messages, messages[-1] if messages else None
        self._sizes.extend(fresh)
        self._total += sum(fresh)
