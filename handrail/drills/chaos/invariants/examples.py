"""Counter-examples, and what invariants share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from handrail.domain.base import Stored
from handrail.drills.chaos.log import Act, Operation
from handrail.drills.chaos.seen.evidence import ChaosEvidence

Thing = TypeVar("Thing")


class CounterExample(Stored):
    """A case in which an invariant does not hold, and what was seen there."""

    case_id: str
    seen: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """A promise. `looked_at` counts what it was held against: with nothing to look at it says nothing."""

    name: str
    check: Callable[[ChaosEvidence], Iterator[CounterExample]]
    looked_at: Callable[[ChaosEvidence], int]


def by_case(things: Iterable[Thing], key: Callable[[Thing], str]) -> dict[str, list[Thing]]:
    """Return the things by their key, in their order."""
    found: dict[str, list[Thing]] = defaultdict(list)
    for thing in things:
        found[key(thing)].append(thing)
    return found


def tries(evidence: ChaosEvidence, *acts: Act) -> dict[tuple[str, str], list[Operation]]:
    """Return the tries of each thing of these acts, by case and key."""
    found: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for operation in evidence.operations:
        if operation.act in acts:
            found[operation.case_id, operation.key].append(operation)
    return found
