-- name: cases_of_customer
SELECT c.case_id, c.status FROM handrail.cases AS c WHERE c.customer_id = %(customer_id)s ORDER BY c.opened_at, c.case_id;

-- name: addresses_of_customer
SELECT DISTINCT x.address
FROM (
    SELECT m.sender AS address FROM handrail.mails AS m
    WHERE m.incoming AND m.vouched <> '' AND m.disposition IN ('opened', 'continued')
        AND (m.customer_id = %(customer_id)s OR m.case_id = ANY(
            ARRAY(SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = %(customer_id)s)
        ))
    UNION ALL
    SELECT a.address FROM handrail.arrivals AS a
    INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
    WHERE c.customer_id = %(customer_id)s
) AS x
WHERE x.address IS NOT NULL
ORDER BY x.address;

-- name: odd_starts_of_customer
SELECT DISTINCT o.workflow_id FROM handrail.openings AS o
WHERE NOT o.taken AND position(to_jsonb(%(customer_id)s::text)::text IN o.input) > 0;

-- name: settle_outcomes
SELECT handrail.refresh_outcomes(10000) AS settled;

-- name: erase_traffic
SELECT handrail.erase_traffic(NULL, %(customer_id)s, %(addresses)s) AS done;

-- name: erase_case
SELECT handrail.erase_case(%(case_id)s, %(customer_id)s, %(forget_id)s, %(pseudonym)s, %(asked_by)s) AS done;

-- name: keep_forgetting
INSERT INTO handrail.forgettings (forget_id, pseudonym, asked_by, at, ended_at, proof)
VALUES (%(forget_id)s, %(pseudonym)s, %(asked_by)s, %(at)s, %(ended_at)s, %(proof)s::jsonb);

-- name: legal_holds
SELECT h.customer_id, h.reason, h.set_by, h.set_at FROM handrail.legal_holds AS h
WHERE h.cleared_at IS NULL AND (%(customer_id)s::text IS NULL OR h.customer_id = %(customer_id)s)
ORDER BY h.set_at, h.hold_id;

-- name: set_legal_hold
INSERT INTO handrail.legal_holds (customer_id, reason, set_by, set_at)
VALUES (%(customer_id)s, %(reason)s, %(set_by)s, %(set_at)s)
ON CONFLICT (customer_id) WHERE cleared_at IS NULL DO NOTHING
RETURNING hold_id;

-- name: clear_legal_hold
UPDATE handrail.legal_holds AS h SET cleared_by = %(cleared_by)s, cleared_because = %(because)s, cleared_at = %(at)s
WHERE h.customer_id = %(customer_id)s AND h.cleared_at IS NULL
RETURNING h.hold_id;

-- name: audit_hold
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
SELECT
    c.case_id, %(action)s || ':' || %(hold_id)s, %(at)s, %(actor)s, %(action)s, jsonb_build_object('reason', %(reason)s::text)
FROM handrail.cases AS c
WHERE c.customer_id = %(customer_id)s
ON CONFLICT DO NOTHING;

-- name: all_of_customer
WITH theirs AS MATERIALIZED (
    SELECT c.case_id FROM handrail.cases AS c WHERE c.customer_id = %(customer_id)s
)

