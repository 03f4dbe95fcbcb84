"""Invariants of the business's days: looked at to their end, each ended case in one of them, each drawn case scored."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from handrail.domain.quality.days import STEPS
from handrail.domain.quality.scores import SCORED_BY
from handrail.drills.chaos.invariants.examples import CounterExample
from handrail.drills.chaos.seen.evidence import ChaosEvidence


def unfinished_days(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield days that ended and were not looked at to their end."""
    if evidence.days_ended > len(evidence.days):
        words = f"{evidence.days_ended} days ended, and the record knows {len(evidence.days)}"
        yield CounterExample(case_id="", seen=words)
    for day in evidence.days:
        left = [step for step in STEPS if step not in day.done]
        if left:
            failed = f" ({'; '.join(day.failed)})" if day.failed else ""
            yield CounterExample(case_id="", seen=f"of day {day.day} {', '.join(left)} was never done{failed}")


def misdrawn_cases(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield cases that were drawn twice, or before they had ended, and samples that are not what their day says."""
    limits = {day.day: day for day in evidence.days}
    for case_id, count in Counter(one.case_id for one in evidence.drawn).items():
        if count > 1:
            yield CounterExample(case_id=case_id, seen=f"drawn in {count} days")
    for one in evidence.drawn:
        day = limits.get(one.day)
        if day is None or one.ended_at is None or not day.since <= one.ended_at < day.until:
            yield CounterExample(case_id=one.case_id, seen=f"drawn for day {one.day}, and did not end within it")
    sizes = Counter(one.day for one in evidence.drawn)
    for day in evidence.days:
        if day.drawn is not None and day.drawn != sizes[day.day]:
            yield CounterExample(case_id="", seen=f"day {day.day} says that it drew {day.drawn}, and {sizes[day.day]} stand")
    for day in evidence.days[-1:]:  # nothing works on cases any more when the last day ends
        if day.counted is not None and day.counted != day.ended:
            yield CounterExample(case_id="", seen=f"{day.ended} cases ended on day {day.day}, and it counted {day.counted}")


def misscored_cases(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield drawn cases that lack a score, and scores of cases that were not drawn."""
    scorers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for score in evidence.scores:
        scorers[score.day, score.case_id].append(score.scorer)
    drawn = {(one.day, one.case_id) for one in evidence.drawn}
    done = {day.day for day in evidence.days if "score" in day.done}
    for day, case_id in sorted(drawn):
        left = sorted(set(SCORED_BY).difference(scorers[day, case_id]))
        if day in done and left:
            yield CounterExample(case_id=case_id, seen=f"drawn for day {day}, and {', '.join(left)} says nothing of it")
    for day, case_id in sorted(set(scorers) - drawn):
        yield CounterExample(case_id=case_id, seen=f"scored for day {day}, and not drawn for it")
