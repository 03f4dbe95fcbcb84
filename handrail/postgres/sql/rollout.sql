-- name: latest_drill
SELECT max(c.set_at) AS at FROM handrail.controls AS c WHERE c.hand = 'drill';

-- name: hold_ramps
-- Whoever changes a ramp waits for whoever does the same.
SELECT pg_advisory_xact_lock(7240118322904191);

-- name: latest_ramp
SELECT r.*, s.kind, s.percent, s.shadow, s.at AS stepped_at
FROM handrail.ramps AS r CROSS JOIN LATERAL (
    SELECT t.* FROM handrail.ramp_steps AS t WHERE t.ramp_id = r.ramp_id ORDER BY t.step_id DESC LIMIT 1
) AS s
ORDER BY r.ramp_id DESC LIMIT 1;

-- name: put_ramp
INSERT INTO handrail.ramps (release, base, parts, candidate, owner, evaluation_id)
VALUES (%(release)s, %(base)s, %(parts)s, %(candidate)s, %(owner)s, %(evaluation_id)s)
RETURNING ramp_id;

-- name: put_ramp_step
INSERT INTO handrail.ramp_steps (ramp_id, kind, percent, shadow, actor, words, evidence, alarm_id)
VALUES (%(ramp_id)s, %(kind)s, %(percent)s, %(shadow)s, %(actor)s, %(words)s, %(evidence)s, %(alarm_id)s)
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
