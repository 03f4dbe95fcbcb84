"""Holds what is seen of this process now: set once where it begins, asked wherever something worth seeing happens."""

from __future__ import annotations

from dataclasses import dataclass, field

from handrail.seeing.figures.kept import SeenFigures
from handrail.seeing.figures.labels import Labels
from handrail.seeing.traces.spans import NoSpans, Spans


@dataclass(slots=True)
class Seen:
    """The figures, None where nobody collects any, and the spans. `traced` says that somebody takes them."""

    figures: SeenFigures | None = None
    spans: Spans = field(default_factory=NoSpans)
    labels: Labels = field(default_factory=Labels)
    traced: bool = False

    @property
    def anything(self) -> bool:
        """True if somebody looks."""
        return self.traced or self.figures is not None


_seen = Seen()


def now() -> Seen:
    """Return what is seen of this process."""
    return _seen


def begin(seen: Seen) -> None:
    """Have this process seen so from now on."""
    global _seen
    _seen = seen
