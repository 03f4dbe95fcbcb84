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

-- name: count_outcome_cases
SELECT kept.cases, everything.cases - kept.cases AS excluded
FROM (
    SELECT count(*)::integer AS cases FROM handrail.kept_outcomes AS k
    WHERE k.opened_at >= %(since)s AND k.opened_at < %(until)s
) AS kept CROSS JOIN (
    SELECT count(*)::integer AS cases FROM handrail.cases AS c WHERE c.opened_at >= %(since)s AND c.opened_at < %(until)s
) AS everything;

-- name: refresh_outcomes
SELECT handrail.refresh_outcomes(%(most)s) AS taken;

-- name: tally_outcomes
-- Cases that count alike are counted first; their classes are few, whatever the number of cases.
WITH classes AS MATERIALIZED (
    SELECT
        o."group",
        o.counted,
        o.waiting,
        o.hit,
        count(*) AS cases,
        sum(o.decided) AS decided,
        sum(o.edited) AS edited,
        sum(o.rejected) AS rejected,
        sum(o.confirmations_asked) AS asked,
        sum(o.confirmations_refused) AS refused
    FROM handrail.outcomes_counted(
        %(since)s, %(until)s, %(by)s, %(wanted)s, %(edges)s::timestamptz [], %(ended)s::integer [], %(asked)s::integer [],
        %(replied)s::integer []
    ) AS o
    GROUP BY o."group", o.counted, o.waiting, o.hit
)

SELECT
    w.indicator,
    c."group",
    coalesce(
        sum(
            CASE w.indicator
                WHEN 'edits' THEN c.decided
                WHEN 'rejections' THEN c.decided
                WHEN 'confirmations_refused' THEN c.asked
                ELSE c.cases
            END
        ) FILTER (WHERE c.counted >> w.place & 1 = 1),
        0
    )::integer AS n,
    coalesce(
        sum(
            CASE w.indicator
                WHEN 'edits' THEN c.edited
                WHEN 'rejections' THEN c.rejected
                WHEN 'confirmations_refused' THEN c.refused
                ELSE c.cases * (c.hit >> w.place & 1)
            END
        ) FILTER (WHERE c.counted >> w.place & 1 = 1),
        0
    )::double precision AS numerator,
    coalesce(sum(c.cases) FILTER (WHERE c.waiting >> w.place & 1 = 1), 0)::integer AS immature
FROM classes AS c CROSS JOIN unnest(%(names)s::text [], %(places)s::integer []) AS w (indicator, place)
GROUP BY w.indicator, c."group"
HAVING bit_or(c.counted | c.waiting) >> min(w.place) & 1 = 1
ORDER BY w.indicator, c."group";

-- name: tally_customers
-- Sums by customer of each value, and the sums of their squares and products: enough for a mean and its interval.
WITH each AS MATERIALIZED (
    SELECT
        o."group",
        bit_or(o.counted) AS counted,
        coalesce(sum(o.first_reply_seconds) FILTER (WHERE o.counted >> 16 & 1 = 1), 0) AS first_reply_seconds,
        count(*) FILTER (WHERE o.counted >> 16 & 1 = 1) AS first_reply_seconds_n,
        coalesce(sum(o.resolution_seconds) FILTER (WHERE o.counted >> 17 & 1 = 1), 0) AS resolution_seconds,
        count(*) FILTER (WHERE o.counted >> 17 & 1 = 1) AS resolution_seconds_n,
        coalesce(sum(o.agent_seconds) FILTER (WHERE o.counted >> 18 & 1 = 1), 0) AS agent_seconds,
        count(*) FILTER (WHERE o.counted >> 18 & 1 = 1) AS agent_seconds_n,
        coalesce(sum(o.customer_seconds) FILTER (WHERE o.counted >> 19 & 1 = 1), 0) AS customer_seconds,
        count(*) FILTER (WHERE o.counted >> 19 & 1 = 1) AS customer_seconds_n,
        coalesce(sum(o.waiting_seconds) FILTER (WHERE o.counted >> 20 & 1 = 1), 0) AS waiting_seconds,
        count(*) FILTER (WHERE o.counted >> 20 & 1 = 1) AS waiting_seconds_n,
        coalesce(sum(o.person_seconds) FILTER (WHERE o.counted >> 21 & 1 = 1), 0) AS person_seconds,
        count(*) FILTER (WHERE o.counted >> 21 & 1 = 1) AS person_seconds_n,
        coalesce(sum(o.cost_usd) FILTER (WHERE o.counted >> 22 & 1 = 1), 0) AS cost_usd,
        count(*) FILTER (WHERE o.counted >> 22 & 1 = 1) AS cost_usd_n,
        coalesce(sum(o.csat) FILTER (WHERE o.counted >> 23 & 1 = 1), 0) AS csat,
        count(*) FILTER (WHERE o.counted >> 23 & 1 = 1) AS csat_n,
        coalesce(sum(o.nps) FILTER (WHERE o.counted >> 24 & 1 = 1), 0) AS nps,
        count(*) FILTER (WHERE o.counted >> 24 & 1 = 1) AS nps_n
    FROM handrail.outcomes_counted(
        %(since)s, %(until)s, %(by)s, %(wanted)s, %(edges)s::timestamptz [], %(ended)s::integer [], %(asked)s::integer [],
        %(replied)s::integer []
    ) AS o
    GROUP BY o."group", o.customer_id
)

