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
SET LOCAL statement_timeout = '10min';

-- name: count_outcome_cases
SELECT
    (count(*) FILTER (WHERE c.channel <> ALL(s.excluded_channels)))::integer AS cases,
    (count(*) FILTER (WHERE c.channel = ANY(s.excluded_channels)))::integer AS excluded
FROM handrail.outcome_settings AS s CROSS JOIN handrail.cases AS c
WHERE c.opened_at >= %(since)s AND c.opened_at < %(until)s;

-- name: tally_outcomes
-- `sampled` are the indicators whose values are wanted, each with its customer.
WITH looked_at AS MATERIALIZED (
    SELECT
        v.indicator,
        v.customer_id,
        v.numerator,
        v.denominator,
        v.indicator = ANY(%(sampled)s::text []) AS sampled,
        coalesce(v.matures_at <= %(as_of)s, FALSE) AS mature,
        CASE %(by)s::text
            WHEN 'topic' THEN v.topic
            WHEN 'tier' THEN v.tier::text
            WHEN 'language' THEN v.language
            WHEN 'channel' THEN v.channel
            WHEN 'model' THEN v.model
            WHEN 'prompt' THEN v.prompt
            WHEN 'policy' THEN v.policy
            WHEN 'graph' THEN v.graph
            WHEN 'handled_by' THEN v.handled_by
        END AS "group"
    FROM handrail.outcome_values AS v
    WHERE v.opened_at >= %(since)s AND v.opened_at < %(until)s AND v.indicator = ANY(%(names)s::text [])
)

SELECT
    indicator,
    "group",
    coalesce(sum(denominator) FILTER (WHERE mature), 0)::integer AS n,
    coalesce(sum(numerator) FILTER (WHERE mature), 0)::double precision AS numerator,
    (count(DISTINCT customer_id) FILTER (WHERE mature))::integer AS customers,
    (count(*) FILTER (WHERE NOT mature))::integer AS immature,
    coalesce(array_agg(numerator ORDER BY customer_id, numerator) FILTER (WHERE mature AND sampled), '{}') AS "values",
    coalesce(array_agg(customer_id ORDER BY customer_id, numerator) FILTER (WHERE mature AND sampled), '{}') AS owners
FROM looked_at
GROUP BY indicator, "group"
ORDER BY indicator, "group";

-- name: tally_reliability
SELECT
    least(floor(confidence * 10), 9)::integer AS tenth,
    count(*)::integer AS n,
    avg(confidence)::double precision AS confidence,
    sum(numerator)::integer AS held_up
FROM handrail.outcome_held_up
WHERE opened_at >= %(since)s AND opened_at < %(until)s AND matures_at <= %(as_of)s AND denominator > 0
GROUP BY 1 ORDER BY 1;
