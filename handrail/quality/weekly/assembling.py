"""The week's report out of what was counted and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from handrail.domain.outcomes import OutcomeReport
from handrail.domain.quality.weekly import AutonomyChange, PersonLoad, Targets, WeeklyAlarm, WeeklyDrill, WeeklyReport
from handrail.quality.weekly.plans import plan_fact
from handrail.quality.weekly.weeks import before


def assemble(
    week: str,
    targets: Targets,
    counted: OutcomeReport,
    earlier: Sequence[OutcomeReport],
    *,
    alarms: list[WeeklyAlarm] | None,
    changes: list[AutonomyChange],
    load: list[PersonLoad],
    drills: list[WeeklyDrill],
    waits: tuple[float | None, float | None],
) -> WeeklyReport:
    """Return the report; `earlier` are the weeks before, the oldest first, `waits` the longest and the median in minutes."""
    known = {one.indicator: one for one in counted.indicators}
    past: Sequence[Mapping[str, float | None]] = [{one.indicator: one.value for one in week_.indicators} for week_ in earlier]
    began = counted.since.astimezone(ZoneInfo(counted.zone)).date()
    return WeeklyReport(
        week=week,
        since=counted.since,
        until=counted.until,
        as_of=counted.as_of,
        zone=counted.zone,
        confidence=counted.confidence,
        cases=counted.cases,
        set_by=targets.set_by,
        set_on=targets.set_on,
        late=targets.set_on > began,
        plans=[plan_fact(wanted, known[name], [one.get(name) for one in past]) for name, wanted in targets.indicators.items()],
        alarms=alarms,
        changes=changes,
        load=load,
        longest_wait_minutes=waits[0],
        median_wait_minutes=waits[1],
        drills=drills,
        actions=[one for one in targets.actions if one.week == before(week)],
        agreed=[one for one in targets.actions if one.week == week],
    )
