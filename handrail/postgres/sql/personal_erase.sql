-- name: hold_case_to_erase
-- Nothing of a forgotten case is written any more, but by this transaction.
SELECT set_config('handrail.erasing', c.case_id, TRUE) FROM handrail.cases AS c WHERE c.case_id = %(case_id)s FOR NO KEY UPDATE;

-- name: note_erasure
INSERT INTO handrail.erasures (case_id, forget_id) VALUES (%(case_id)s, %(forget_id)s) ON CONFLICT DO NOTHING;

-- name: erase_data_keys
-- Those under the customer's key, and those of the customer's cases that were begun before anybody knew whose they are.
DELETE FROM handrail.data_keys AS d
WHERE d.owner_id IN (SELECT o.key_id FROM handrail.owner_keys AS o WHERE o.customer_id = %(customer_id)s)
    OR d.workflow_id IN (SELECT %(prefix)s::text || c.case_id FROM handrail.cases AS c WHERE c.customer_id = %(customer_id)s);

-- name: erase_owner_keys
-- The customer's, and those of single workflows that wrap nothing any more.
DELETE FROM handrail.owner_keys AS o
WHERE o.customer_id = %(customer_id)s
    OR (o.customer_id IS NULL AND NOT EXISTS (SELECT 1 FROM handrail.data_keys AS d WHERE d.owner_id = o.key_id));

-- name: erase_mail_attachments
DELETE FROM handrail.mail_attachments AS x
USING handrail.mails AS m
WHERE x.mail_id = m.mail_id
    AND (
        m.case_id = %(case_id)s
        OR m.customer_id = %(customer_id)s
        OR (
            (m.sender = ANY(%(addresses)s::text[]) OR m.recipient = ANY(%(addresses)s::text[]))
            AND m.customer_id IS NULL AND m.case_id IS NULL
        )
    );

-- name: erase_mails
-- A mail at one of the addresses that is another customer's, or of another's case, is that customer's.
DELETE FROM handrail.mails AS m
WHERE m.case_id = %(case_id)s
    OR m.customer_id = %(customer_id)s
    OR (
        (m.sender = ANY(%(addresses)s::text[]) OR m.recipient = ANY(%(addresses)s::text[]))
        AND m.customer_id IS NULL AND m.case_id IS NULL
    );

-- name: erase_openings
DELETE FROM handrail.openings AS x
WHERE x.case_id = %(case_id)s OR position(to_jsonb(%(customer_id)s::text)::text IN x.input) > 0;

-- name: erase_api_answers
DELETE FROM handrail.api_answers AS x
WHERE position(convert_to(to_jsonb(%(customer_id)s::text)::text, 'UTF8') IN x.body) > 0
    OR position(convert_to(to_jsonb(%(case_id)s::text)::text, 'UTF8') IN x.body) > 0;

-- name: erase_case_starts
-- What was withdrawn, with the address to which replies would have gone. One that came meanwhile stays, and is told.
WITH noted AS (
    DELETE FROM handrail.arrivals AS a USING handrail.case_starts AS s
    WHERE a.case_id = s.case_id AND s.customer_id = %(customer_id)s AND s.due_at = 'infinity'
)

DELETE FROM handrail.case_starts AS x WHERE x.customer_id = %(customer_id)s AND x.due_at = 'infinity';

-- name: erase_api_tokens
DELETE FROM handrail.api_tokens AS x WHERE x.customer_id = %(customer_id)s;

-- name: erase_agent_cases
DELETE FROM handrail.agent_cases AS x WHERE x.case_id = %(case_id)s OR x.customer_id = %(customer_id)s;

-- name: erase_legal_holds
-- One in force refuses the forgetting.
DELETE FROM handrail.legal_holds AS x WHERE x.customer_id = %(customer_id)s AND x.cleared_at IS NOT NULL;

-- name: erase_api_vouchers
DELETE FROM handrail.api_vouchers AS x WHERE x.case_id = %(case_id)s;

-- name: erase_webhook_messages
UPDATE handrail.webhook_messages AS x SET words = NULL WHERE x.case_id = %(case_id)s AND x.words IS NOT NULL;

-- name: erase_departures
DELETE FROM handrail.departures AS x WHERE x.case_id = %(case_id)s;

-- name: erase_desk_replies
DELETE FROM handrail.desk_replies AS x WHERE x.case_id = %(case_id)s;

-- name: erase_letters
DELETE FROM handrail.letters AS x WHERE x.case_id = %(case_id)s;

-- name: erase_arrivals
DELETE FROM handrail.arrivals AS x WHERE x.case_id = %(case_id)s;

-- name: erase_desk_drafts
DELETE FROM handrail.desk_drafts AS x WHERE x.case_id = %(case_id)s;

-- name: erase_desk_batch_rows
UPDATE handrail.desk_batch_rows AS x SET title = '', refused = CASE WHEN x.refused = '' THEN '' ELSE 'forgotten' END
WHERE x.case_id = %(case_id)s AND x.title <> '';

-- name: erase_turns
DELETE FROM handrail.turns AS x WHERE x.case_id = %(case_id)s;

-- name: erase_actions
WITH attempts AS (
    DELETE FROM handrail.effect_attempts AS t USING handrail.actions AS a
    WHERE t.effect_id = a.effect_id AND a.case_id = %(case_id)s
)

DELETE FROM handrail.actions AS x WHERE x.case_id = %(case_id)s;

