-- name: put_outcome_settings
UPDATE handrail.outcome_settings
SET version = %(version)s, excluded_channels = %(channels)s, survey_share = %(share)s, set_at = clock_timestamp()
WHERE (version, excluded_channels, survey_share) IS DISTINCT FROM (%(version)s, %(channels)s::text [], %(share)s);

-- name: put_outcome_definitions
WITH wanted AS (
    SELECT * FROM unnest(%(names)s::text [], %(versions)s::integer [], %(hours)s::double precision [])
    AS w (indicator, version, hours)
),

dropped AS (
    DELETE FROM handrail.outcome_definitions AS d WHERE d.indicator NOT IN (SELECT w.indicator FROM wanted AS w)
)

INSERT INTO handrail.outcome_definitions AS d (indicator, version, matures_after)
SELECT w.indicator, w.version, w.hours * interval '1 hour' FROM wanted AS w
ON CONFLICT (indicator) DO UPDATE SET version = excluded.version, matures_after = excluded.matures_after
WHERE (d.version, d.matures_after) IS DISTINCT FROM (excluded.version, excluded.matures_after);

-- name: take_time_for_outcomes
-- Whoever works changes off waits for whoever does the same.
SELECT set_config('statement_timeout', '10min', TRUE), set_config('lock_timeout', '10min', TRUE);

-- name: refresh_outcomes
SELECT handrail.refresh_outcomes(%(most)s) AS taken;

-- name: pack_outcomes
SELECT handrail.pack_outcomes((now() AT TIME ZONE 'UTC')::date - %(days)s::integer, %(most)s) AS taken;

-- name: read_packs
-- A day without a pack is packed for this reading alone.
SELECT
    p.runs,
    p.excluded_at,
    p.opened_at,
    p.ended_at,
    p.survey_offered_at,
    p.first_reply_at,
    p.counts,
    p.hits,
    p.decided,
    p.edited,
    p.rejected,
    p.confirmations_asked,
    p.confirmations_refused,
    p.customer,
    p.agent_seconds,
    p.customer_seconds,
    p.waiting_seconds,
    p.person_seconds,
    p.cost_usd,
    p.csat,
    p.nps,
    p.confidence,
    p.effects_held,
    p.effects_ruled,
    p.effects_passed,
    p.effects_wrong,
    p.holds_decided,
    p.holds_approved,
    CASE %(by)s::text
        WHEN 'topic' THEN p.topics
        WHEN 'tier' THEN p.tiers
        WHEN 'language' THEN p.languages
        WHEN 'channel' THEN p.channels
        WHEN 'model' THEN p.models
        WHEN 'prompt' THEN p.prompts
        WHEN 'policy' THEN p.policies
        WHEN 'graph' THEN p.graphs
        WHEN 'handled_by' THEN p.handlers
        WHEN 'release' THEN p.releases
    END AS "groups"
FROM (
    SELECT k.* FROM handrail.packed_outcomes AS k WHERE k.day BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT f.* FROM handrail.days_without_pack(%(first)s, %(last)s) AS d (day)
    CROSS JOIN LATERAL handrail.pack_of_outcomes(d.day) AS f
) AS p;