SELECT x.place, x.case_id, x.at, x.held
FROM (
    SELECT 'cases' AS place, t.case_id, t.opened_at AS at, to_jsonb(t) - 'content_digest' AS held
    FROM handrail.cases AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'messages', t.case_id, t.at, to_jsonb(t) FROM handrail.messages AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'classifications', t.case_id, t.at, to_jsonb(t)
    FROM handrail.classifications AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'handoffs', t.case_id, t.at, to_jsonb(t)
    FROM handrail.handoffs AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'audit', t.case_id, t.at, to_jsonb(t) - 'salt'
    FROM handrail.audit AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'approvals', t.case_id, t.opened_at, to_jsonb(t)
    FROM handrail.approvals AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'actions', t.case_id, t.ruled_at, to_jsonb(t)
    FROM handrail.actions AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'turns', t.case_id, t.at, to_jsonb(t) FROM handrail.turns AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'openings', t.case_id, t.at, to_jsonb(t) FROM handrail.openings AS t
    WHERE t.case_id IN (SELECT c.case_id FROM theirs AS c)
        OR position(to_jsonb(%(customer_id)s::text)::text IN t.input) > 0
    UNION ALL
    SELECT 'ratings', t.case_id, t.rated_at, to_jsonb(t)
    FROM handrail.ratings AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'rating_links', t.case_id, t.made_at, to_jsonb(t) - 'link_hash'
    FROM handrail.rating_links AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'kept_outcomes', t.case_id, t.opened_at, to_jsonb(t)
    FROM handrail.kept_outcomes AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'quality_scores', t.case_id, t.scored_at, to_jsonb(t)
    FROM handrail.quality_scores AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'quality_judgements', t.case_id, t.asked_at, to_jsonb(t)
    FROM handrail.quality_judgements AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'quality_labels', t.case_id, t.given_at, to_jsonb(t)
    FROM handrail.quality_labels AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'correction_evidence', t.case_id, t.kept_at, to_jsonb(t)
    FROM handrail.correction_evidence AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'shadow_answers', t.case_id, t.begun_at, to_jsonb(t)
    FROM handrail.shadow_answers AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'case_event', t.case_id, t.at, to_jsonb(t)
    FROM handrail.case_event AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'arrivals', t.case_id, t.arrived_at, to_jsonb(t)
    FROM handrail.arrivals AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'departures', t.case_id, t.noted_at, to_jsonb(t)
    FROM handrail.departures AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'mails', t.case_id, t.at, to_jsonb(t) - 'raw' || jsonb_build_object('source', encode(t.raw, 'base64'))
    FROM handrail.mails AS t
    WHERE t.customer_id = %(customer_id)s OR t.case_id IN (SELECT c.case_id FROM theirs AS c)
    UNION ALL
    SELECT 'mail_attachments', m.case_id, m.at, to_jsonb(t)
    FROM handrail.mail_attachments AS t INNER JOIN handrail.mails AS m ON t.mail_id = m.mail_id
    WHERE m.customer_id = %(customer_id)s OR m.case_id IN (SELECT c.case_id FROM theirs AS c)
    UNION ALL
    SELECT 'webhook_messages', t.case_id, t.noted_at, to_jsonb(t)
    FROM handrail.webhook_messages AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'api_vouchers', t.case_id, t.at, to_jsonb(t)
    FROM handrail.api_vouchers AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'api_tokens', NULL, t.minted_at, to_jsonb(t) - 'token_hash' FROM handrail.api_tokens AS t
    WHERE t.customer_id = %(customer_id)s
    UNION ALL
    SELECT 'agent_cases', t.case_id, t.noted_at, to_jsonb(t) FROM handrail.agent_cases AS t
    WHERE t.customer_id = %(customer_id)s OR t.case_id IN (SELECT c.case_id FROM theirs AS c)
    UNION ALL
    SELECT 'desk_batch_rows', t.case_id, b.at, to_jsonb(t)
    FROM handrail.desk_batch_rows AS t
    INNER JOIN handrail.desk_batches AS b ON t.batch_id = b.batch_id
    INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'desk_replies', t.case_id, t.held_at, to_jsonb(t) - 'principal'
    FROM handrail.desk_replies AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'letters', t.case_id, t.noted_at, to_jsonb(t)
    FROM handrail.letters AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'desk_drafts', t.case_id, t.saved_at, to_jsonb(t)
    FROM handrail.desk_drafts AS t INNER JOIN theirs AS c ON t.case_id = c.case_id
    UNION ALL
    SELECT 'legal_holds', NULL, t.set_at, to_jsonb(t) FROM handrail.legal_holds AS t WHERE t.customer_id = %(customer_id)s
    UNION ALL
    SELECT 'owner_keys', NULL, t.created_at, to_jsonb(t) - 'wrapped' FROM handrail.owner_keys AS t
    WHERE t.customer_id = %(customer_id)s
) AS x
ORDER BY x.at, x.place;
