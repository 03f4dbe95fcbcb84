-- name: open_case
-- With its first message; nothing comes back where the case stands already.
WITH opened AS (
    INSERT INTO handrail.cases (
        case_id, customer_id, channel, status, tier, turn, opened_at, updated_at, version, content_digest
    ) VALUES (
        %(case_id)s, %(customer_id)s, %(channel)s, 'Working', 0, 1, %(at)s, %(at)s, 0, %(content_digest)s
    )
    ON CONFLICT (case_id) DO NOTHING
    RETURNING case_id
),
said AS (
    INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence)
    SELECT case_id, %(message_id)s, %(author)s, %(text)s, %(at)s, %(turn)s, %(sequence)s FROM opened
    ON CONFLICT (case_id, message_id) DO NOTHING
)
SELECT case_id FROM opened;

-- name: lock_case
-- Not FOR UPDATE: foreign keys of a concurrent effect must still be able to look at the case.
SELECT customer_id, content_digest, status, opened_at FROM handrail.cases WHERE case_id = %(case_id)s FOR NO KEY UPDATE;

-- name: commit_step
SELECT handrail.commit_step(%(step)s::jsonb, %(hold)s, %(cleared)s::bigint []) AS written;

-- name: restore_step
-- What has happened already is written down whatever is switched off.
SELECT
    handrail.save_row(jsonb_populate_record(NULL::handrail.cases, %(step)s::jsonb -> 'row')),
    handrail.save_step(%(step)s::jsonb);

-- name: take_back
SELECT handrail.take_back(%(case_id)s, %(effect_ids)s::text [], %(at)s, %(entry)s) AS done;

-- name: save_digest
UPDATE handrail.cases SET content_digest = %(content_digest)s WHERE case_id = %(case_id)s AND content_digest = '';

-- name: save_message
INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence, language, by, part_of)
VALUES (
    %(case_id)s, %(message_id)s, %(author)s, %(text)s, %(at)s, %(turn)s, %(sequence)s, %(language)s, %(by)s, %(part_of)s
)
ON CONFLICT (case_id, message_id) DO UPDATE SET language = excluded.language
WHERE messages.language IS NULL AND excluded.language IS NOT NULL;
