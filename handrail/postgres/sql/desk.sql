-- name: desk_board
-- `after_*` is the place of the last row that was shown. Each part is read along its own index and no further than the page
-- needs; a case without a deadline comes last.
(
    SELECT
        'approval' AS kind,
        a.case_id,
        a.approval_id,
        a.revision,
        a.request ->> 'headline' AS headline,
        a.opened_at AS since,
        a.due_at,
        a.due_at AS place,
        c.topic,
        c.queue,
        c.tier,
        c.reason,
        c.language,
        c.assignee AS holder
    FROM handrail.approvals AS a
    INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
    WHERE a.status = 'open'
        AND %(folded)s <> ALL(c.recused)
        AND (a.due_at, a.case_id, a.approval_id)
        > (%(after_due_at)s::timestamptz, %(after_case_id)s::text, %(after_approval_id)s::text)
        AND (%(topic)s::text IS NULL OR c.topic = %(topic)s)
        AND (%(queue)s::text IS NULL OR c.queue = %(queue)s)
        AND CASE %(scope)s
            WHEN 'mine' THEN c.assignee = %(person)s
            WHEN 'skills' THEN coalesce(nullif(a.request -> 'roles', '[]'), jsonb_build_array(a.request -> 'role'))
            ?| %(roles)s::text []
            ELSE TRUE
        END
    ORDER BY a.due_at, a.case_id, a.approval_id
    LIMIT %(limit)s
)
UNION ALL
(
    SELECT
        'case' AS kind,
        q.case_id,
        '' AS approval_id,
        0 AS revision,
        '' AS headline,
        q.entered_at AS since,
        q.due_at,
        coalesce(q.due_at, '9999-01-01Z') AS place,
        c.topic,
        c.queue,
        c.tier,
        c.reason,
        c.language,
        coalesce(CASE WHEN q.lease_until >= now() THEN q.holder END, q.assignee) AS holder
    FROM handrail.queue_items AS q
    INNER JOIN handrail.cases AS c ON q.case_id = c.case_id
    WHERE (coalesce(q.due_at, '9999-01-01Z'), q.case_id, '')
        > (%(after_due_at)s::timestamptz, %(after_case_id)s::text, %(after_approval_id)s::text)
        AND %(folded)s <> ALL(c.recused)
        AND (%(topic)s::text IS NULL OR c.topic = %(topic)s)
        AND (%(queue)s::text IS NULL OR q.queue = %(queue)s)
        AND CASE %(scope)s
            WHEN 'mine' THEN coalesce(CASE WHEN q.lease_until >= now() THEN q.holder END, q.assignee) = %(person)s
            WHEN 'skills' THEN q.queue = ANY(%(queues)s::text []) AND q.tier <= %(tier)s
            AND (q.language IS NULL OR q.language = ANY(%(languages)s::text []))
            ELSE TRUE
        END
    ORDER BY coalesce(q.due_at, '9999-01-01Z'), q.case_id
    LIMIT %(limit)s
)
ORDER BY place, case_id, approval_id
LIMIT %(limit)s;

-- name: desk_counts
SELECT
    (SELECT count(*) FROM handrail.approvals WHERE status = 'open') AS approvals,
    (SELECT count(*) FROM handrail.queue_items) AS cases,
    (SELECT count(*) FROM handrail.approvals WHERE status = 'open' AND due_at < now() + %(soon)s)
    + (SELECT count(*) FROM handrail.queue_items WHERE due_at < now() + %(soon)s) AS pressing;

-- name: open_desk_session
INSERT INTO handrail.desk_sessions (token_hash, person, key_id, principal, expires_at)
VALUES (%(token_hash)s, %(person)s, %(key_id)s, %(principal)s, %(expires_at)s)
RETURNING token_hash;

-- name: desk_session
SELECT person, key_id, principal, expires_at FROM handrail.desk_sessions WHERE token_hash = %(token_hash)s AND expires_at > now();

-- name: close_desk_session
DELETE FROM handrail.desk_sessions WHERE token_hash = %(token_hash)s OR expires_at <= now() RETURNING token_hash;

