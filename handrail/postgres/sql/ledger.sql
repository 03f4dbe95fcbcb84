-- name: begin_effect
-- Takes the lock that a change of the controls waits for first, then the action's row. A switch waits for all that hold it, and
-- whoever comes behind the switch reads it: locks are released only once a commit is visible to everybody.
SELECT * FROM handrail.begin_effect(%(effect_id)s, %(arguments_hash)s, %(hold)s, %(of_turn)s);

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

-- name: note_attempt
-- Noted where the journal is still that of the turn that wants the effect, which is not halted, or none does; `first` where nobody
-- had noted it before.
WITH held AS (
    SELECT t.case_id FROM handrail.turns AS t
    WHERE t.case_id = %(case_id)s AND t.token = %(token)s AND t.attempt = %(attempt)s AND t.result IS NULL
    FOR SHARE
),

changed AS (
    SELECT c.case_id FROM handrail.cases AS c WHERE c.case_id = %(case_id)s AND c.halted = %(token)s
),

noted AS (
    INSERT INTO handrail.effect_attempts (effect_id)
    SELECT %(effect_id)s
    WHERE %(token)s::text IS NULL OR (EXISTS (SELECT FROM held) AND NOT EXISTS (SELECT FROM changed))
    ON CONFLICT DO NOTHING
    RETURNING effect_id
)

SELECT
    EXISTS (SELECT FROM noted) AS first,
    %(token)s::text IS NULL OR EXISTS (SELECT FROM held) AS held,
    EXISTS (SELECT FROM changed) AS halted;

-- name: note_unknown
INSERT INTO handrail.effect_attempts (effect_id, said_unknown) VALUES (%(effect_id)s, TRUE)
ON CONFLICT (effect_id) DO UPDATE SET said_unknown = TRUE;

-- name: attempt_stands
SELECT effect_id FROM handrail.effect_attempts WHERE effect_id = %(effect_id)s;

-- name: forget_attempt
DELETE FROM handrail.effect_attempts WHERE effect_id = %(effect_id)s;

-- name: unsettled_effects
SELECT
    t.effect_id,
    a.case_id,
    c.status,
    a.action,
    CASE WHEN a.decided_hash IS NULL THEN a.arguments ELSE a.decided_arguments END AS arguments,
    t.begun_at,
    a.approved_by
FROM handrail.effect_attempts AS t
INNER JOIN handrail.actions AS a ON t.effect_id = a.effect_id
INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
WHERE
    a.outcome IS NULL AND t.begun_at < clock_timestamp() - %(age)s
    AND (%(case_id)s::text IS NULL OR a.case_id = %(case_id)s)
ORDER BY t.begun_at, t.effect_id
LIMIT %(limit)s;

-- name: settle_unknown
-- Made when it was sent; not made as of now. An attempt that is still under way holds the row and is waited for.
WITH settled AS (
    UPDATE handrail.actions AS a SET
        outcome = %(status)s,
        applied_hash = coalesce(a.decided_hash, a.arguments_hash),
        applied_at = CASE %(status)s WHEN 'applied' THEN t.begun_at ELSE clock_timestamp() END,
        recorded_at = clock_timestamp(),
        code = %(code)s,
        message = %(reason)s
    FROM handrail.effect_attempts AS t
    WHERE
        a.effect_id = %(effect_id)s AND t.effect_id = a.effect_id AND a.outcome IS NULL
        AND (%(case_id)s::text IS NULL OR a.case_id = %(case_id)s)
    RETURNING a.*
),

noted AS (
    INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
    SELECT
        s.case_id, s.effect_id || ':found:' || s.outcome, s.recorded_at, %(actor)s, 'effect:' || s.outcome,
        jsonb_build_object(
            'effect_id', s.effect_id, 'action', s.action, 'arguments_hash', s.applied_hash, 'code', s.code, 'reason', s.message,
            'identity', %(identity)s::text, 'via', %(via)s::text
        )
    FROM settled AS s
    ON CONFLICT (case_id, entry_id) DO NOTHING
)

SELECT s.effect_id FROM settled AS s;

-- name: settled_effect
-- An effect whose outcome somebody found out, and who that was.
SELECT a.code, a.message, n.actor
FROM handrail.actions AS a
INNER JOIN handrail.audit AS n ON n.case_id = a.case_id AND n.entry_id = a.effect_id || ':found:' || a.outcome
WHERE a.effect_id = %(effect_id)s AND (%(case_id)s::text IS NULL OR a.case_id = %(case_id)s);

-- name: settle_lost
-- The row that a restored database lost, or has from before the effect: with the case's own arguments and result, and the word of
-- whoever looked in place of the ruling and approval that led to it.
WITH settled AS (
    INSERT INTO handrail.actions AS a (
        effect_id, case_id, kind, action, revision, version, arguments, arguments_hash, ruling, verdict, policy_version,
        outcome, applied_hash, applied_at, recorded_at, result, code, message
    )
    SELECT
        %(effect_id)s, c.case_id, 'effect', %(action)s, 1, 1, %(arguments)s, %(arguments_hash)s, 'allow', %(verdict)s, '',
        %(status)s, %(arguments_hash)s, %(applied_at)s, clock_timestamp(), %(result)s, %(code)s, %(reason)s
    FROM handrail.cases AS c WHERE c.case_id = %(case_id)s
    ON CONFLICT (effect_id) DO UPDATE SET
        arguments = excluded.arguments,
        arguments_hash = excluded.arguments_hash,
        ruling = excluded.ruling,
        verdict = excluded.verdict,
        policy_version = excluded.policy_version,
        approval_id = NULL,
        approval_status = NULL,
        approval_revision = NULL,
        approved_by = NULL,
        decided_arguments = NULL,
        decided_hash = NULL,
        outcome = excluded.outcome,
        applied_hash = excluded.applied_hash,
        applied_at = excluded.applied_at,
        recorded_at = excluded.recorded_at,
        result = excluded.result,
        code = excluded.code,
        message = excluded.message
    WHERE a.outcome IS NULL AND a.case_id = excluded.case_id AND a.action = excluded.action
    RETURNING a.*
),

noted AS (
    INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
    SELECT
        s.case_id, s.effect_id || ':found:' || s.outcome, s.recorded_at, %(actor)s, 'effect:' || s.outcome,
        jsonb_build_object(
            'effect_id', s.effect_id, 'action', s.action, 'arguments_hash', s.applied_hash, 'code', s.code, 'reason', s.message
        )
    FROM settled AS s
    ON CONFLICT (case_id, entry_id) DO NOTHING
)

SELECT s.effect_id FROM settled AS s;
