-- name: lock_action
SELECT
    a.case_id, c.customer_id, a.action, a.status, a.ruling, a.approval_status, a.outcome, a.applied_hash,
    a.verdict -> 'watched' AS watched, coalesce(a.decided_hash = %(arguments_hash)s, FALSE) AS decided_on_these,
    handrail.permitted(a.ruling, a.arguments_hash, a.approval_status, a.decided_hash, %(arguments_hash)s)
    AND a.kind = 'effect' AS permitted
FROM handrail.actions AS a
INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
WHERE a.effect_id = %(effect_id)s
FOR UPDATE OF a;

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
