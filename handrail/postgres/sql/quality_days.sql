-- name: first_case_opened
SELECT min(opened_at) AS at FROM handrail.cases;

-- name: quality_steps_since
SELECT day, step, since, until, done_at, result, tries, tried_at, error
FROM handrail.quality_steps WHERE day >= %(since)s ORDER BY day, step;

-- name: quality_step
SELECT day, step, since, until, done_at, result, tries, tried_at, error
FROM handrail.quality_steps WHERE day = %(day)s AND step = %(step)s;

-- name: hold_quality_step
-- Should the machine of whoever holds it vanish, the server notices within a minute and lets go, where it would take hours.
SELECT
    set_config('tcp_keepalives_idle', '30', FALSE),
    set_config('tcp_keepalives_interval', '10', FALSE),
    set_config('tcp_keepalives_count', '3', FALSE),
    pg_try_advisory_lock(hashtextextended('handrail.quality/' || %(day)s || '/' || %(step)s, 0)) AS mine;

-- name: release_quality_step
SELECT pg_advisory_unlock(hashtextextended('handrail.quality/' || %(day)s || '/' || %(step)s, 0));

-- name: finish_quality_step
INSERT INTO handrail.quality_steps AS s (day, step, since, until, done_at, result)
VALUES (%(day)s, %(step)s, %(since)s, %(until)s, %(at)s, %(result)s)
ON CONFLICT (day, step) DO UPDATE SET done_at = excluded.done_at, result = excluded.result, error = NULL
WHERE s.done_at IS NULL;

-- name: fail_quality_step
INSERT INTO handrail.quality_steps AS s (day, step, since, until, tries, tried_at, error)
VALUES (%(day)s, %(step)s, %(since)s, %(until)s, 1, %(at)s, %(words)s)
ON CONFLICT (day, step) DO UPDATE SET tries = s.tries + 1, tried_at = excluded.tried_at, error = excluded.error
WHERE s.done_at IS NULL;
