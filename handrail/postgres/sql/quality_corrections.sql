-- name: correction_sources
-- What people changed, refused, took over and handed back, of cases that count, where no correction was made of it yet.
-- Nothing is learned from what rests on words that the customer has edited or withdrawn since.
WITH decided AS (
    SELECT
        a.case_id,
        'decision:' || a.approval_id || ':' || a.revision AS source,
        CASE WHEN a.status = 'rejected' THEN 'rejection' ELSE 'edit' END AS kind,
        (a.decision ->> 'decided_at')::timestamptz AS happened_at,
        a.opened_at AS heard_until,
        a.decision ->> 'reviewer' AS decided_by,
        a.decision ->> 'note' AS note,
        NULL::text AS reply,
        a.request,
        a.decision,
        NULL::jsonb AS handoff,
        x.ruled,
        e.state AS evidence
    FROM handrail.approvals AS a
    LEFT JOIN handrail.correction_evidence AS e USING (case_id, approval_id, revision)
    LEFT JOIN LATERAL (
        SELECT jsonb_build_object('proposal', jsonb_build_object(
            'proposal_id', x.effect_id, 'kind', x.kind, 'action', x.action, 'arguments', x.arguments,
            'arguments_hash', x.arguments_hash, 'revision', x.revision
        ), 'verdict', x.verdict) AS ruled
        FROM handrail.actions AS x WHERE x.case_id = a.case_id AND x.effect_id = a.request_id
    ) AS x ON TRUE
    WHERE a.status IN ('edited', 'revised', 'rejected')
        AND a.request ->> 'kind' = 'approval'
        -- An edit that another person had to approve counts once they have; what they refused was no proposal of the agent's.
        AND (a.status <> 'revised' OR EXISTS (
            SELECT FROM handrail.approvals AS l
            WHERE l.case_id = a.case_id AND l.request_id = a.request_id AND l.revision > a.revision
                AND l.status IN ('approved', 'edited')
        ))
        AND NOT EXISTS (
            SELECT FROM handrail.approvals AS b
            WHERE b.case_id = a.case_id AND b.request_id = a.request_id AND b.revision < a.revision AND b.status = 'revised'
        )
),

taken AS (
    SELECT DISTINCT ON (a.case_id, began.entry_id)
        a.case_id,
        'takeover:' || began.entry_id AS source,
        'takeover' AS kind,
        a.at AS happened_at,
        began.at AS heard_until,
        a.actor AS decided_by,
        a.details ->> 'note' AS note,
        (
            SELECT m.text FROM handrail.messages AS m
            WHERE m.case_id = a.case_id AND m.author = 'person' AND m.at = a.at
            ORDER BY m.sequence LIMIT 1
        ) AS reply,
        NULL::jsonb AS request,
        NULL::jsonb AS decision,
        (
            SELECT h.body FROM handrail.handoffs AS h
            WHERE h.case_id = a.case_id AND h.at <= a.at ORDER BY h.version DESC LIMIT 1
        ) AS handoff,
        NULL::jsonb AS ruled,
        NULL::jsonb AS evidence
    FROM handrail.audit AS a
    CROSS JOIN LATERAL (
        SELECT b.entry_id, b.at FROM handrail.audit AS b
        WHERE b.case_id = a.case_id AND b.at <= a.at AND b.action IN ('turn:WithHuman', 'hand_over')
        ORDER BY b.at DESC, b.entry_id DESC LIMIT 1
    ) AS began
    WHERE a.action IN ('reply', 'resolve') AND a.case_id = ANY(
        -- An array: the cases in which people said something since then, and no other's whole past.
        ARRAY(SELECT p.case_id FROM handrail.audit AS p WHERE p.action IN ('reply', 'resolve') AND p.at >= %(since)s)
    )
    ORDER BY a.case_id, began.entry_id, a.at, a.entry_id
),

given_back AS (
    SELECT
        a.case_id,
        'hand_back:' || a.entry_id AS source,
        'hand_back' AS kind,
        a.at AS happened_at,
        a.at AS heard_until,
        a.actor AS decided_by,
        a.details ->> 'note' AS note,
        NULL::text AS reply,
        NULL::jsonb AS request,
        NULL::jsonb AS decision,
        (
            SELECT h.body FROM handrail.handoffs AS h
            WHERE h.case_id = a.case_id AND h.at <= a.at ORDER BY h.version DESC LIMIT 1
        ) AS handoff,
        NULL::jsonb AS ruled,
        NULL::jsonb AS evidence
    FROM handrail.audit AS a
    WHERE a.action = 'hand_back'
)

