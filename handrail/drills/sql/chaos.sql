-- name: chaos_cases
SELECT case_id, status, topic, turn, customer_id FROM handrail.cases ORDER BY case_id;

-- name: chaos_messages
-- In the order in which the record shows a case's messages.
SELECT case_id, message_id, author, turn FROM handrail.messages ORDER BY case_id, sequence, at, message_id;

-- name: chaos_told
-- What was told of messages and effects to whoever follows a case.
SELECT
    case_id, sequence, position, kind, body ->> 'message_id' AS message_id, body ->> 'effect_id' AS effect_id,
    CASE WHEN kind NOT IN ('effect', 'decided') AND coalesce(body ->> 'for', 'person') = 'person' THEN body ->> 'status' END
        AS status,
    at
FROM handrail.case_event ORDER BY position;

-- name: chaos_actions
SELECT
    a.case_id, a.effect_id, a.action, a.ruling, a.arguments_hash, a.approval_id, a.approval_revision, a.approval_status,
    a.outcome, a.applied_hash, a.recorded_at, c.topic,
    coalesce(a.arguments ->> 'order_id', '') AS order_id
FROM handrail.actions AS a
INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
WHERE a.kind = 'effect'
ORDER BY a.case_id, a.effect_id;

-- name: chaos_approvals
SELECT
    case_id, approval_id, revision, request_id, status, decision ->> 'decision' AS decision,
    decision ->> 'reviewer' AS reviewer, decision ->> 'arguments_hash' AS arguments_hash
FROM handrail.approvals ORDER BY case_id, approval_id, revision;

-- name: chaos_shop
-- What really happened in the shop since the demonstration was laid out.
SELECT r.refund_id AS made_id, CASE r.origin WHEN 'refund' THEN 'refund_order' ELSE 'cancel_order' END AS action, r.order_id, r.effect_id
FROM shop.refunds AS r WHERE r.created_at >= %(since)s
UNION ALL
SELECT p.reset_id::text, 'send_password_reset', '', p.effect_id
FROM shop.password_resets AS p WHERE p.requested_at >= %(since)s;

-- name: chaos_controls
SELECT control_id, scope, level, hand, asked_at, set_at, expires_at, waited FROM handrail.controls ORDER BY control_id;

-- name: chaos_replies
-- The agent's own words, with the topic of their case.
SELECT m.case_id, m.message_id, m.recorded_at, c.topic
FROM handrail.messages AS m
INNER JOIN handrail.cases AS c ON m.case_id = c.case_id
WHERE m.author = 'assistant'
ORDER BY m.recorded_at;

-- name: chaos_switched_off
-- Cases that a person got because a switch kept the agent from going on.
SELECT DISTINCT case_id FROM handrail.handoffs WHERE body -> 'escalation' ->> 'reason' = 'switched_off';

-- name: chaos_left_working
SELECT case_id FROM handrail.cases WHERE case_id = %(case_id)s AND status <> 'Working';

-- name: chaos_outbox
SELECT m.message_id, m.case_id, m.sequence, m.state FROM handrail.webhook_messages AS m ORDER BY m.case_id, m.sequence;

-- name: chaos_unsent_webhooks
-- Events that nobody was sent yet, or of which no message was made; of what was given up on nothing more comes.
SELECT e.case_id, e.sequence
FROM handrail.case_event AS e
LEFT JOIN handrail.webhook_messages AS m ON e.case_id = m.case_id AND e.sequence = m.sequence
WHERE m.message_id IS NULL OR m.state = 'pending'
LIMIT 1;

-- name: chaos_last_event
SELECT coalesce(max(e.sequence) FILTER (WHERE e.case_id = %(case_id)s), 0) AS sequence, coalesce(max(e.position), 0) AS position
FROM handrail.case_event AS e;

-- name: chaos_departures
SELECT d.case_id, d.message_id, d.state, d.words, o.header_id, m.recorded_at
FROM handrail.departures AS d
INNER JOIN handrail.messages AS m ON d.case_id = m.case_id AND d.message_id = m.message_id
LEFT JOIN handrail.mails AS o ON d.case_id = o.case_id AND d.message_id = o.message_id AND NOT o.incoming
WHERE d.channel = 'mail'
ORDER BY d.case_id, d.message_id;

-- name: chaos_turn_of_message
SELECT m.turn FROM handrail.messages AS m WHERE m.case_id = %(case_id)s AND m.message_id = %(message_id)s;

-- name: chaos_make_mail_due
-- What a killed process had taken up, or a server had not taken, would wait for minutes and longer.
UPDATE handrail.departures SET next_at = clock_timestamp()
WHERE channel = 'mail' AND state = 'waiting' AND next_at > clock_timestamp() + interval '1 s'
RETURNING case_id;

-- name: chaos_unsettled_mail
SELECT d.case_id FROM handrail.departures AS d WHERE d.channel = 'mail' AND d.state = 'waiting'
UNION ALL
SELECT m.case_id FROM handrail.mails AS m WHERE m.incoming AND m.settled_at IS NULL;

-- name: chaos_switch_log
SELECT pg_switch_wal();

-- name: chaos_days
-- A case ends on the day on which it first ends.
SELECT
    d.day::text AS day,
    d.since,
    d.until,
    coalesce(array_agg(d.step) FILTER (WHERE d.done_at IS NOT NULL), '{}') AS done,
    coalesce(array_agg(d.step || ': ' || d.error) FILTER (WHERE d.error IS NOT NULL), '{}') AS failed,
    (max((d.result #>> '{figures,cases}')::double precision) FILTER (WHERE d.step = 'sample'))::integer AS counted,
    (max((d.result #>> '{figures,drawn}')::double precision) FILTER (WHERE d.step = 'sample'))::integer AS drawn,
    (
        SELECT count(*) FROM handrail.cases AS c
        INNER JOIN handrail.outcome_settings AS o ON c.channel <> ALL(o.excluded_channels)
        CROSS JOIN LATERAL (
            SELECT min(e.at) AS at FROM handrail.audit AS e
            WHERE e.case_id = c.case_id AND e.action IN ('turn:Resolved', 'resolve', 'close')
        ) AS f
        WHERE f.at >= d.since AND f.at < d.until
    )::integer AS ended
FROM handrail.quality_steps AS d
GROUP BY d.day, d.since, d.until
ORDER BY d.day;

-- name: chaos_drawn
SELECT s.day::text AS day, s.case_id, f.at AS ended_at
FROM handrail.quality_samples AS s
CROSS JOIN LATERAL (
    SELECT min(e.at) AS at FROM handrail.audit AS e
    WHERE e.case_id = s.case_id AND e.action IN ('turn:Resolved', 'resolve', 'close')
) AS f
ORDER BY s.day, s.case_id;

-- name: chaos_scores
SELECT day::text AS day, case_id, scorer FROM handrail.quality_scores ORDER BY day, case_id, scorer;

-- name: chaos_due_effects
SELECT a.effect_id FROM handrail.actions AS a
WHERE
    a.case_id = %(case_id)s AND a.effect_id = ANY(%(effect_ids)s)
    AND a.kind = 'effect' AND a.status IN ('allowed', 'approved');

-- name: chaos_open_transactions
SELECT s.pid FROM pg_stat_activity AS s
WHERE
    s.datname = current_database() AND s.backend_type = 'client backend'
    AND s.xact_start < %(before)s AND s.pid <> pg_backend_pid();
