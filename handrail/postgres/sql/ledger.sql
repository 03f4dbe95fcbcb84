-- name: begin_effect
-- Takes the lock that a change of the controls waits for first, then the action's row. A switch waits for all that hold it, and
-- whoever comes behind the switch reads it: locks are released only once a commit is visible to everybody.
SELECT * FROM handrail.begin_effect(%(effect_id)s, %(arguments_hash)s, %(hold)s);

-- name: settle_action
-- With its entry in the audit; what comes back is as `handrail.effects` gives it ever after.
WITH settled AS (
    UPDATE handrail.actions AS a SET
        outcome = %(status)s,
        applied_hash = %(arguments_hash)s,
        applied_at = %(applied_at)s,
        recorded_at = clock_timestamp(),
        result = %(result)s,
        code = %(code)s,
        message = %(message)s,
        approved_by = coalesce(a.approved_by, %(approved_by)s)
    WHERE a.effect_id = %(effect_id)s
    RETURNING a.*
),

noted AS (
    INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
    VALUES (%(case_id)s, %(entry_id)s, %(applied_at)s, %(actor)s, %(noted)s, %(details)s)
    ON CONFLICT (case_id, entry_id) DO NOTHING
)

SELECT
    s.case_id,
    s.effect_id,
    s.action,
    CASE WHEN s.applied_hash = s.arguments_hash THEN s.arguments ELSE s.decided_arguments END AS arguments,
    s.outcome AS status,
    coalesce(s.result, '{}') AS result,
    s.code,
    s.message,
    s.applied_at
FROM settled AS s;

-- name: effect
SELECT * FROM handrail.effects WHERE effect_id = %(effect_id)s;

-- name: begin_attempt
INSERT INTO handrail.effect_attempts (effect_id) VALUES (%(effect_id)s) ON CONFLICT DO NOTHING RETURNING effect_id;

-- name: forget_attempt
DELETE FROM handrail.effect_attempts WHERE effect_id = %(effect_id)s;
