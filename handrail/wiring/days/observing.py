"""Keeps the definitions of outcomes in force, and shows the newest figures as gauges, for as long as a worker runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from handrail.background import SOON_SECONDS, Say
from handrail.definitions import Loaded
from handrail.domain.outcomes import IndicatorResult, OutcomeDefinitions, Period
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.quality.outcomes.loader import load_outcomes
from handrail.quality.outcomes.period import midnight
from handrail.temporal.worker.gauges import OutcomeGauges

DAYS = 7
EVERY_SECONDS = 900.0
KEPT_EVERY_SECONDS = 30.0
_log = logging.getLogger(__name__)


async def forever(outcomes: PostgresOutcomes, folder: Path, gauges: OutcomeGauges | None, say: Say) -> None:
    """Look at the definitions and the record every quarter of an hour, until cancelled; what fails is tried again sooner."""
    while True:
        pause = EVERY_SECONDS
        try:
            definitions = load_outcomes(folder)
            await outcomes.define(definitions.value, definitions.version)
            if gauges is not None:
                for result in await newest(outcomes, definitions, datetime.now(UTC)):
                    gauges.show(result)
            say(None)
        except Exception as error:  # noqa: BLE001 - it goes on, whatever one look met
            pause = SOON_SECONDS
            say(f"cannot count outcomes: {type(error).__name__}: {error}")
            _log.warning("cannot count outcomes just now: %s: %s", type(error).__name__, error)
        await asyncio.sleep(pause)


async def keep_forever(outcomes: PostgresOutcomes, say: Say) -> None:
    """Bring the kept outcomes up to date every half minute, until cancelled; what fails is tried again."""
    while True:
        try:
            await outcomes.settle()
            say(None)
        except Exception as error:  # noqa: BLE001 - it goes on, whatever one look met
            say(f"cannot keep outcomes: {type(error).__name__}: {error}")
            _log.warning("cannot keep outcomes just now: %s: %s", type(error).__name__, error)
        await asyncio.sleep(KEPT_EVERY_SECONDS)


async def newest(
    outcomes: PostgresOutcomes, definitions: Loaded[OutcomeDefinitions], now: datetime
) -> Sequence[IndicatorResult]:
    """Return each indicator over the newest seven whole days whose cases have had its time to mature."""
    from handrail.quality.outcomes.report import report  # scipy: only where somebody collects the figures

    found: list[IndicatorResult] = []
    for days, names in by_age(definitions.value).items():
        period = whole_days(now, definitions.value.zone, days)
        found += report(definitions, names, period, None, await outcomes.read(period)).indicators
    return found


def by_age(wanted: OutcomeDefinitions) -> dict[int, list[str]]:
    """Return the indicators by the whole days that they wait."""
    found: dict[int, list[str]] = {}
    for name, one in wanted.indicators.items():
        found.setdefault(-int(-one.matures_after_hours // 24), []).append(name)
    return found


def whole_days(now: datetime, zone: str, ago: int) -> Period:
    """Return the seven days of the business before the last `ago` ones and today."""
    place = ZoneInfo(zone)
    until = now.astimezone(place).date() - timedelta(days=ago)
    return Period(since=midnight(until - timedelta(days=DAYS), place), until=midnight(until, place), as_of=now)
