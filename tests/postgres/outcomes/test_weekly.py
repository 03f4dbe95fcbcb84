"""The week's numbers out of a real record, and again by the SQL that stands beside them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from handrail.cli.quality.report import week_of_business
from handrail.postgres.pool import Pool
from handrail.quality.weekly.sources import sources
from tests.postgres.build import NOON
from tests.postgres.conftest import Run
from tests.postgres.outcomes import by_hand

TARGETS = """
version: 1
set_by: ann
set_on: 2026-01-01
indicators:
  repeat_7d: {target: 0.1, owner: ann}
  cost_usd: {target: 0.05, owner: ann}
  resolution_seconds: {target: 4000, owner: ann}
"""


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    shipped = (Path(by_hand.__file__).parents[3] / "handrail" / "quality" / "outcomes" / "outcomes.yaml").read_text()
    (tmp_path / "outcomes.yaml").write_text(re.sub(r"^minimum: \d+", "minimum: 2", shipped, flags=re.MULTILINE))
    (tmp_path / "targets.yaml").write_text(TARGETS)
    return tmp_path


async def test_each_number_is_what_its_sql_gives(pool: Pool, run: Run, definitions: Path) -> None:
    await by_hand.write(pool)
    found = await week_of_business(pool, definitions, "2026-W14", NOON + timedelta(days=10))
    assert (found.week, found.cases, found.alarms) == ("2026-W14", 24, None)
    known = dict(sources(found))
    for number, plan in enumerate(found.plans, 1):
        ((value, n),) = await run(known[f"{number}"])
        assert value == pytest.approx(plan.value), plan.indicator
        assert f"n = {n}" in plan.fact
    ((median, longest),) = await run(known["c"])
    assert (median, longest) == (found.median_wait_minutes, found.longest_wait_minutes)
    by_person = {one.person: one for one in found.load}
    assert (by_person["ann"].claimed, by_person["ann"].decided) == (6, 3)
