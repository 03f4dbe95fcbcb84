-- name: take_time_for_quality
SET LOCAL statement_timeout = '10min';

-- name: quality_frame
-- Cases whose first end lies in the day, each with the riskiest thing that had happened in it by the day's end.
WITH ended AS (
    SELECT e.case_id FROM handrail.audit AS e
    WHERE e.action IN ('turn:Resolved', 'resolve', 'close') AND e.at >= %(since)s AND e.at < %(until)s
    GROUP BY e.case_id
)

SELECT
    c.case_id,
    coalesce(c.topic, '(none)') AS topic,
    CASE
        WHEN EXISTS (
            SELECT FROM handrail.audit AS e
            WHERE e.case_id = c.case_id AND e.action IN ('turn:WithHuman', 'hand_over') AND e.at < %(until)s
        ) THEN 'escalated'
        WHEN EXISTS (
            SELECT FROM handrail.actions AS a
            WHERE a.case_id = c.case_id AND a.kind = 'effect' AND a.outcome = 'applied' AND a.applied_at < %(until)s
        ) THEN 'effect'
        WHEN EXISTS (
            SELECT FROM handrail.actions AS a
            WHERE a.case_id = c.case_id AND a.ruling <> 'allow' AND a.ruled_at < %(until)s
        ) THEN 'policy_hit'
        WHEN c.confidence < %(low_confidence)s THEN 'low_confidence'
        ELSE 'plain'
    END AS risk
FROM ended AS n
INNER JOIN handrail.cases AS c ON n.case_id = c.case_id
INNER JOIN handrail.outcome_settings AS o ON c.channel <> ALL(o.excluded_channels)
WHERE NOT EXISTS (
    SELECT FROM handrail.audit AS e
    WHERE e.case_id = c.case_id AND e.action IN ('turn:Resolved', 'resolve', 'close') AND e.at < %(since)s
)
ORDER BY c.case_id;

-- name: keep_quality_sample
-- A day's sample is drawn once: where another has written it, that one stands.
INSERT INTO handrail.quality_samples (
    day, case_id, topic, risk, stratum_cases, stratum_drawn, place, probability, for_people, people_probability
)
SELECT
    (d ->> 'day')::date, d ->> 'case_id', d ->> 'topic', d ->> 'risk', (d ->> 'stratum_cases')::integer,
    (d ->> 'stratum_drawn')::integer, (d ->> 'place')::integer, (d ->> 'probability')::double precision,
    (d ->> 'for_people')::boolean, (d ->> 'people_probability')::double precision
FROM jsonb_array_elements(%(sample)s) AS d
WHERE NOT EXISTS (SELECT FROM handrail.quality_samples AS s WHERE s.day = %(day)s);

-- name: quality_sample
SELECT
    day, case_id, topic, risk, stratum_cases, stratum_drawn, place, probability, for_people, people_probability
FROM handrail.quality_samples WHERE day = %(day)s ORDER BY topic, risk, place;

-- name: quality_scored_cases
SELECT DISTINCT case_id FROM handrail.quality_scores WHERE day = %(day)s;