SELECT
    "group",
    ARRAY[
        count(*) FILTER (WHERE counted >> 0 & 1 = 1),
        count(*) FILTER (WHERE counted >> 1 & 1 = 1),
        count(*) FILTER (WHERE counted >> 2 & 1 = 1),
        count(*) FILTER (WHERE counted >> 3 & 1 = 1),
        count(*) FILTER (WHERE counted >> 4 & 1 = 1),
        count(*) FILTER (WHERE counted >> 5 & 1 = 1),
        count(*) FILTER (WHERE counted >> 6 & 1 = 1),
        count(*) FILTER (WHERE counted >> 7 & 1 = 1),
        count(*) FILTER (WHERE counted >> 8 & 1 = 1),
        count(*) FILTER (WHERE counted >> 9 & 1 = 1),
        count(*) FILTER (WHERE counted >> 10 & 1 = 1),
        count(*) FILTER (WHERE counted >> 11 & 1 = 1),
        count(*) FILTER (WHERE counted >> 12 & 1 = 1),
        count(*) FILTER (WHERE counted >> 13 & 1 = 1),
        count(*) FILTER (WHERE counted >> 14 & 1 = 1),
        count(*) FILTER (WHERE counted >> 15 & 1 = 1),
        count(*) FILTER (WHERE counted >> 16 & 1 = 1),
        count(*) FILTER (WHERE counted >> 17 & 1 = 1),
        count(*) FILTER (WHERE counted >> 18 & 1 = 1),
        count(*) FILTER (WHERE counted >> 19 & 1 = 1),
        count(*) FILTER (WHERE counted >> 20 & 1 = 1),
        count(*) FILTER (WHERE counted >> 21 & 1 = 1),
        count(*) FILTER (WHERE counted >> 22 & 1 = 1),
        count(*) FILTER (WHERE counted >> 23 & 1 = 1),
        count(*) FILTER (WHERE counted >> 24 & 1 = 1)
    ] AS customers,
    ARRAY[sum(first_reply_seconds), sum(first_reply_seconds * first_reply_seconds), sum(first_reply_seconds * first_reply_seconds_n), sum((first_reply_seconds_n * first_reply_seconds_n)::double precision)] AS first_reply_seconds,
    ARRAY[sum(resolution_seconds), sum(resolution_seconds * resolution_seconds), sum(resolution_seconds * resolution_seconds_n), sum((resolution_seconds_n * resolution_seconds_n)::double precision)] AS resolution_seconds,
    ARRAY[sum(agent_seconds), sum(agent_seconds * agent_seconds), sum(agent_seconds * agent_seconds_n), sum((agent_seconds_n * agent_seconds_n)::double precision)] AS agent_seconds,
    ARRAY[sum(customer_seconds), sum(customer_seconds * customer_seconds), sum(customer_seconds * customer_seconds_n), sum((customer_seconds_n * customer_seconds_n)::double precision)] AS customer_seconds,
    ARRAY[sum(waiting_seconds), sum(waiting_seconds * waiting_seconds), sum(waiting_seconds * waiting_seconds_n), sum((waiting_seconds_n * waiting_seconds_n)::double precision)] AS waiting_seconds,
    ARRAY[sum(person_seconds), sum(person_seconds * person_seconds), sum(person_seconds * person_seconds_n), sum((person_seconds_n * person_seconds_n)::double precision)] AS person_seconds,
    ARRAY[sum(cost_usd), sum(cost_usd * cost_usd), sum(cost_usd * cost_usd_n), sum((cost_usd_n * cost_usd_n)::double precision)] AS cost_usd,
    ARRAY[sum(csat), sum(csat * csat), sum(csat * csat_n), sum((csat_n * csat_n)::double precision)] AS csat,
    ARRAY[sum(nps), sum(nps * nps), sum(nps * nps_n), sum((nps_n * nps_n)::double precision)] AS nps
FROM each GROUP BY "group";

-- name: sample_outcomes
-- Values with their customers; of a group with a great many customers, those that its share of hashes draws.
SELECT
    w.indicator,
    o."group",
    array_agg(v.value ORDER BY o.customer_id, v.value) AS "values",
    array_agg(o.customer_id ORDER BY o.customer_id, v.value) AS owners
FROM unnest(%(indicators)s::text [], %(bits)s::integer [], %(groups)s::text [], %(shares)s::double precision [])
AS w (indicator, bit, "group", share)
INNER JOIN handrail.outcomes_counted(
    %(since)s, %(until)s, %(by)s, %(wanted)s, %(edges)s::timestamptz [], %(ended)s::integer [], %(asked)s::integer [],
    %(replied)s::integer []
) AS o ON coalesce('=' || w."group", '') = coalesce('=' || o."group", '') AND o.customer_place < w.share
CROSS JOIN LATERAL (
    SELECT CASE w.indicator
        WHEN 'first_reply_seconds' THEN o.first_reply_seconds
        WHEN 'resolution_seconds' THEN o.resolution_seconds
        WHEN 'agent_seconds' THEN o.agent_seconds
        WHEN 'customer_seconds' THEN o.customer_seconds
        WHEN 'waiting_seconds' THEN o.waiting_seconds
        WHEN 'person_seconds' THEN o.person_seconds
        WHEN 'cost_usd' THEN o.cost_usd
        WHEN 'csat' THEN o.csat
        WHEN 'nps' THEN o.nps
    END AS value
) AS v
WHERE o.counted & w.bit <> 0
GROUP BY w.indicator, o."group";

-- name: tally_reliability
SELECT
    least(floor(o.confidence * 10), 9)::integer AS tenth,
    count(*)::integer AS n,
    avg(o.confidence)::double precision AS confidence,
    sum(o.hit >> 15 & 1)::integer AS held_up
FROM handrail.outcomes_counted(
    %(since)s, %(until)s, NULL, %(wanted)s, %(edges)s::timestamptz [], %(ended)s::integer [], %(asked)s::integer [],
    %(replied)s::integer []
) AS o
WHERE o.counted >> 15 & 1 = 1
GROUP BY 1 ORDER BY 1;