-- name: erase_correction_evidence
DELETE FROM handrail.correction_evidence AS x WHERE x.case_id = %(case_id)s;

-- name: erase_corrections
-- One that was made of other customers' cases, too, stays with those.
WITH gone AS (DELETE FROM handrail.correction_sources AS s WHERE s.case_id = %(case_id)s RETURNING s.correction_id)

DELETE FROM handrail.corrections AS x
WHERE x.correction_id IN (SELECT g.correction_id FROM gone AS g)
    AND NOT EXISTS (
        SELECT FROM handrail.correction_sources AS s WHERE s.correction_id = x.correction_id AND s.case_id <> %(case_id)s
    );

-- name: erase_shadow_answers
DELETE FROM handrail.shadow_answers AS x WHERE x.case_id = %(case_id)s;

-- name: erase_rating_links
DELETE FROM handrail.rating_links AS x WHERE x.case_id = %(case_id)s;

-- name: erase_ratings
DELETE FROM handrail.ratings AS x WHERE x.case_id = %(case_id)s;

-- name: erase_quality_labels
UPDATE handrail.quality_labels AS x SET note = '' WHERE x.case_id = %(case_id)s AND x.note <> '';

-- name: erase_quality_judgements
UPDATE handrail.quality_judgements AS x SET quote = '' WHERE x.case_id = %(case_id)s AND x.quote <> '';

-- name: erase_quality_scores
UPDATE handrail.quality_scores AS x SET evidence = '{}' WHERE x.case_id = %(case_id)s AND x.evidence <> '{}';

-- name: erase_approvals
-- A forgotten approval is still one that pages and commands can read.
UPDATE handrail.approvals AS x SET
    request = jsonb_strip_nulls(
        jsonb_build_object(
            'request_id', x.request -> 'request_id', 'kind', x.request -> 'kind', 'action', x.request -> 'action',
            'title', 'forgotten', 'headline', 'forgotten', 'forgotten', TRUE
        )
    ),
    decision = CASE WHEN x.decision IS NOT NULL THEN jsonb_strip_nulls(
        jsonb_build_object(
            'approval_id', x.approval_id, 'revision', x.revision, 'decision', x.decision -> 'decision',
            'reviewer', x.decision -> 'reviewer', 'decided_at', x.decision -> 'decided_at'
        )
    ) END,
    update_names = '{}',
    yes = '[]'
WHERE x.case_id = %(case_id)s AND x.request -> 'forgotten' IS NULL;

-- name: erase_messages
DELETE FROM handrail.messages AS x WHERE x.case_id = %(case_id)s;

-- name: erase_classifications
DELETE FROM handrail.classifications AS x WHERE x.case_id = %(case_id)s;

-- name: erase_handoffs
DELETE FROM handrail.handoffs AS x WHERE x.case_id = %(case_id)s;

-- name: erase_case_event
UPDATE handrail.case_event AS x SET body = x.body - 'customer_id' WHERE x.case_id = %(case_id)s AND x.body ? 'customer_id';

-- name: erase_kept_outcomes
UPDATE handrail.kept_outcomes AS x SET customer_id = %(pseudonym)s WHERE x.case_id = %(case_id)s;

-- name: erase_packed_outcomes
-- They are packed anew, with the pseudonym.
DELETE FROM handrail.packed_outcomes AS p
WHERE p.day = (SELECT (c.opened_at AT TIME ZONE 'UTC')::date FROM handrail.cases AS c WHERE c.case_id = %(case_id)s);

-- name: erase_audit
UPDATE handrail.audit AS a SET details = '{}', salt = NULL WHERE a.case_id = %(case_id)s AND a.action <> 'forgotten';

-- name: note_forgotten
-- What stays of the entries is vouched for by one that is chained like any other.
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
SELECT
    %(case_id)s, 'forgotten:' || %(forget_id)s, now(), %(asked_by)s, 'forgotten',
    jsonb_build_object(
        'forget_id', %(forget_id)s::text,
        'entries', %(entries)s::bigint,
        'remains',
        encode(
            sha256(
                convert_to(
                    string_agg(
                        jsonb_build_array(
                            c.sequence, c.previous, c.case_sequence, c.case_previous, a.case_id, a.entry_id,
                            to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.actor, a.action, c.hash
                        )::text,
                        E'\n' ORDER BY c.case_sequence
                    ),
                    'UTF8'
                )
            ),
            'hex'
        )
    )
FROM handrail.audit AS a
INNER JOIN handrail.audit_chain AS c ON a.case_id = c.case_id AND a.entry_id = c.entry_id
WHERE a.case_id = %(case_id)s AND a.action <> 'forgotten'
ON CONFLICT DO NOTHING;

-- name: erase_cases
-- A case that Temporal had lost may stand open; nobody is to take it up again.
UPDATE handrail.cases AS x SET
    customer_id = %(pseudonym)s,
    reply = NULL,
    content_digest = '',
    status = 'Closed'
WHERE x.case_id = %(case_id)s;

-- name: erase_customer_links
-- That there was a link, by whom and when, stays.
UPDATE handrail.customer_links AS x SET
    merged = '', kept = '', reason = '', undone_because = CASE WHEN x.undone_at IS NOT NULL THEN '' END
WHERE x.merged = ANY(%(customer_ids)s) OR x.kept = ANY(%(customer_ids)s);
