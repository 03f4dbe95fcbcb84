"""Figures as a Prometheus server would collect them: served by a real runtime, fetched over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from handrail.embedded.ports import free_block
from handrail.seeing.figures.kept import SeenFigures
from handrail.seeing.figures.labels import Labels
from handrail.seeing.now import Seen
from handrail.temporal.runtime import runtime


@dataclass
class Served:
    """Figures that are served at an address of their own."""

    address: str = field(default_factory=lambda: f"127.0.0.1:{free_block(1)}")
    labels: Labels = field(default_factory=Labels)

    def __post_init__(self) -> None:
        self.runtime = runtime(None, self.address)  # it serves for as long as somebody holds it
        self.figures = SeenFigures(self.runtime.metric_meter, self.labels)
        self.seen = Seen(figures=self.figures, labels=self.labels)

    def scrape(self) -> str:
        """Return what is served now."""
        return httpx.get(f"http://{self.address}/metrics", trust_env=False).text
