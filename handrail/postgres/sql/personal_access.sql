-- name: access_data_keys
SELECT NULL AS case_id, t.created_at AS at, to_jsonb(t) - 'wrapped' AS held FROM handrail.data_keys AS t
WHERE t.owner_id IN (SELECT o.key_id FROM handrail.owner_keys AS o WHERE o.customer_id = ANY(%(customer_ids)s))
    OR t.workflow_id IN (SELECT %(prefix)s::text || c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_owner_keys
SELECT NULL AS case_id, t.created_at AS at, to_jsonb(t) - 'wrapped' AS held FROM handrail.owner_keys AS t
WHERE t.customer_id = ANY(%(customer_ids)s);

-- name: access_mail_attachments
SELECT m.case_id, m.at, to_jsonb(t) AS held
FROM handrail.mail_attachments AS t INNER JOIN handrail.mails AS m ON t.mail_id = m.mail_id
WHERE m.customer_id = ANY(%(customer_ids)s)
    OR m.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s))
    OR (
        (m.sender = ANY(%(addresses)s::text[]) OR m.recipient = ANY(%(addresses)s::text[]))
        AND m.customer_id IS NULL AND m.case_id IS NULL
    );

-- name: access_mails
SELECT t.case_id, t.at, to_jsonb(t) - 'raw' || jsonb_build_object('source', encode(t.raw, 'base64')) AS held
FROM handrail.mails AS t
WHERE t.customer_id = ANY(%(customer_ids)s)
    OR t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s))
    OR (
        (t.sender = ANY(%(addresses)s::text[]) OR t.recipient = ANY(%(addresses)s::text[]))
        AND t.customer_id IS NULL AND t.case_id IS NULL
    );

-- name: access_openings
SELECT t.case_id, t.at, to_jsonb(t) AS held FROM handrail.openings AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s))
    OR EXISTS (
        SELECT FROM unnest(%(customer_ids)s::text[]) AS i WHERE position(to_jsonb(i)::text IN t.input) > 0
    );

-- name: access_api_answers
SELECT
    NULL AS case_id, t.claimed_at AS at,
    to_jsonb(t) - ARRAY['idempotency_key', 'fingerprint', 'headers'] || jsonb_build_object('body', encode(t.body, 'base64')) AS held
FROM handrail.api_answers AS t
WHERE EXISTS (
        SELECT FROM unnest(%(customer_ids)s::text[]) AS i WHERE position(convert_to(to_jsonb(i)::text, 'UTF8') IN t.body) > 0
    )
    OR EXISTS (
        SELECT FROM handrail.cases AS c
        WHERE c.customer_id = ANY(%(customer_ids)s) AND position(convert_to(to_jsonb(c.case_id)::text, 'UTF8') IN t.body) > 0
    );

-- name: access_case_starts
SELECT t.case_id, t.kept_at AS at, to_jsonb(t) - 'content_digest' AS held FROM handrail.case_starts AS t
WHERE t.customer_id = ANY(%(customer_ids)s);

-- name: access_api_tokens
SELECT NULL AS case_id, t.minted_at AS at, to_jsonb(t) - 'token_hash' AS held FROM handrail.api_tokens AS t
WHERE t.customer_id = ANY(%(customer_ids)s);

-- name: access_agent_cases
SELECT t.case_id, t.noted_at AS at, to_jsonb(t) AS held FROM handrail.agent_cases AS t
WHERE t.customer_id = ANY(%(customer_ids)s)
    OR t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_legal_holds
SELECT NULL AS case_id, t.set_at AS at, to_jsonb(t) AS held FROM handrail.legal_holds AS t
WHERE t.customer_id = ANY(%(customer_ids)s);

-- name: access_customer_links
-- Whom a link that was undone had been made one with is somebody else.
SELECT
    NULL AS case_id, t.at,
    to_jsonb(t) || jsonb_build_object(
        'merged', CASE WHEN t.merged = ANY(%(customer_ids)s) THEN t.merged END,
        'kept', CASE WHEN t.kept = ANY(%(customer_ids)s) THEN t.kept END
    ) AS held
FROM handrail.customer_links AS t
WHERE t.merged = ANY(%(customer_ids)s) OR t.kept = ANY(%(customer_ids)s);