SELECT
    f.*,
    c.customer_id,
    coalesce(f.handoff ->> 'topic', c.topic, '') AS topic,
    c.language,
    (
        SELECT t.details FROM handrail.audit AS t
        WHERE t.case_id = f.case_id AND t.at <= f.happened_at AND t.details ? 'prompt'
        ORDER BY t.at DESC, t.entry_id DESC LIMIT 1
    ) AS answered,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m.sequence, m.at, m.message_id), '[]')
        FROM handrail.messages AS m
        WHERE m.case_id = f.case_id AND m.author <> 'system' AND m.at <= f.heard_until
            AND m.edited_at IS NULL AND m.withdrawn_at IS NULL
    ) AS messages
FROM (SELECT * FROM decided UNION ALL SELECT * FROM taken UNION ALL SELECT * FROM given_back) AS f
INNER JOIN handrail.cases AS c ON f.case_id = c.case_id
CROSS JOIN handrail.outcome_settings AS s
WHERE f.happened_at >= %(since)s
    AND c.channel <> ALL(s.excluded_channels)
    AND NOT EXISTS (
        SELECT FROM handrail.correction_sources AS k WHERE k.case_id = f.case_id AND k.source = f.source
    )
    AND NOT EXISTS (
        SELECT FROM handrail.messages AS m
        WHERE m.case_id = f.case_id AND m.author = 'customer' AND m.at <= f.heard_until
            AND greatest(m.edited_at, m.withdrawn_at) > f.heard_until
    )
ORDER BY f.happened_at, f.case_id, f.source
LIMIT %(limit)s;

-- name: corrections_alike
SELECT correction_id, words, done_words, done_key, held_out
FROM handrail.corrections
WHERE kind = %(kind)s AND topic = %(topic)s AND action = %(action)s AND state <> 'retired'
ORDER BY collected_at, correction_id;

-- name: hold_corrections
SELECT pg_advisory_xact_lock(%(key)s);

-- name: source_taken
SELECT correction_id FROM handrail.correction_sources WHERE case_id = %(case_id)s AND source = %(source)s;

-- name: put_correction
INSERT INTO handrail.corrections (
    correction_id, kind, topic, action, reason, body, words, done_words, done_key, loosens, held_out, state, accepted,
    happened_at, retired_at, retired_by, retired_because
) VALUES (
    %(correction_id)s, %(kind)s, %(topic)s, %(action)s, %(reason)s, %(body)s, %(words)s, %(done_words)s, %(done_key)s,
    %(loosens)s, %(held_out)s, %(state)s, %(accepted)s, %(happened_at)s,
    CASE WHEN %(because)s::text IS NOT NULL THEN clock_timestamp() END,
    CASE WHEN %(because)s::text IS NOT NULL THEN %(by)s END,
    %(because)s
);

-- name: put_correction_source
INSERT INTO handrail.correction_sources (case_id, source, correction_id, happened_at)
VALUES (%(case_id)s, %(source)s, %(correction_id)s, %(happened_at)s);

-- name: drop_correction_evidence
DELETE FROM handrail.correction_evidence AS e
WHERE e.case_id = %(case_id)s AND 'decision:' || e.approval_id || ':' || e.revision = %(source)s;

-- name: drop_old_evidence
DELETE FROM handrail.correction_evidence WHERE kept_at < %(since)s;

-- name: standing_corrections
SELECT correction_id, topic, body -> 'relied' AS relied, held_out
FROM handrail.corrections WHERE state <> 'retired' ORDER BY correction_id;

-- name: retire_correction
UPDATE handrail.corrections
SET state = 'retired', retired_at = clock_timestamp(), retired_by = %(by)s, retired_because = %(because)s
WHERE correction_id = %(correction_id)s AND state <> 'retired';

-- name: list_corrections
SELECT * FROM handrail.corrections_shown
WHERE (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(topic)s::text IS NULL OR topic = %(topic)s)
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
ORDER BY happened_at DESC, correction_id
LIMIT %(limit)s;

-- name: show_correction
SELECT * FROM handrail.corrections_shown WHERE correction_id = %(correction_id)s;

-- name: lock_correction
SELECT c.state, c.accepted, c.loosens FROM handrail.corrections AS c
WHERE c.correction_id = %(correction_id)s AND NOT c.held_out FOR UPDATE;

-- name: accept_correction
UPDATE handrail.corrections SET state = %(state)s, accepted = %(accepted)s WHERE correction_id = %(correction_id)s;

-- name: audit_correction
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
SELECT s.case_id, %(entry_id)s, %(at)s, %(by)s, %(action)s, %(details)s
FROM handrail.correction_sources AS s
WHERE s.correction_id = %(correction_id)s ORDER BY s.happened_at, s.case_id, s.source LIMIT 1;

-- name: tests_of_corrections
SELECT correction_id, body FROM handrail.corrections
WHERE state = 'accepted' AND held_out = %(held_out)s
    AND (%(topic)s::text IS NULL OR topic = %(topic)s)
ORDER BY happened_at, correction_id
LIMIT %(limit)s;
