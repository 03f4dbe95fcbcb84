"""A look at old transcripts: a judge's verdicts on one day held against its first ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from handrail.domain.quality.judge.judged import AnchorLook
from handrail.domain.quality.judge.judging import CaseVerdict, JudgeRun
from handrail.quality.statistics.anchors import JudgedTwice, movement

FEWEST_ANCHORS = 10
"""Fewer old transcripts say nothing about a judge."""


def look_of(criterion: str, runs: Sequence[JudgeRun], day: date) -> AnchorLook:
    """Compare the runs of the first day among these with those of `day`."""
    measured = [run for run in runs if run.verdict is not None]
    first = min((run.day for run in measured), default=day)
    before, now = tally(measured, first), tally(measured, day)
    both = [JudgedTwice(*before[case_id], *now[case_id]) for case_id in sorted(before.keys() & now.keys())]
    if first == day or len(both) < FEWEST_ANCHORS:
        return AnchorLook(criterion=criterion, transcripts=len(both), since=None if first == day else first)
    found = movement(both)
    return AnchorLook(
        criterion=criterion,
        transcripts=found.transcripts,
        since=first,
        stricter=found.stricter,
        milder=found.milder,
        p_direction=found.p_direction,
        p_number=found.p_number,
        moved=found.moved,
    )


def tally(runs: Sequence[JudgeRun], day: date) -> dict[str, tuple[int, int]]:
    """Return fails and runs of that day by case."""
    fails, all_runs = Counter[str](), Counter[str]()
    for run in runs:
        if run.day == day:
            all_runs[run.case_id] += 1
            fails[run.case_id] += run.verdict is CaseVerdict.FAIL
    return {case_id: (fails[case_id], number) for case_id, number in all_runs.items()}