-- name: access_api_vouchers
SELECT t.case_id, t.at, to_jsonb(t) AS held FROM handrail.api_vouchers AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_webhook_messages
SELECT t.case_id, t.noted_at AS at, to_jsonb(t) AS held FROM handrail.webhook_messages AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_departures
SELECT t.case_id, t.noted_at AS at, to_jsonb(t) AS held FROM handrail.departures AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_desk_replies
SELECT t.case_id, t.held_at AS at, to_jsonb(t) - 'principal' AS held FROM handrail.desk_replies AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_letters
SELECT t.case_id, t.noted_at AS at, to_jsonb(t) AS held FROM handrail.letters AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_arrivals
SELECT t.case_id, t.arrived_at AS at, to_jsonb(t) AS held FROM handrail.arrivals AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_desk_drafts
SELECT t.case_id, t.saved_at AS at, to_jsonb(t) AS held FROM handrail.desk_drafts AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_desk_batch_rows
SELECT t.case_id, b.at, to_jsonb(t) AS held
FROM handrail.desk_batch_rows AS t INNER JOIN handrail.desk_batches AS b ON t.batch_id = b.batch_id
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_turns
SELECT t.case_id, t.at, to_jsonb(t) AS held FROM handrail.turns AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_actions
SELECT t.case_id, t.ruled_at AS at, to_jsonb(t) AS held FROM handrail.actions AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_correction_evidence
SELECT t.case_id, t.kept_at AS at, to_jsonb(t) AS held FROM handrail.correction_evidence AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_corrections
-- Of one that was made of other customers' cases, too, its words are not this customer's alone.
SELECT
    s.case_id, t.happened_at AS at,
    to_jsonb(t) - 'done_key' - CASE
        WHEN EXISTS (
            SELECT FROM handrail.correction_sources AS o INNER JOIN handrail.cases AS c ON o.case_id = c.case_id
            WHERE o.correction_id = t.correction_id AND c.customer_id <> ALL(%(customer_ids)s)
        ) THEN ARRAY['body', 'words', 'done_words', 'reason']
        ELSE '{}'
    END AS held
FROM handrail.corrections AS t INNER JOIN handrail.correction_sources AS s ON t.correction_id = s.correction_id
WHERE s.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_shadow_answers
SELECT t.case_id, t.begun_at AS at, to_jsonb(t) AS held FROM handrail.shadow_answers AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_rating_links
SELECT t.case_id, t.made_at AS at, to_jsonb(t) - 'link_hash' AS held FROM handrail.rating_links AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_ratings
SELECT t.case_id, t.rated_at AS at, to_jsonb(t) AS held FROM handrail.ratings AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_quality_labels
SELECT t.case_id, t.given_at AS at, to_jsonb(t) AS held FROM handrail.quality_labels AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_quality_judgements
SELECT t.case_id, t.asked_at AS at, to_jsonb(t) AS held FROM handrail.quality_judgements AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_quality_scores
SELECT t.case_id, t.scored_at AS at, to_jsonb(t) AS held FROM handrail.quality_scores AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_approvals
SELECT t.case_id, t.opened_at AS at, to_jsonb(t) AS held FROM handrail.approvals AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_messages
SELECT t.case_id, t.at, to_jsonb(t) AS held FROM handrail.messages AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_classifications
SELECT t.case_id, t.at, to_jsonb(t) AS held FROM handrail.classifications AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_handoffs
SELECT t.case_id, t.at, to_jsonb(t) AS held FROM handrail.handoffs AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_case_event
SELECT t.case_id, t.at, to_jsonb(t) AS held FROM handrail.case_event AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_kept_outcomes
SELECT t.case_id, t.opened_at AS at, to_jsonb(t) AS held FROM handrail.kept_outcomes AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_packed_outcomes
-- A hash among those of others: that the day counts the customer is all that can be told.
SELECT c.case_id, c.opened_at AS at, jsonb_build_object('day', t.day) AS held
FROM handrail.packed_outcomes AS t INNER JOIN handrail.cases AS c ON t.day = (c.opened_at AT TIME ZONE 'UTC')::date
WHERE c.customer_id = ANY(%(customer_ids)s);

-- name: access_audit
SELECT t.case_id, t.at, to_jsonb(t) - 'salt' AS held FROM handrail.audit AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));

-- name: access_cases
SELECT t.case_id, t.opened_at AS at, to_jsonb(t) - 'content_digest' AS held FROM handrail.cases AS t
WHERE t.case_id IN (SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = ANY(%(customer_ids)s));
