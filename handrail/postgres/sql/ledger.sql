-- name: save_approval
-- Settled wins over open whatever comes first; of two open ones the newer commit wins. Once settled, nothing changes.
INSERT INTO handrail.approvals (
    case_id, approval_id, revision, request, status, opened_at, due_at, update_names, decision, version, yes
) VALUES (
    %(case_id)s, %(approval_id)s, %(revision)s, %(request)s, %(status)s, %(opened_at)s, %(due_at)s, %(update_names)s,
    %(decision)s, %(version)s, %(yes)s
)
ON CONFLICT (case_id, approval_id, revision) DO UPDATE SET
    request = excluded.request,
    status = excluded.status,
    opened_at = excluded.opened_at,
    due_at = excluded.due_at,
    update_names = excluded.update_names,
    decision = excluded.decision,
    version = excluded.version,
    yes = excluded.yes
WHERE (approvals.status = 'open' AND excluded.status <> 'open')
    OR (approvals.status = 'open' AND approvals.version < excluded.version AND approvals.request = excluded.request);

-- name: withdraw_left_behind
-- The run that opened them was abandoned; what is still open was committed again, under this version.
UPDATE handrail.approvals SET status = 'withdrawn', version = %(version)s
WHERE case_id = %(case_id)s AND status = 'open' AND version < %(version)s;

-- name: save_ruling
-- The newest revision's newest ruling holds; of two rulings of the same step the stricter one.
INSERT INTO handrail.actions (
    effect_id, case_id, kind, action, call_id, confidence, revision, version, arguments, arguments_hash, ruling, verdict,
    policy_version
) VALUES (
    %(effect_id)s, %(case_id)s, %(kind)s, %(action)s, %(call_id)s, %(confidence)s, %(revision)s, %(version)s,
    %(arguments)s, %(arguments_hash)s, %(ruling)s, %(verdict)s, %(policy_version)s
)
ON CONFLICT (effect_id) DO UPDATE SET
    kind = excluded.kind,
    action = excluded.action,
    call_id = excluded.call_id,
    confidence = excluded.confidence,
    revision = excluded.revision,
    version = excluded.version,
    arguments = excluded.arguments,
    arguments_hash = excluded.arguments_hash,
    ruling = excluded.ruling,
    verdict = excluded.verdict,
    policy_version = excluded.policy_version
WHERE actions.outcome IS NULL
    AND actions.case_id = excluded.case_id
    AND (actions.revision, actions.version, handrail.strictness(actions.ruling))
    < (excluded.revision, excluded.version, handrail.strictness(excluded.ruling));

-- name: actions_of_other_cases
SELECT effect_id FROM handrail.actions WHERE effect_id = ANY(%(effect_ids)s) AND case_id <> %(case_id)s;

-- name: bind_approvals
-- An action carries what became of the newest approval that was asked for it; the request's id is the action's.
UPDATE handrail.actions AS a SET
    approval_id = newest.approval_id,
    approval_status = newest.status,
    approval_revision = newest.revision,
    approved_by = CASE WHEN newest.status IN ('approved', 'edited') THEN handrail.approvers(newest.decision) END,
    decided_arguments = newest.decision -> 'arguments',
    decided_hash = newest.decision ->> 'arguments_hash'
FROM (
    SELECT DISTINCT ON (request_id) request_id, approval_id, status, revision, decision
    FROM handrail.approvals
    WHERE case_id = %(case_id)s AND request ->> 'kind' = 'approval'
    ORDER BY request_id ASC, revision DESC
) AS newest
WHERE a.case_id = %(case_id)s
    AND a.effect_id = newest.request_id
    AND a.outcome IS NULL
    AND (a.approval_revision, a.approval_status, coalesce(a.approved_by, ''))
    IS DISTINCT FROM (
        newest.revision,
        newest.status,
        CASE WHEN newest.status IN ('approved', 'edited') THEN handrail.approvers(newest.decision) ELSE '' END
    );

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
