-- name: open_case
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, tier, turn, opened_at, updated_at, version, content_digest
) VALUES (
    %(case_id)s, %(customer_id)s, %(channel)s, 'Working', 0, 1, %(at)s, %(at)s, 0, %(content_digest)s
)
ON CONFLICT (case_id) DO NOTHING;

-- name: lock_case
-- Not FOR UPDATE: foreign keys of a concurrent effect must still be able to look at the case.
SELECT customer_id, content_digest, status, opened_at FROM handrail.cases WHERE case_id = %(case_id)s FOR NO KEY UPDATE;

-- name: save_case
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, queue, priority, risk, reason, language, reply, confidence, assignee,
    turn, due_at, opened_at, updated_at, version, content_digest
) VALUES (
    %(case_id)s, %(customer_id)s, %(channel)s, %(status)s, %(topic)s, %(tier)s, %(queue)s, %(priority)s, %(risk)s,
    %(reason)s, %(language)s, %(reply)s, %(confidence)s, %(assignee)s, %(turn)s, %(due_at)s, %(opened_at)s, %(updated_at)s,
    %(version)s, %(content_digest)s
)
ON CONFLICT (case_id) DO UPDATE SET
    status = excluded.status,
    topic = excluded.topic,
    tier = excluded.tier,
    queue = excluded.queue,
    priority = excluded.priority,
    risk = excluded.risk,
    reason = excluded.reason,
    language = excluded.language,
    reply = excluded.reply,
    confidence = excluded.confidence,
    assignee = excluded.assignee,
    turn = excluded.turn,
    due_at = excluded.due_at,
    updated_at = excluded.updated_at,
    version = excluded.version
WHERE cases.version < excluded.version;

-- name: save_digest
UPDATE handrail.cases SET content_digest = %(content_digest)s WHERE case_id = %(case_id)s AND content_digest = '';

-- name: save_usage
UPDATE handrail.cases SET usage = %(usage)s, usage_version = %(version)s
WHERE case_id = %(case_id)s AND usage_version < %(version)s;

-- name: save_message
INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence, language, by)
VALUES (
    %(case_id)s, %(message_id)s, %(author)s, %(text)s, %(at)s, %(turn)s, %(sequence)s, %(language)s, %(by)s
)
ON CONFLICT (case_id, message_id) DO UPDATE SET language = excluded.language
WHERE messages.language IS NULL AND excluded.language IS NOT NULL;

-- name: save_classification
INSERT INTO handrail.classifications (case_id, version, body, at)
VALUES (%(case_id)s, %(version)s, %(body)s, %(at)s)
ON CONFLICT (case_id, version) DO NOTHING;

-- name: save_handoff
INSERT INTO handrail.handoffs (case_id, version, body, at)
VALUES (%(case_id)s, %(version)s, %(body)s, %(at)s)
ON CONFLICT (case_id, version) DO NOTHING;

-- name: save_audit
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
VALUES (%(case_id)s, %(entry_id)s, %(at)s, %(actor)s, %(action)s, %(details)s)
ON CONFLICT (case_id, entry_id) DO NOTHING;
