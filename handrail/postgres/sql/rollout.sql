-- name: latest_drill
SELECT max(c.set_at) AS at FROM handrail.controls AS c WHERE c.hand = 'drill';

-- name: hold_ramps
-- Whoever changes a ramp waits for whoever does the same.
SELECT pg_advisory_xact_lock(7240118322904191);

-- name: latest_ramp
SELECT r.*, s.kind, s.percent, s.at AS stepped_at
FROM handrail.ramps AS r CROSS JOIN LATERAL (
    SELECT t.* FROM handrail.ramp_steps AS t WHERE t.ramp_id = r.ramp_id ORDER BY t.step_id DESC LIMIT 1
) AS s
ORDER BY r.ramp_id DESC LIMIT 1;

-- name: put_ramp
INSERT INTO handrail.ramps (release, base, parts, candidate, owner, evaluation_id)
VALUES (%(release)s, %(base)s, %(parts)s, %(candidate)s, %(owner)s, %(evaluation_id)s)
RETURNING ramp_id;

-- name: put_ramp_step
INSERT INTO handrail.ramp_steps (ramp_id, kind, percent, actor, words, evidence, alarm_id)
VALUES (%(ramp_id)s, %(kind)s, %(percent)s, %(actor)s, %(words)s, %(evidence)s, %(alarm_id)s)
RETURNING *;

-- name: ramp_steps
SELECT * FROM handrail.ramp_steps
WHERE %(ramp_id)s::bigint IS NULL OR ramp_id = %(ramp_id)s
ORDER BY step_id DESC LIMIT %(limit)s;

-- name: assign_release
INSERT INTO handrail.case_releases (case_id, release, ramp_id, arm)
VALUES (%(case_id)s, %(release)s, %(ramp_id)s, %(arm)s) ON CONFLICT DO NOTHING
RETURNING case_id;

-- name: ramp_arms
SELECT r.arm, count(DISTINCT r.case_id)::integer AS cases, count(DISTINCT c.customer_id)::integer AS customers
FROM handrail.case_releases AS r INNER JOIN handrail.cases AS c ON r.case_id = c.case_id
WHERE r.ramp_id = %(ramp_id)s GROUP BY r.arm ORDER BY r.arm;

-- name: ramp_values
-- A customer's cases of one day are one value: they are not independent. The order is by hash, so values did not make it.
WITH dealt AS MATERIALIZED (
    SELECT r.case_id, min(r.arm) AS arm FROM handrail.case_releases AS r
    WHERE r.ramp_id = %(ramp_id)s GROUP BY r.case_id HAVING count(DISTINCT r.arm) = 1
)

SELECT
    (v.matures_at AT TIME ZONE %(zone)s)::date AS day,
    d.arm,
    avg(least(greatest(v.numerator::double precision / v.denominator, 0), 1)) AS value
FROM dealt AS d INNER JOIN handrail.outcome_values AS v ON d.case_id = v.case_id
WHERE v.case_id = ANY(ARRAY(SELECT t.case_id FROM dealt AS t))  -- an array, too: the view is worked out for these cases alone
    AND v.indicator = %(indicator)s AND v.matures_at < %(until)s AND v.denominator > 0
GROUP BY 1, d.arm, v.customer_id
ORDER BY 1, md5(v.customer_id);

-- name: put_deploy_change
INSERT INTO handrail.deploy_changes (deployment, act, build_id, before, percent, actor, words, evidence)
VALUES (%(deployment)s, %(act)s, %(build_id)s, %(before)s, %(percent)s, %(actor)s, %(words)s, %(evidence)s)
RETURNING *;

-- name: deploy_changes
SELECT * FROM handrail.deploy_changes WHERE deployment = %(deployment)s ORDER BY change_id DESC LIMIT %(limit)s;