-- name: read_at_desk
INSERT INTO handrail.desk_readers (case_id, person, seen_at)
SELECT c.case_id, %(person)s, now() FROM handrail.cases AS c WHERE c.case_id = %(case_id)s
ON CONFLICT (case_id, person) DO UPDATE SET seen_at = excluded.seen_at
RETURNING case_id;

-- name: desk_readers
SELECT person, seen_at FROM handrail.desk_readers
WHERE case_id = %(case_id)s AND person <> %(person)s AND seen_at > now() - %(within)s
ORDER BY seen_at DESC;

-- name: keep_desk_draft
INSERT INTO handrail.desk_drafts (case_id, person, kind, text, saved_at)
SELECT c.case_id, %(person)s, %(kind)s, %(text)s, now() FROM handrail.cases AS c WHERE c.case_id = %(case_id)s
ON CONFLICT (case_id, person, kind) DO UPDATE SET text = excluded.text, saved_at = excluded.saved_at
RETURNING case_id;

-- name: drop_desk_draft
DELETE FROM handrail.desk_drafts WHERE case_id = %(case_id)s AND person = %(person)s AND kind = %(kind)s
RETURNING case_id;

-- name: desk_drafts
SELECT person, kind, text, saved_at FROM handrail.desk_drafts WHERE case_id = %(case_id)s ORDER BY saved_at DESC;

-- name: desk_batch_open
SELECT c.case_id, c.customer_id, c.topic, c.recused, to_jsonb(a) AS approval
FROM handrail.approvals AS a
INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
WHERE a.status = 'open' AND a.request ->> 'action' = %(action)s
ORDER BY a.due_at, a.case_id, a.approval_id
LIMIT %(limit)s;

-- name: desk_batch_named
SELECT c.case_id, c.customer_id, c.topic, c.recused, to_jsonb(a) AS approval
FROM jsonb_to_recordset(%(named)s::jsonb) AS n (case_id text, approval_id text, revision integer)
INNER JOIN handrail.approvals AS a ON n.case_id = a.case_id AND n.approval_id = a.approval_id AND n.revision = a.revision
INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
ORDER BY a.due_at, a.case_id, a.approval_id;

-- name: keep_desk_batch
WITH kept AS (
    INSERT INTO handrail.desk_batches (batch_id, person, action, amount, unit, seconds)
    VALUES (%(batch_id)s, %(person)s, %(action)s, %(amount)s, %(unit)s, %(seconds)s)
    ON CONFLICT (batch_id) DO NOTHING
    RETURNING batch_id
)

INSERT INTO handrail.desk_batch_rows (batch_id, place, case_id, approval_id, revision, title, status, refused, code)
SELECT kept.batch_id, r.place, r.case_id, r.approval_id, r.revision, r.title, r.status, r.refused, r.code
FROM kept
CROSS JOIN jsonb_to_recordset(%(rows)s::jsonb) AS r (
    place integer, case_id text, approval_id text, revision integer, title text, status text, refused text, code text
)
RETURNING batch_id;

-- name: desk_batch
SELECT r.case_id, r.approval_id, r.revision, r.title, r.status, r.refused, r.code
FROM handrail.desk_batch_rows AS r
INNER JOIN handrail.desk_batches AS b ON r.batch_id = b.batch_id
WHERE b.batch_id = %(batch_id)s AND b.person = %(person)s
ORDER BY r.place;

-- name: desk_batch_vigilance
SELECT
    v.person, v.action, count(*) AS batches, sum(v.rows)::integer AS rows,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY v.seconds / v.rows) AS seconds_per_row
FROM (
    SELECT b.person, b.action, b.seconds, (SELECT count(*) FROM handrail.desk_batch_rows AS r WHERE r.batch_id = b.batch_id) AS rows
    FROM handrail.desk_batches AS b
    WHERE b.at > clock_timestamp() - interval '28 days' AND b.seconds IS NOT NULL
) AS v
GROUP BY v.person, v.action
ORDER BY seconds_per_row, v.person;
