"""The figures of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from handrail.conformance.player import Came, Result


@dataclass(frozen=True, slots=True)
class ConformanceReport:
    """Every result, in the order of the plays."""

    package: str
    results: list[Result]
    seconds: float

    @property
    def plain(self) -> list[Result]:
        """The tasks as they stand."""
        return [one for one in self.results if not one.play.kind]

    @property
    def worse(self) -> list[Result]:
        """The tasks with one call changed for the worse."""
        return [one for one in self.results if one.play.kind]

    @property
    def failures(self) -> list[Result]:
        """The results that did not come out as they should."""
        return [one for one in self.results if not one.good]

    @property
    def kinds(self) -> dict[str, Counter[Came]]:
        """The outcomes of each kind of change."""
        found: dict[str, Counter[Came]] = {}
        for one in self.worse:
            found.setdefault(one.play.kind, Counter())[one.came] += 1
        return dict(sorted(found.items()))

    def document(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        came = Counter(one.came for one in self.worse)
        return {
            "business": self.package,
            "tasks": len(self.plain),
            "equal": sum(one.good for one in self.plain),
            "mutations": len(self.worse),
            "refused": came[Came.REFUSED],
            "held": came[Came.HELD],
            "applied": came[Came.APPLIED],
            "unplayed": came[Came.DIFFERENT],
            "kinds": {kind: {"mutations": counts.total(), **stopped(counts)} for kind, counts in self.kinds.items()},
            "seconds": round(self.seconds, 1),
            "failures": [
                {
                    "task": one.play.task,
                    "kind": one.play.kind or None,
                    "came": one.came.value,
                    "words": one.words,
                    "log": one.log,
                }
                for one in self.failures
            ],
        }


def stopped(counts: Counter[Came]) -> dict[str, int]:
    """Count the plays refused, held and, which must not be, applied."""
    return {one.value: counts[one] for one in (Came.REFUSED, Came.HELD, Came.APPLIED)}
