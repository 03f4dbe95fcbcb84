-- name: governor_steps_about
SELECT * FROM handrail.governor_steps
WHERE alarm_id = ANY(%(alarms)s::bigint []) OR (kind = 'down' AND at > %(since)s) ORDER BY step_id;

-- name: governor_stepped_at
SELECT s.topic, max(s.at) AS at FROM handrail.governor_steps AS s WHERE s.kind = 'down' GROUP BY s.topic;

-- name: governor_volumes
SELECT c.topic, count(*)::double precision / sum(count(*)) OVER () AS share
FROM handrail.cases AS c CROSS JOIN handrail.outcome_settings AS s
WHERE c.opened_at >= %(since)s AND c.channel <> ALL(s.excluded_channels)
GROUP BY c.topic;

-- name: governor_step_stands
SELECT step_id FROM handrail.governor_steps WHERE alarm_id = %(alarm_id)s AND topic = %(topic)s AND level = %(level)s;

-- name: add_governor_step
INSERT INTO handrail.governor_steps (kind, day, topic, level, rule, alarm_id, control_id, volume, words, evidence, actor)
VALUES (
    %(kind)s, %(day)s, %(topic)s, %(level)s, %(rule)s, %(alarm_id)s, %(control_id)s, %(volume)s, %(words)s, %(evidence)s,
    %(actor)s
)
ON CONFLICT (alarm_id, topic, level) WHERE alarm_id IS NOT NULL DO NOTHING
RETURNING *;

-- name: governor_steps
SELECT * FROM handrail.governor_steps ORDER BY step_id DESC LIMIT %(limit)s;

-- name: governor_latest
-- Of each topic its latest step down, unless people have raised it since.
SELECT DISTINCT ON (s.topic) s.* FROM handrail.governor_steps AS s
WHERE s.kind IN ('down', 'raised') ORDER BY s.topic, s.step_id DESC;

-- name: governor_reviews
SELECT
    count(*) FILTER (WHERE r.outcome = 'approved' AND r.decided_at >= %(since)s) AS approved,
    count(*) FILTER (WHERE r.decided_at >= %(since)s) AS decided,
    count(*) FILTER (WHERE r.decided_at >= %(recent)s) AS recent
FROM handrail.reviews AS r WHERE r.topic = %(topic)s AND r.decided_at >= least(%(since)s, %(recent)s);
