"""SQL beside the numbers of a week's page: typed as it stands, it gives the number again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from handrail.domain.outcomes import Statistic
from handrail.domain.quality.weekly import WeeklyReport

AMONG = {
    "a": (
        'SELECT day, indicator, topic, detector, "real" FROM handrail.drift_alarms\n'
        "WHERE day >= {first}::date AND day < {next}::date;"
    ),
    "b": "SELECT set_at, scope, level, actor, reason FROM handrail.controls WHERE {set} AND hand <> 'drill';",
    "c": (
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY numerator) / 60, max(numerator) / 60\n"
        "FROM handrail.outcome_waiting_seconds WHERE {opened} AND numerator > 0;"
    ),
    "d": (
        "SELECT actor, count(*) FILTER (WHERE action = 'claim'), count(*) FILTER (WHERE action = 'reply')\n"
        "FROM handrail.audit WHERE {at} AND action IN ('claim', 'reply') GROUP BY actor;\n"
        "SELECT decision ->> 'reviewer', count(*) FROM handrail.approvals\n"
        "WHERE {decided} GROUP BY 1;"
    ),
    "e": "SELECT set_at, scope, level FROM handrail.controls WHERE {set} AND hand = 'drill';",
}


def sources(report: WeeklyReport) -> Iterator[tuple[str, str]]:
    """Yield each mark with its SQL: the indicators that are counted alike in one."""
    since, until = _literal(report.since), _literal(report.until)
    opened = _within("opened_at", since, until)
    ripe = f"matures_at <= {_literal(report.as_of)}"
    for number, plan in enumerate(report.plans, 1):
        sql = f"SELECT {FIGURES[plan.statistic]} FROM {plan.source}\nWHERE {opened} AND {ripe};"  # noqa: S608 - shown, never run
        yield f"{number}", sql
    parts = {
        "opened": opened,
        "set": _within("set_at", since, until),
        "at": _within("at", since, until),
        "decided": _within("(decision ->> 'decided_at')::timestamptz", since, until),
        "first": since,
        "next": until,
    }
    for mark, words in AMONG.items():
        if mark != "a" or report.alarms is not None:
            yield mark, words.format(**parts)


FIGURES = {
    Statistic.RATE: "sum(numerator) / sum(denominator), sum(denominator)",
    Statistic.MEAN: "avg(numerator), count(*)",
    Statistic.MEDIAN: "percentile_cont(0.5) WITHIN GROUP (ORDER BY numerator), count(*)",
}


def _within(column: str, since: str, until: str) -> str:
    return f"{column} >= {since} AND {column} < {until}"


def _literal(at: datetime) -> str:
    return f"'{at.isoformat(timespec='seconds')}'"
