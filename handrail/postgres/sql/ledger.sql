-- name: lock_action
SELECT
    a.case_id, c.customer_id, a.action, a.status, a.ruling, a.approval_status, a.outcome, a.applied_hash,
    coalesce(a.decided_hash = %(arguments_hash)s, FALSE) AS decided_on_these,
    handrail.permitted(a.ruling, a.arguments_hash, a.approval_status, a.decided_hash, %(arguments_hash)s)
    AND a.kind = 'effect' AS permitted
FROM handrail.actions AS a
INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
WHERE a.effect_id = %(effect_id)s
FOR UPDATE OF a;

-- name: settle_action
UPDATE handrail.actions SET
    outcome = %(status)s,
    applied_hash = %(arguments_hash)s,
    applied_at = %(applied_at)s,
    recorded_at = clock_timestamp(),
    result = %(result)s,
    code = %(code)s,
    message = %(message)s,
    approved_by = coalesce(approved_by, %(approved_by)s)
WHERE effect_id = %(effect_id)s;

-- name: effect
SELECT * FROM handrail.effects WHERE effect_id = %(effect_id)s;
