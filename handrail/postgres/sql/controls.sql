-- name: change_controls
SELECT set_config('lock_timeout', %(patience)s, TRUE), pg_advisory_xact_lock(%(key)s);

-- name: controls_in_force
SELECT * FROM handrail.controls_in_force ORDER BY control_id;

-- name: controls_history
SELECT * FROM handrail.controls ORDER BY control_id DESC LIMIT %(limit)s;

-- name: set_control
INSERT INTO handrail.controls (scope, level, hand, reason, actor, waited, expires_at)
VALUES (
    %(scope)s, %(level)s, %(hand)s, %(reason)s, %(actor)s, %(waited)s, clock_timestamp() + %(lasting)s::interval
)
RETURNING *;

-- name: newest_of_hand
SELECT *, set_at > clock_timestamp() - %(pause)s::interval AS recent FROM handrail.controls
WHERE scope = %(scope)s AND hand = %(hand)s ORDER BY control_id DESC LIMIT 1;

-- name: listen_controls
LISTEN handrail_controls;

-- name: still_there
SELECT 1;
