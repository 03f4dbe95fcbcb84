"""Measures of the bench, by name. The command line loads this with every command, so it loads nothing itself."""

from __future__ import annotations

from enum import StrEnum


class Measure(StrEnum):
    """A measure that can be asked for by name."""

    PLAIN = "plain"
    SINGLE = "one-at-a-time"
    MESSAGES = "run-messages"
    DECISIONS = "decisions"
    THINKING = "thinking-model"
    STARTS = "starts"
    FRONT = "front"
    STREAMS = "streams"
    PAGES = "pages"
    HISTORY = "history"


OVER_HTTP = frozenset({Measure.FRONT, Measure.STREAMS, Measure.PAGES})
"""The measures that the API is served for."""
EVERYTHING = tuple(Measure)
SHORT = (Measure.PLAIN, Measure.SINGLE, Measure.HISTORY)
