"""Makes spans, or nothing at all: whoever is traced asks here, and loads no library for it while traces are off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from typing import Protocol

Attribute = str | int | float | bool
Attributes = Mapping[str, Attribute]


class SpanRole(StrEnum):
    """The role of a span: a call to another, a call from another, work of our own."""

    CLIENT = "client"
    SERVER = "server"
    INTERNAL = "internal"


class OpenSpan(Protocol):
    """A span that has not ended."""

    def note(self, attributes: Attributes) -> None:
        """Add attributes."""
        ...


class Spans(Protocol):
    """A maker of spans. One that ends with an error has its kind, never its words."""

    def span(
        self, name: str, role: SpanRole, attributes: Attributes, *, root: bool = True
    ) -> AbstractContextManager[OpenSpan]:
        """Make a span within the one that is open; without `root` none where none is open."""
        ...


class NoSpan:
    """A span that nobody sees."""

    def note(self, attributes: Attributes) -> None:
        """Drop them."""


NO_SPAN = NoSpan()


class NoSpans:
    """Makes none."""

    @contextmanager
    def span(self, name: str, role: SpanRole, attributes: Attributes, *, root: bool = True) -> Iterator[OpenSpan]:
        """See `Spans`."""
        yield NO_SPAN
