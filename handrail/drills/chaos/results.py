"""The report of a drill, as it is printed."""

from __future__ import annotations

from handrail.domain.base import Stored
from handrail.drills.bench.statistics.figures import percentile
from handrail.drills.chaos.invariants.every import CheckedInvariant, checked
from handrail.drills.chaos.log import Certainty, counted
from handrail.drills.chaos.plan import ChaosPlan
from handrail.drills.chaos.seen.evidence import ChaosEvidence, Heal


class ActCount(Stored):
    """The tries of an act by what their sender knows. `unknown` ones may have happened: they are no failures."""

    act: str
    ok: int
    fail: int
    unknown: int


class HealProgress(Stored):
    """Seconds from the end of a fault until a new case was worked on."""

    p50: float
    p99: float
    most: float


class ChaosReport(Stored):
    """A whole drill. `plan` is the hash of its load and faults: the same for the same numbers and seed; `mutant` names all."""

    seed: int
    plan: str
    mutant: str | None
    cases: int
    seconds: float
    operations: list[ActCount]
    faults: list[Heal]
    progress: HealProgress | None
    statuses: dict[str, int]
    invariants: list[CheckedInvariant]

    @property
    def passed(self) -> bool:
        """Return whether every invariant holds."""
        return not any(one.broken for one in self.invariants)


def report(plan: ChaosPlan, evidence: ChaosEvidence, seconds: float) -> ChaosReport:
    """Return the figures of a drill and what breaks its invariants."""
    counts = counted(evidence.operations)
    found = [one.progress for one in evidence.heals if one.progress is not None]
    statuses: dict[str, int] = {}
    for case in evidence.cases:
        statuses[case.status] = statuses.get(case.status, 0) + 1
    return ChaosReport(
        seed=plan.seed,
        plan=plan.hash,
        mutant=", ".join(plan.mutants) or None,
        cases=len(plan.cases),
        seconds=round(seconds, 1),
        operations=[
            ActCount(act=act, ok=known[Certainty.OK], fail=known[Certainty.FAIL], unknown=known[Certainty.UNKNOWN])
            for act, known in counts.items()
        ],
        faults=sorted(evidence.heals, key=lambda one: one.fault),
        progress=HealProgress(p50=percentile(found, 0.5), p99=percentile(found, 0.99), most=max(found)) if found else None,
        statuses=statuses,
        invariants=checked(evidence),
    )
