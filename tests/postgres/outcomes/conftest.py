"""The outcomes as they were first counted, to compare with."""

from __future__ import annotations

import re

import pytest

from handrail.postgres import migrations
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.quality.outcomes.loader import SHIPPED, load_outcomes
from tests.postgres.conftest import Run


@pytest.fixture
async def computed(pool: Pool, run: Run) -> Pool:
    """The views as they were first released, computed at each question, under the schema `computed`.

    A yes that was taken back counts as a no since then.
    """
    first = (migrations.FOLDER / "0025_outcomes.sql").read_text()
    seconds = re.search(r"CREATE FUNCTION handrail\.case_seconds.*?\n\$\$;", first, re.DOTALL)
    rows = re.search(r"CREATE VIEW handrail\.case_outcomes AS.*?ON TRUE;", first, re.DOTALL)
    values = re.search(r"CREATE VIEW handrail\.outcome_values AS.*?NULL;", first, re.DOTALL)
    assert seconds
    assert rows
    assert values
    script = "CREATE SCHEMA computed;" + "\n".join(part[0] for part in (seconds, rows, values))
    for name in ("case_seconds", "case_outcomes", "outcome_values"):
        script = script.replace(f"handrail.{name}", f"computed.{name}")
    noes = "= 'confirm:refused'"
    assert noes in script
    script = script.replace(noes, "IN ('confirm:refused', 'confirm:taken_back')")
    await run(script)
    definitions = load_outcomes(SHIPPED.parent)
    await PostgresOutcomes(pool).define(definitions.value, definitions.version)
    return pool
