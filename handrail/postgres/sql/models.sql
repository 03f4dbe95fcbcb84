-- name: note_calls
INSERT INTO handrail.model_calls AS known (served, case_id, at, failed, slow, name)
SELECT %(served)s, heard.case_id, clock_timestamp() - heard.age * interval '1 second', heard.failed, heard.slow, heard.name
FROM unnest(%(case_ids)s::text[], %(ages)s::float8[], %(failed)s::boolean[], %(slow)s::boolean[], %(names)s::text[])
AS heard (case_id, age, failed, slow, name)
ORDER BY heard.case_id
ON CONFLICT (served, case_id) DO UPDATE SET
    at = excluded.at,
    failed = excluded.failed,
    slow = excluded.slow,
    name = excluded.name
WHERE known.at <= excluded.at;

-- name: drop_old_calls
-- The latest are kept however old they are: a change of names is told from them.
DELETE FROM handrail.model_calls
WHERE served = %(served)s AND at < clock_timestamp() - %(window)s::interval - interval '1 hour' AND at < (
    SELECT at FROM handrail.model_calls WHERE served = %(served)s ORDER BY at DESC OFFSET 100 LIMIT 1
);

-- name: tally_calls
SELECT
    count(*)::int AS cases,
    (count(*) FILTER (WHERE failed))::int AS failed,
    (count(*) FILTER (WHERE slow))::int AS slow
FROM handrail.model_calls
WHERE served = %(served)s AND at > clock_timestamp() - %(window)s::interval;

-- name: latest_names
SELECT name FROM handrail.model_calls
WHERE served = %(served)s AND name IS NOT NULL ORDER BY at DESC LIMIT %(limit)s;

-- name: pause_model
INSERT INTO handrail.model_pauses AS known (served, until, asked_at)
VALUES (%(served)s, clock_timestamp() + %(lasting)s::interval, clock_timestamp())
ON CONFLICT (served) DO UPDATE SET
    until = greatest(known.until, excluded.until),
    asked_at = excluded.asked_at;

-- name: paused_seconds
SELECT extract(epoch FROM until - clock_timestamp())::float8 AS seconds FROM handrail.model_pauses
WHERE served = %(served)s AND until > clock_timestamp();

-- name: pauses
SELECT served, until FROM handrail.model_pauses WHERE until > clock_timestamp() ORDER BY served;

-- name: end_pauses
WITH ended AS (
    DELETE FROM handrail.model_pauses WHERE until > clock_timestamp() RETURNING served, until
)
INSERT INTO handrail.model_pauses_ended (served, until, words, actor)
SELECT served, until, %(words)s, %(actor)s FROM ended ORDER BY served
RETURNING served, until, words, actor, at;

-- name: ended_pauses
SELECT served, until, words, actor, at FROM handrail.model_pauses_ended ORDER BY end_id DESC LIMIT %(limit)s;

-- name: hold_names
SELECT pg_advisory_xact_lock(%(key)s);

-- name: known_names
SELECT name, bool_or(actor <> 'handrail') AS by_person FROM handrail.model_notices
WHERE served = %(served)s AND accepted GROUP BY name ORDER BY min(notice_id);

-- name: noticed_lately
SELECT 1 FROM handrail.model_notices
WHERE served = %(served)s AND name = %(name)s AND at > clock_timestamp() - interval '1 day' LIMIT 1;

-- name: put_notice
INSERT INTO handrail.model_notices (served, name, kin, accepted, words, actor)
VALUES (%(served)s, %(name)s, %(kin)s, %(accepted)s, %(words)s, %(actor)s)
RETURNING *;

-- name: notices
SELECT * FROM handrail.model_notices ORDER BY notice_id DESC LIMIT %(limit)s;

-- name: open_names
-- Names that were noticed and that nothing has accepted since.
SELECT DISTINCT ON (served, name) * FROM handrail.model_notices AS noticed
WHERE NOT accepted AND NOT EXISTS (
    SELECT 1 FROM handrail.model_notices AS later
    WHERE later.served = noticed.served AND later.name = noticed.name AND later.accepted
) ORDER BY served, name, notice_id DESC;
