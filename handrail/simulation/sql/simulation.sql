-- name: lay_out_simulation
-- What would stand in the way of simulated time, or hash what nobody will check: the audit's chain, and tables that only grow.
ALTER TABLE handrail.audit DISABLE TRIGGER audit_is_chained;
ALTER TABLE handrail.controls DISABLE TRIGGER controls_only_grow;
ALTER TABLE handrail.governor_steps DISABLE TRIGGER governor_steps_only_grow;

-- name: stage_cases
CREATE TEMP TABLE staged_cases ON COMMIT DROP AS
SELECT
    case_id, customer_id, channel, status, topic, tier, queue, priority, risk, reason, language, reply, confidence, assignee,
    turn, due_at, opened_at, updated_at, version, content_digest, usage, usage_version
FROM handrail.cases WITH NO DATA;

-- name: stage_approvals
CREATE TEMP TABLE staged_approvals ON COMMIT DROP AS
SELECT case_id, approval_id, revision, request, status, opened_at, due_at, update_names, decision, version, yes
FROM handrail.approvals WITH NO DATA;

-- name: stage_actions
CREATE TEMP TABLE staged_actions ON COMMIT DROP AS
SELECT
    effect_id, case_id, kind, action, call_id, confidence, revision, version, arguments, arguments_hash, ruling, verdict,
    policy_version, approval_id, approval_status, approval_revision, approved_by, decided_arguments, decided_hash, outcome,
    applied_hash, applied_at, result, code, message, ruled_at
FROM handrail.actions WITH NO DATA;

-- name: copy_cases
COPY staged_cases FROM STDIN;

-- name: copy_approvals
COPY staged_approvals FROM STDIN;

-- name: copy_actions
COPY staged_actions FROM STDIN;

-- name: copy_messages
COPY handrail.messages (case_id, message_id, author, text, at, turn, sequence, language, by, thanks) FROM STDIN;

-- name: copy_audit
COPY handrail.audit (case_id, entry_id, at, actor, action, details) FROM STDIN;

-- name: copy_ratings
COPY handrail.ratings (case_id, survey_id, csat, nps, solved, comment, rated_at, changes) FROM STDIN;

-- name: take_cases
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, queue, priority, risk, reason, language, reply, confidence, assignee,
    turn, due_at, opened_at, updated_at, version, content_digest, usage, usage_version
)
SELECT * FROM staged_cases
ON CONFLICT (case_id) DO UPDATE SET
    status = excluded.status, topic = excluded.topic, tier = excluded.tier, queue = excluded.queue, priority = excluded.priority,
    risk = excluded.risk, reason = excluded.reason, language = excluded.language, reply = excluded.reply,
    confidence = excluded.confidence, assignee = excluded.assignee, turn = excluded.turn, due_at = excluded.due_at,
    updated_at = excluded.updated_at, version = excluded.version, usage = excluded.usage, usage_version = excluded.usage_version;

-- name: take_approvals
INSERT INTO handrail.approvals (
    case_id, approval_id, revision, request, status, opened_at, due_at, update_names, decision, version, yes
)
SELECT * FROM staged_approvals
ON CONFLICT (case_id, approval_id, revision) DO UPDATE SET
    status = excluded.status, decision = excluded.decision, version = excluded.version, yes = excluded.yes;

-- name: take_actions
INSERT INTO handrail.actions (
    effect_id, case_id, kind, action, call_id, confidence, revision, version, arguments, arguments_hash, ruling, verdict,
    policy_version, approval_id, approval_status, approval_revision, approved_by, decided_arguments, decided_hash, outcome,
    applied_hash, applied_at, result, code, message, ruled_at
)
SELECT * FROM staged_actions
ON CONFLICT (effect_id) DO UPDATE SET
    revision = excluded.revision, version = excluded.version, arguments = excluded.arguments,
    arguments_hash = excluded.arguments_hash, ruling = excluded.ruling, verdict = excluded.verdict,
    policy_version = excluded.policy_version, approval_id = excluded.approval_id, approval_status = excluded.approval_status,
    approval_revision = excluded.approval_revision, approved_by = excluded.approved_by,
    decided_arguments = excluded.decided_arguments, decided_hash = excluded.decided_hash, outcome = excluded.outcome,
    applied_hash = excluded.applied_hash, applied_at = excluded.applied_at, result = excluded.result, code = excluded.code,
    message = excluded.message;

-- name: move_controls
-- What the steps of a day wrote at the machine's time is moved to the simulated one, which is long past.
UPDATE handrail.controls SET set_at = %(now)s, asked_at = %(now)s WHERE set_at > %(now)s + interval '1 day';

-- name: move_standing
UPDATE handrail.controls_standing SET set_at = %(now)s, asked_at = %(now)s WHERE set_at > %(now)s + interval '1 day';

-- name: move_steps
UPDATE handrail.governor_steps SET at = %(now)s WHERE at > %(now)s + interval '1 day';

-- name: refresh_simulation
SELECT handrail.refresh_outcomes(100000);
