"""Ratios between the arms of a measure, or why there are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from handrail.drills.bench.stack.checkout import BESIDE, OURS
from handrail.drills.bench.statistics.agreement import disagreements
from handrail.drills.bench.statistics.figures import Ratio, paired, pooled
from handrail.drills.bench.statistics.results import Cell, Compared
from handrail.drills.bench.turns import APP, DO_NOTHING, HANDRAIL, Group

P50, P99 = 0.5, 0.99


def compare(group: Group) -> list[Compared]:
    """Return Handrail's figures over those of the do-nothing workflow, the obvious app and the build beside it.

    What the measure promises comes first.
    """
    why = disagreements({f"{turn.cell.arm} on {turn.cell.side}": turn.cell.values for turn in group.control})

    def compared(figure: str, mine: Cell, theirs: Cell, at_most: float | None = None) -> Compared:
        return Compared(
            measure=group.measure,
            figure=figure,
            arm=mine.arm,
            of=theirs.arm if theirs.side == OURS else theirs.side,
            ratio=None if why else ratio(figure, mine, theirs),
            refused=why,
            at_most=at_most,
        )

    cells = [turn.cell for turn in group.turns]
    ours = {cell.arm: cell for cell in cells if cell.side == OURS}
    promised = [compared(one.figure, ours[one.arm], ours[one.of], one.at_most) for one in group.promises]
    return [*promised, *(compared(figure, *pair) for pair in pairs(cells) for figure in figures(*pair))]


def pairs(cells: Sequence[Cell]) -> Iterator[tuple[Cell, Cell]]:
    """Yield each arm of this build with what it is measured against."""
    beside = {cell.arm: cell for cell in cells if cell.side == BESIDE and cell.arm != DO_NOTHING}
    others = [cell for cell in cells if cell.side == OURS and cell.arm in (DO_NOTHING, APP)]
    for cell in (one for one in cells if one.side == OURS):
        if cell.arm.startswith(HANDRAIL):
            yield from ((cell, other) for other in others)
        same = beside.get(cell.arm) or (beside.get(HANDRAIL) if cell.arm.startswith(HANDRAIL) else None)
        if same:
            yield cell, same


def figures(mine: Cell, theirs: Cell) -> list[str]:
    """Return what two arms are compared by."""
    same = theirs.arm == HANDRAIL and all(one.cpu_ms for cell in (mine, theirs) for one in cell.rounds)
    spent = ["worker CPU"] if same else []
    if mine.timed:
        return ["p50", *(["p99"] if len(mine.rounds[0].latencies_ms) > 1 else []), *spent]
    return ["rate", *spent]


def ratio(figure: str, mine: Cell, theirs: Cell) -> Ratio:
    """Return one arm's figure over the other's."""
    if figure in ("p50", "p99"):
        above, below = ([one.latencies_ms for one in cell.rounds] for cell in (mine, theirs))
        return pooled(above, below, P50 if figure == "p50" else P99)
    if figure == "worker CPU":
        return paired(*([one.cpu_ms["worker"] for one in cell.rounds] for cell in (mine, theirs)))
    return paired(mine.values, theirs.values)
