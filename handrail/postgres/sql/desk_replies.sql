-- name: hold_desk_reply
WITH earlier AS (
    DELETE FROM handrail.desk_replies WHERE case_id = %(case_id)s AND person = %(person)s AND state = 'refused'
)

INSERT INTO handrail.desk_replies (case_id, message_id, person, principal, text, note, resolves, leaves_at)
SELECT
    c.case_id, %(message_id)s, %(person)s, %(principal)s, %(text)s, %(note)s, %(resolves)s, clock_timestamp() + %(pause)s::interval
FROM handrail.cases AS c WHERE c.case_id = %(case_id)s
ON CONFLICT DO NOTHING
RETURNING message_id;

-- name: desk_reply
SELECT
    r.case_id, r.message_id, r.person, r.principal, r.text, r.note, r.resolves, r.state, r.words, r.code,
    greatest(0, extract(EPOCH FROM r.leaves_at - clock_timestamp()))::double precision AS seconds
FROM handrail.desk_replies AS r
WHERE r.case_id = %(case_id)s
ORDER BY r.state = 'refused', r.held_at DESC
LIMIT 1;

-- name: take_desk_reply_back
WITH back AS (
    DELETE FROM handrail.desk_replies AS r
    WHERE r.case_id = %(case_id)s AND r.person = %(person)s AND r.state = 'held'
    RETURNING r.case_id, r.person, r.text, r.note
)

INSERT INTO handrail.desk_drafts (case_id, person, kind, text, saved_at)
SELECT b.case_id, b.person, d.kind, d.words, now()
FROM back AS b CROSS JOIN LATERAL (VALUES ('reply', b.text), ('note', b.note)) AS d (kind, words)
WHERE d.words <> ''
ON CONFLICT (case_id, person, kind) DO UPDATE SET text = excluded.text, saved_at = excluded.saved_at
RETURNING case_id;

-- name: due_desk_replies
WITH due AS (
    SELECT r.case_id, r.message_id FROM handrail.desk_replies AS r
    WHERE r.leaves_at <= clock_timestamp()
        AND (r.state = 'held' OR (r.state = 'leaving' AND r.taken_until <= clock_timestamp()))
    ORDER BY r.leaves_at
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)

UPDATE handrail.desk_replies AS r SET state = 'leaving', taken_until = clock_timestamp() + %(lease)s::interval
FROM due WHERE r.case_id = due.case_id AND r.message_id = due.message_id
RETURNING r.case_id, r.message_id, r.person, r.principal, r.text, r.note, r.resolves, r.state, r.words, r.code, 0.0 AS seconds;

-- name: desk_reply_left
DELETE FROM handrail.desk_replies WHERE case_id = %(case_id)s AND message_id = %(message_id)s AND state = 'leaving'
RETURNING case_id;

-- name: desk_reply_later
UPDATE handrail.desk_replies SET taken_until = clock_timestamp() + %(pause)s::interval
WHERE case_id = %(case_id)s AND message_id = %(message_id)s AND state = 'leaving'
RETURNING case_id;

-- name: desk_reply_refused
WITH refused AS (
    UPDATE handrail.desk_replies AS r SET state = 'refused', words = %(words)s, code = %(code)s
    WHERE r.case_id = %(case_id)s AND r.message_id = %(message_id)s AND r.state = 'leaving'
    RETURNING r.case_id, r.person, r.text, r.note
)

INSERT INTO handrail.desk_drafts (case_id, person, kind, text, saved_at)
SELECT b.case_id, b.person, d.kind, d.words, now()
FROM refused AS b CROSS JOIN LATERAL (VALUES ('reply', b.text), ('note', b.note)) AS d (kind, words)
WHERE d.words <> ''
ON CONFLICT (case_id, person, kind) DO UPDATE SET text = excluded.text, saved_at = excluded.saved_at
RETURNING case_id;
