"""Days of the record, levels and baselines of drift in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from handrail.domain.autonomy.controls import GLOBAL
from handrail.domain.autonomy.topics import Autonomy, strictest
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.quality.judge.calibration import JudgedTerms
from handrail.domain.quality.watch.drift import (
    DriftBaseline,
    DriftDay,
    SliceMoved,
    TopicLevel,
    VolumeIndicator,
    WatchedSeries,
)
from handrail.postgres.pool import Connection, Pool, alone, reading, rows, writing
from handrail.postgres.queries import QUERIES

if TYPE_CHECKING:
    from handrail.domain.quality.watch.trends import IndicatorTrend

MOST_CHANGES = 20


class PostgresDrift:
    """The port `DriftRecord`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def first_case(self) -> datetime | None:
        """Return when the first case that counts was opened; None where there is none."""
        (found,) = await alone(self._pool, "drift_first_day")
        at: datetime | None = found["at"]
        return at

    async def counted(self, versions: Mapping[str, int], since: date, until: date) -> set[tuple[str, date]]:
        """Return which days of which indicators are counted under these versions."""
        names = sorted(versions)
        numbers = [versions[name] for name in names]
        found = await alone(self._pool, "drift_counted", names=names, versions=numbers, since=since, until=until)
        return {(row["indicator"], row["day"]) for row in found}

    async def count(self, day: date, since: datetime, until: datetime, versions: Mapping[str, int], definitions: str) -> None:
        """Count the day for these indicators, which are mature; what was counted of it before is replaced."""
        volumes = sorted(name for name in versions if name in list(VolumeIndicator))
        shares = sorted(name for name in versions if name not in volumes)
        about = {"day": day, "since": since, "until": until, "definitions": definitions}
        async with writing(self._pool) as connection:
            # A busy day takes longer than anything that a case waits for may.
            await connection.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            await connection.execute(QUERIES["drop_drift_day"], {"day": day, "names": sorted(versions)})
            if shares:
                wanted = {**about, "names": shares, "versions": [versions[name] for name in shares]}
                await connection.execute(QUERIES["count_drift_day"], wanted, prepare=False)
            if volumes:
                await connection.execute(QUERIES["count_drift_volume"], {**about, "names": volumes}, prepare=False)

    async def judged_days(self, since: date, until: date) -> set[date]:
        """Return the days from `since` up to and without `until` whose samples have been judged."""
        return {row["day"] for row in await alone(self._pool, "judged_days", since=since, until=until)}

    async def count_judged(self, day: date, terms: Mapping[str, JudgedTerms], definitions: str) -> None:
        """Count what the judge says of the day's sample, by series; what was counted of it before is replaced."""
        wanted = list(terms.values())
        about = {
            "day": day,
            "names": list(terms),
            "criteria": [one.criterion for one in wanted],
            "judges": [one.judge for one in wanted],
            "runs": [one.runs for one in wanted],
            "versions": [one.version for one in wanted],
            "definitions": definitions,
        }
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            await connection.execute(QUERIES["drop_drift_day"], {"day": day, "names": list(terms)})
            await connection.execute(QUERIES["count_judged_day"], about, prepare=False)

    async def judged_bad_cases(self, terms: JudgedTerms, since: date, until: date) -> list[str]:
        """Return at most ten sampled cases of these days that the judge fails, the first of them."""
        about = terms.model_dump(include={"criterion", "judge", "runs"})
        found = await alone(self._pool, "judged_bad_cases", **about, since=since, until=until)
        return [str(row["case_id"]) for row in found]

    async def series(self, names: Collection[str], since: date, until: date) -> list[DriftDay]:
        """Return the days of every series of these indicators, without slices."""
        found = await alone(self._pool, "drift_series", names=sorted(names), since=since, until=until)
        return [DriftDay.model_validate(row) for row in found]

    async def trends(self, days: int) -> list[IndicatorTrend]:
        """Return the last so many days that are counted of every indicator over all cases, by name."""
        from handrail.domain.quality.watch.trends import IndicatorTrend

        return [IndicatorTrend.model_validate(row) for row in await alone(self._pool, "drift_trends", days=days)]

    async def slices(self, series: WatchedSeries, since: date, until: date) -> list[SliceMoved]:
        """Return the sums of every slice over these days; `expected` and `share` are nought."""
        name, topic = series.counted, series.topic
        found = await alone(self._pool, "drift_slices", indicator=name, topic=topic, since=since, until=until)
        bad = [series.bad(row["cases"], row["bad"]) for row in found]
        return [SliceMoved(**{**row, "bad": one, "expected": 0, "share": 0}) for row, one in zip(found, bad, strict=True)]

    async def changes(self, since: date, until: date, begins: datetime, ends: datetime) -> list[str]:
        """Say in words what changed then: releases, values first seen, controls, names of models."""
        async with reading(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["drift_releases"], {"since": since, "until": until, "begins": begins, "ends": ends})
            released = [_released(row) for row in await cursor.fetchall()]
            await cursor.execute(QUERIES["drift_first_seen"], {"since": since, "until": until})
            seen = [f"{row['dimension']} {row['value']} first seen on {row['day']}" for row in await cursor.fetchall()]
            moments = {"since": begins, "until": ends}
            await cursor.execute(QUERIES["drift_controls"], moments)
            said = [
                f"{row['scope']} to '{row['level']}' by {row['actor']} at {row['set_at']:%Y-%m-%d %H:%M} UTC: {row['reason']}"
                for row in await cursor.fetchall()
            ]
            await cursor.execute(QUERIES["drift_notices"], moments)
            names = [
                f"model {row['name']} at {row['at']:%Y-%m-%d %H:%M} UTC: {row['words']}" for row in await cursor.fetchall()
            ]
        return [*released, *seen, *said, *names][:MOST_CHANGES]

    async def bad_cases(self, series: WatchedSeries, begins: datetime, ends: datetime) -> list[str]:
        """Return at most ten bad cases of the series that ended then, the first of them."""
        about = {"indicator": series.counted, "topic": series.topic, "falls": series.falls, "since": begins, "until": ends}
        async with reading(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            await cursor.execute(QUERIES["drift_bad_cases"], about, prepare=False)
            return [str(row["case_id"]) for row in await cursor.fetchall()]

    async def levels(self, since: date, until: date) -> list[TopicLevel]:
        """Return the levels of these days that are written down."""
        return [TopicLevel.model_validate(row) for row in await alone(self._pool, "drift_levels", since=since, until=until)]

    async def put_levels(self, levels: Sequence[TopicLevel]) -> None:
        """Write levels down; those that are there stay."""
        columns = {
            "topics": [one.topic for one in levels],
            "days": [one.day for one in levels],
            "levels": [one.level.value for one in levels],
        }
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["put_drift_levels"], columns)

    async def held(self, topics: Collection[str], since: datetime, until: datetime) -> dict[str, Autonomy]:
        """Return the strictest level that controls held over each topic at some time of it."""
        found = await alone(self._pool, "drift_controls_over", since=since, until=until)
        said = [(row["scope"], Autonomy(row["level"])) for row in found]
        return {
            topic: strictest(*(level for scope, level in said if scope in (str(GLOBAL), f"topic:{topic}"))) for topic in topics
        }

    async def saw_release(self, day: date, parts: ReleaseParts) -> None:
        """Write down which release was in force when the day had ended; what stands there stays."""
        about = {"day": day, "release": parts.release, "parts": Jsonb(parts.model_dump(mode="json"))}
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["keep_release_day"], about)

    async def baselines(self) -> list[DriftBaseline]:
        """Return the newest baseline of every series."""
        return [DriftBaseline.model_validate(row) for row in await alone(self._pool, "drift_baselines")]

    async def sign(self, baselines: Sequence[DriftBaseline]) -> list[DriftBaseline]:
        """Add baselines, all or none."""
        async with writing(self._pool) as connection:
            return [await _added(connection, one) for one in baselines]

    async def threshold(self, place: str) -> float | None:
        """Return the threshold that was found for it; None where there is none."""
        found = await alone(self._pool, "drift_threshold", place=place)
        return float(found[0]["threshold"]) if found else None

    async def keep_threshold(self, place: str, threshold: float) -> None:
        """Keep a threshold."""
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES["put_drift_threshold"], {"place": place, "threshold": threshold})


def _released(row: dict[str, Any]) -> str:
    """Say what a release's row is about: let through by whom, or in force since when and what of it changed."""
    if row["day"] is None:
        passed = f"let through by {row['passed_by']} on {row['evaluation_id']}"
        return f"release {row['release']} {passed} at {row['at']:%Y-%m-%d %H:%M} UTC"
    parts, were = row["parts"], row["were"]
    changed = ", ".join(name for name in ReleaseParts.model_fields if (parts.get(name) or "") != (were.get(name) or ""))
    return f"release {row['release']} in force on {row['day']}, before {row['before']}: {changed} changed"


async def _added(connection: Connection, wanted: DriftBaseline) -> DriftBaseline:
    levels = Jsonb({topic: level.value for topic, level in wanted.levels.items()})
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["add_drift_baseline"], {**wanted.model_dump(), "levels": levels})
        return DriftBaseline.model_validate(await cursor.fetchone())
