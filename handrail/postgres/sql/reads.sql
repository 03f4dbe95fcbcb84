-- name: transcript
SELECT message_id, author, text, at, turn, sequence, language, by, approved, corrects, edited_at, withdrawn_at
FROM handrail.messages
WHERE case_id = %(case_id)s ORDER BY sequence, at, message_id;

-- name: spoken
SELECT * FROM (
    (
        SELECT message_id, author, text, at, turn, sequence, language, by FROM handrail.messages
        WHERE case_id = %(case_id)s AND author IN ('customer', 'person') AND edited_at IS NULL AND withdrawn_at IS NULL
        ORDER BY sequence DESC, at DESC, message_id DESC LIMIT %(most)s
    )
    UNION ALL
    (
        SELECT entry_id, 'person', details ->> 'note', at, 0, 0, NULL, actor FROM handrail.audit
        WHERE case_id = %(case_id)s AND action = 'hand_back' AND details ->> 'note' <> ''
        ORDER BY at DESC, entry_id DESC LIMIT %(most)s
    )
    UNION ALL
    (
        SELECT approval_id, 'person', decision #>> '{arguments,text}', (decision ->> 'decided_at')::timestamptz, 0, 0, NULL,
            decision ->> 'reviewer'
        FROM handrail.approvals
        WHERE case_id = %(case_id)s AND status IN ('approved', 'edited') AND request ->> 'action' = 'send_reply'
            AND decision #>> '{arguments,text}' <> ''
        ORDER BY revision DESC LIMIT %(most)s
    )
) AS words ORDER BY at DESC, sequence DESC, message_id DESC LIMIT %(most)s;

-- name: transcript_ends
-- The words that stand: nothing is made of what the customer has edited or withdrawn.
SELECT message_id, author, text, at, turn, sequence, language, by, corrects FROM (
    (
        SELECT * FROM handrail.messages
        WHERE case_id = %(case_id)s AND edited_at IS NULL AND withdrawn_at IS NULL
        ORDER BY sequence DESC, at DESC, message_id DESC LIMIT %(newest)s
    )
    UNION
    (
        SELECT * FROM handrail.messages
        WHERE case_id = %(case_id)s AND edited_at IS NULL AND withdrawn_at IS NULL
        ORDER BY sequence ASC, at ASC, message_id ASC LIMIT %(first)s
    )
) AS ends
ORDER BY sequence, at, message_id;

-- name: effects_of_case
SELECT * FROM handrail.effects WHERE case_id = %(case_id)s ORDER BY applied_at, effect_id;

-- name: earlier_effects
-- What was begun in another system and never answered may have been made there.
SELECT
    a.effect_id,
    a.action,
    CASE
        WHEN a.outcome IS NULL THEN coalesce(a.decided_arguments, a.arguments)
        WHEN a.applied_hash = a.arguments_hash THEN a.arguments
        ELSE a.decided_arguments
    END AS arguments,
    CASE
        WHEN a.outcome IS NOT NULL THEN a.outcome
        WHEN t.effect_id IS NOT NULL THEN 'unknown'
        WHEN a.status = 'blocked' THEN 'refused'
        WHEN a.status = 'rejected' THEN 'rejected'
        ELSE 'not_done'
    END AS outcome,
    coalesce(a.applied_at, t.begun_at, a.ruled_at) AS at,
    coalesce(a.result, '{}') AS result,
    a.outcome IS NOT NULL AS settled,
    a.status = 'allowed' AND t.effect_id IS NULL AS allowed
FROM handrail.actions AS a
LEFT JOIN handrail.effect_attempts AS t ON a.effect_id = t.effect_id
WHERE a.case_id = %(case_id)s AND a.kind = 'effect'
ORDER BY at, effect_id;

-- name: asked_of_case
SELECT * FROM handrail.asked WHERE case_id = %(case_id)s ORDER BY asked_at, question_id, place;

-- name: newest_handoff
SELECT body FROM handrail.handoffs WHERE case_id = %(case_id)s ORDER BY version DESC LIMIT 1;

-- name: show_case
SELECT * FROM handrail.overview WHERE case_id = %(case_id)s;

-- name: settled_cases
-- A case whose approval was just decided has still to act on it.
SELECT
    c.case_id, c.customer_id, c.channel, c.status, c.topic, c.tier, c.queue, c.priority, c.risk, c.reason, c.turn, c.opened_at,
    c.updated_at, c.version
FROM handrail.cases AS c
WHERE c.case_id = ANY(%(case_ids)s)
    AND c.status <> 'Working'
    AND (
        c.status <> 'AwaitingApproval'
        OR EXISTS (SELECT FROM handrail.approvals AS a WHERE a.case_id = c.case_id AND a.status = 'open')
    );

-- name: search_cases
SELECT * FROM handrail.overview
WHERE (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(topic)s::text IS NULL OR topic = %(topic)s)
    AND (%(reason)s::text IS NULL OR reason = %(reason)s)
ORDER BY updated_at DESC, case_id
LIMIT %(limit)s;

-- name: open_approvals
SELECT to_jsonb(a) AS approval, to_jsonb(o) AS overview
FROM handrail.approvals AS a
INNER JOIN handrail.overview AS o ON a.case_id = o.case_id
WHERE a.status = 'open'
ORDER BY a.due_at, a.case_id, a.approval_id;
