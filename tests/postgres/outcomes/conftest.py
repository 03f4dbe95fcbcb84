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
    (
        'policy_holds', o.ended_at, (SELECT count(*) FROM computed.effects AS e WHERE e.case_id = o.case_id AND e.by_rule),
        (SELECT count(*) FROM computed.effects AS e WHERE e.case_id = o.case_id AND (e.by_rule OR e.passed))
    ),
    (
        'holds_approved', o.ended_at,
        (SELECT count(*) FROM computed.held AS e WHERE e.case_id = o.case_id AND NOT e.changed),
        (SELECT count(*) FROM computed.held AS e WHERE e.case_id = o.case_id)
    ),
    (
        'policy_misses', o.ended_at,
        (
            SELECT count(*) FROM computed.effects AS e WHERE e.case_id = o.case_id AND e.passed AND (
                e.changed OR o.last_escalated_at >= e.applied_at OR o.confirmed IS FALSE
                OR o.repeated_at <= o.ended_at + interval '48 hours'
            )
        ),
        (SELECT count(*) FROM computed.effects AS e WHERE e.case_id = o.case_id AND e.passed)
    ),
    ('without_topic', o.ended_at, (coalesce(o.topic, 'out_of_scope') = 'out_of_scope')::integer, 1),
"""
PROPOSALS = """
CREATE VIEW computed.held AS
SELECT v.case_id, v.request_id, bool_or(v.status IN ('edited', 'revised', 'rejected')) AS changed
FROM handrail.approvals AS v
WHERE v.request_id IN (
    SELECT w.request_id FROM handrail.approvals AS w, jsonb_array_elements_text(w.request -> 'rules') AS r (name)
    WHERE w.case_id = v.case_id AND split_part(r.name, '/', 2) NOT IN ('autonomy', 'confidence_gate', 'edited')
)
GROUP BY v.case_id, v.request_id HAVING bool_or(v.status IN ('approved', 'edited', 'revised', 'rejected'));
CREATE VIEW computed.effects AS
SELECT a.case_id, a.applied_at, d.by_rule, d.changed, NOT d.by_rule AND (d.decided OR a.outcome = 'applied') AS passed
FROM handrail.actions AS a
CROSS JOIN LATERAL (
    SELECT
        EXISTS (
            SELECT FROM handrail.approvals AS v, jsonb_array_elements_text(v.request -> 'rules') AS r (name)
            WHERE v.case_id = a.case_id AND v.request_id = a.effect_id
                AND split_part(r.name, '/', 2) NOT IN ('autonomy', 'confidence_gate', 'edited')
        ) AS by_rule,
        EXISTS (
            SELECT FROM handrail.approvals AS v
            WHERE v.case_id = a.case_id AND v.request_id = a.effect_id AND v.decision IS NOT NULL
        ) AS decided,
        EXISTS (
            SELECT FROM handrail.approvals AS v
            WHERE v.case_id = a.case_id AND v.request_id = a.effect_id AND v.status IN ('edited', 'revised', 'rejected')
        ) AS changed
) AS d
WHERE a.kind = 'effect';
"""
SINCE = {
    "    p.policy_hits,\n": HITS,
    "    ('policy_hits', o.ended_at, (o.policy_hits > 0)::integer, 1),\n": VALUES,
}


@pytest.fixture
async def computed(pool: Pool, run: Run) -> Pool:
    """The views as they were first released, computed at each question, under the schema `computed`.

    Since then a yes that was taken back counts as a no, hits are those of every ruling, and five indicators came.
    """
    first = (migrations.FOLDER / "0025_outcomes.sql").read_text()
    seconds = re.search(r"CREATE FUNCTION handrail\.case_seconds.*?\n\$\$;", first, re.DOTALL)
    rows = re.search(r"CREATE VIEW handrail\.case_outcomes AS.*?ON TRUE;", first, re.DOTALL)
    values = re.search(r"CREATE VIEW handrail\.outcome_values AS.*?NULL;", first, re.DOTALL)
    assert seconds
    assert rows
    assert values
    script = f"CREATE SCHEMA computed;{PROPOSALS}" + "\n".join(part[0] for part in (seconds, rows, values))
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
