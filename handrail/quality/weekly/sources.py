"""SQL beside the numbers of a week's page: typed as it stands, it gives the numbers again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist
from zoneinfo import ZoneInfo

from handrail.domain.outcomes import Statistic
from handrail.domain.quality.weekly import WeeklyReport


@dataclass(frozen=True, slots=True)
class NumberSource:
    """The SQL of the numbers that carry a mark, and what it gives."""

    mark: str
    words: str
    sql: str


MARKS = {Statistic.RATE: "a", Statistic.MEAN: "b", Statistic.MEDIAN: "c"}
DRAWN_ANEW = (
    "value, n, too young. The interval comes of drawing customers anew, as in "
    "`handrail metrics --since {monday} --until {after}`."
)
FIGURES = {
    Statistic.RATE: (
        "Of each share: value, n, too young, and the interval.",
        "SELECT indicator, k / n, n, too_young, (p - d) / q AS low, (p + d) / q AS high\n"
        "FROM (\n"
        "  SELECT *, k / n + {z}^2 / (2 * n) AS p, 1 + {z}^2 / n AS q,\n"
        "    {z} * sqrt(k / n * (1 - k / n) / n + {z}^2 / (4 * n^2)) AS d\n"
        "  FROM (\n"
        "    SELECT indicator, count(*) FILTER (WHERE NOT ripe) AS too_young,\n"
        "      coalesce(sum(numerator) FILTER (WHERE ripe), 0)::float8 AS k,\n"
        "      nullif(sum(denominator) FILTER (WHERE ripe), 0)::float8 AS n\n"
        "    FROM ({rows}) AS v GROUP BY indicator) AS s) AS w;",
    ),
    Statistic.MEAN: (
        f"Of each mean: {DRAWN_ANEW}",
        "SELECT indicator, avg(numerator) FILTER (WHERE ripe), count(*) FILTER (WHERE ripe),\n"
        "  count(*) FILTER (WHERE NOT ripe)\n"
        "FROM ({rows}) AS v GROUP BY indicator;",
    ),
    Statistic.MEDIAN: (
        f"Of each median: {DRAWN_ANEW}",
        "SELECT indicator, percentile_cont(0.5) WITHIN GROUP (ORDER BY numerator) FILTER (WHERE ripe),\n"
        "  count(*) FILTER (WHERE ripe), count(*) FILTER (WHERE NOT ripe)\n"
        "FROM ({rows}) AS v GROUP BY indicator;",
    ),
}
ROWS = (
    "SELECT *, coalesce(matures_at <= {as_of}, FALSE) AS ripe FROM handrail.outcome_values\n"
    "      WHERE {opened} AND indicator IN ({names})"
)
AMONG = (
    ("d", "Cases that count.", "SELECT count(*) FROM handrail.case_outcomes WHERE {opened};"),
    (
        "e",
        "Minutes that customers waited for people: the median, and the longest.",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY numerator) / 60, max(numerator) / 60\n"
        "FROM handrail.outcome_waiting_seconds WHERE {opened} AND numerator > 0;",
    ),
    (
        "f",
        "Alarms; real is empty where nobody has looked.",
        'SELECT day, indicator, topic, detector, "real" FROM handrail.drift_alarms\n'
        "WHERE day >= '{monday}' AND day < '{after}';",
    ),
    (
        "g",
        "Changes of autonomy.",
        "SELECT set_at, scope, level, actor, reason FROM handrail.controls WHERE {set} AND hand <> 'drill';",
    ),
    (
        "h",
        "What each person took, answered and decided.",
        "SELECT who, count(*) FILTER (WHERE did = 'claim'), count(*) FILTER (WHERE did = 'reply'),\n"
        "  count(*) FILTER (WHERE did = '')\n"
        "FROM (SELECT actor AS who, action AS did FROM handrail.audit WHERE {at} AND action IN ('claim', 'reply')\n"
        "  UNION ALL SELECT coalesce(decision ->> 'reviewer', 'not named'), '' FROM handrail.approvals WHERE {decided}) AS w\n"
        "GROUP BY who;",
    ),
    (
        "i",
        "Drills: switches, and cases.",
        "SELECT set_at, scope || ' to ' || level FROM handrail.controls WHERE {set} AND hand = 'drill'\n"
        "UNION ALL SELECT min(opened_at), count(*) || ' cases of the channel ' || channel FROM handrail.cases\n"
        "WHERE {opened} AND channel IN ('drill', 'rehearsal') GROUP BY channel;",
    ),
    (
        "k",
        "Cases of the week's sample, and those that the judge saw, by criterion. Shares are corrected by its calibration, as "
        "`handrail judge status` does.",
        "SELECT j.criterion, count(DISTINCT (s.day, s.case_id)) AS seen\n"
        "FROM handrail.quality_samples AS s JOIN handrail.quality_judgements AS j USING (day, case_id)\n"
        "WHERE s.day >= '{monday}' AND s.day < '{after}' AND j.purpose = 'sample' GROUP BY j.criterion;",
    ),
    (
        "l",
        "Answers of the shadow, by whether there is one. `handrail release shadow report --shadow {shadow}` compares them.",
        "SELECT state, count(*) FROM handrail.shadow_answers WHERE shadow_id = {shadow} GROUP BY state;",
    ),
)


def sources(report: WeeklyReport) -> Iterator[NumberSource]:
    """Yield the SQL of each mark that the page has."""
    place = ZoneInfo(report.zone)
    since, until = _literal(report.since), _literal(report.until)
    parts = {
        "opened": _within("opened_at", since, until),
        "set": _within("set_at", since, until),
        "at": _within("at", since, until),
        "decided": _within("(decision ->> 'decided_at')::timestamptz", since, until),
        "monday": f"{report.since.astimezone(place).date()}",
        "after": f"{report.until.astimezone(place).date()}",
        "as_of": _literal(report.as_of),
        "shadow": f"{report.shadow.shadow_id if report.shadow else 0}",
        "z": f"{NormalDist().inv_cdf(0.5 + report.confidence / 2):.9f}",
    }
    for statistic, (words, sql) in FIGURES.items():
        names = [plan.indicator for plan in report.plans if plan.statistic is statistic]
        if names:
            rows = ROWS.format(**parts, names=", ".join(f"'{name}'" for name in names))
            yield NumberSource(MARKS[statistic], words.format(**parts), sql.format(**parts, rows=rows))
    shown = {"f": report.alarms is not None, "k": bool(report.judged), "l": report.shadow is not None}
    for mark, words, sql in AMONG:
        if shown.get(mark, True):
            yield NumberSource(mark, words.format(**parts), sql.format(**parts))


def _within(column: str, since: str, until: str) -> str:
    return f"{column} >= {since} AND {column} < {until}"


def _literal(at: datetime) -> str:
    return f"'{at.isoformat()}'"
