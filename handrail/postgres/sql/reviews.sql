-- name: begin_gate
INSERT INTO handrail.review_gates (topic, version, began_at) VALUES (%(topic)s, %(version)s, %(at)s)
ON CONFLICT (topic, version) DO NOTHING;

-- name: gate_progress
SELECT
    g.topic,
    g.version,
    g.began_at,
    count(DISTINCT r.case_id) AS cases,
    count(*) FILTER (WHERE r.outcome = 'approved') AS approved,
    count(*) FILTER (WHERE r.outcome = 'edited') AS edited,
    count(*) FILTER (WHERE r.outcome = 'rejected') AS rejected
FROM handrail.review_gates AS g
LEFT JOIN handrail.reviews AS r ON g.topic = r.topic AND r.decided_at >= g.began_at
WHERE g.topic = %(topic)s AND g.version = %(version)s
GROUP BY g.topic, g.version;

-- name: answered_contacts
-- A case is changed last after it is answered, so the index leaves out what is too old.
SELECT c.case_id, c.opened_at, a.answered_at, m.texts
FROM handrail.cases AS c
CROSS JOIN LATERAL (
    SELECT max(at) AS answered_at FROM handrail.messages
    WHERE case_id = c.case_id AND author IN ('assistant', 'person')
) AS a
CROSS JOIN LATERAL (
    SELECT array_agg(text ORDER BY sequence) AS texts FROM handrail.messages
    WHERE case_id = c.case_id AND author = 'customer' AND edited_at IS NULL AND withdrawn_at IS NULL
) AS m
WHERE c.customer_id = ANY(handrail.kin(%(customer_id)s))
    AND c.topic = %(topic)s
    AND c.updated_at >= %(since)s
    AND c.case_id <> %(case_id)s
    AND c.channel <> ALL(%(rehearsed)s)
    AND a.answered_at >= %(since)s
    AND a.answered_at < %(opened_at)s
    AND m.texts IS NOT NULL
ORDER BY c.updated_at DESC, c.case_id
LIMIT 20;
