-- name: hold_controls
-- Taken first in every transaction that lets something of the agent's out: a switch waits for all of them, and whoever comes
-- behind the switch reads it. Locks are released only once a commit is visible to everybody.
SELECT pg_advisory_xact_lock_shared(%(key)s);

-- name: change_controls
SELECT set_config('lock_timeout', %(patience)s, TRUE), pg_advisory_xact_lock(%(key)s);

-- name: controls_in_force
SELECT * FROM handrail.controls_in_force ORDER BY control_id;

-- name: controls_history
SELECT * FROM handrail.controls ORDER BY control_id DESC LIMIT %(limit)s;

-- name: said
SELECT message_id FROM handrail.messages
WHERE case_id = %(case_id)s AND message_id = ANY(%(message_ids)s) AND author = 'assistant';

-- name: set_control
INSERT INTO handrail.controls (scope, level, hand, reason, actor, waited, expires_at)
VALUES (
    %(scope)s, %(level)s, %(hand)s, %(reason)s, %(actor)s, %(waited)s, clock_timestamp() + %(lasting)s::interval
)
RETURNING *;

-- name: newest_of_hand
SELECT *, set_at > clock_timestamp() - %(pause)s::interval AS recent FROM handrail.controls
WHERE scope = %(scope)s AND hand = %(hand)s ORDER BY control_id DESC LIMIT 1;

-- name: put_health
INSERT INTO handrail.model_health (worker, calls, failed, slow)
VALUES (%(worker)s, %(calls)s, %(failed)s, %(slow)s)
ON CONFLICT (worker) DO UPDATE SET
    at = excluded.at,
    calls = excluded.calls,
    failed = excluded.failed,
    slow = excluded.slow;

-- name: drop_old_health
DELETE FROM handrail.model_health WHERE at < clock_timestamp() - interval '1 day';

-- name: health_of_all
SELECT coalesce(sum(calls), 0)::int AS calls, coalesce(sum(failed), 0)::int AS failed, coalesce(sum(slow), 0)::int AS slow
FROM handrail.model_health WHERE at > clock_timestamp() - %(window)s::interval;
