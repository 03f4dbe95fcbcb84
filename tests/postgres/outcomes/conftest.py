"""The outcomes as they were first counted, to compare with."""

from __future__ import annotations

import re

import pytest

from handrail.postgres import migrations
from handrail.postgres.outcomes import PostgresOutcomes
from handrail.postgres.pool import Pool
from handrail.quality.outcomes.loader import SHIPPED, load_outcomes
from tests.postgres.conftest import Run

HITS = """
    (
        SELECT count(DISTINCT coalesce(x.details ->> 'proposal_id', x.entry_id))::integer FROM handrail.audit AS x
        WHERE x.case_id = c.case_id AND x.action IN ('ruled:confirm', 'ruled:require_approval', 'ruled:block')
            AND (x.details ? 'stopped_by' OR NOT x.details ? 'lowered_by')
    ) AS policy_hits,
"""
VALUES = """
    ('policy_hits', o.ended_at, (o.policy_hits > 0)::integer, 1),
    (
        'policy_stops', o.ended_at,
        EXISTS (SELECT FROM handrail.actions AS w WHERE w.case_id = o.case_id AND w.ruling <> 'allow')::integer, 1
    ),
    ('without_topic', o.ended_at, (coalesce(o.topic, 'out_of_scope') = 'out_of_scope')::integer, 1),
"""
SINCE = {
    "    p.policy_hits,\n": HITS,
    "    ('policy_hits', o.ended_at, (o.policy_hits > 0)::integer, 1),\n": VALUES,
}


@pytest.fixture
async def computed(pool: Pool, run: Run) -> Pool:
    """The views as they were first released, computed at each question, under the schema `computed`.

    Since then a yes that was taken back counts as a no, hits are those of every ruling, and two indicators came.
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
    for before, now in SINCE.items():
        assert before in script
        script = script.replace(before, now)
    await run(script)
    definitions = load_outcomes(SHIPPED.parent)
    await PostgresOutcomes(pool).define(definitions.value, definitions.version)
    return pool
