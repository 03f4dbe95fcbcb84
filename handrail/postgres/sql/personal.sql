-- name: cases_of_customers
SELECT c.case_id, c.customer_id, c.status FROM handrail.cases AS c
WHERE c.customer_id = ANY(%(customer_ids)s)
ORDER BY c.opened_at, c.case_id;

-- name: addresses_of_customers
SELECT DISTINCT x.address
FROM (
    SELECT m.sender AS address FROM handrail.mails AS m
    WHERE m.incoming AND m.vouched <> '' AND m.disposition IN ('opened', 'continued')
        AND m.customer_id = ANY(%(customer_ids)s)
    UNION ALL
    SELECT a.address FROM handrail.arrivals AS a
    INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
    WHERE c.customer_id = ANY(%(customer_ids)s) AND NOT EXISTS (
        SELECT FROM handrail.mails AS m
        WHERE m.case_id = a.case_id AND m.message_id = a.message_id AND m.customer_id <> ALL(%(customer_ids)s)
    )
) AS x
WHERE x.address IS NOT NULL
ORDER BY x.address;

-- name: odd_starts_of_customers
SELECT DISTINCT o.workflow_id FROM handrail.openings AS o
WHERE NOT o.taken AND EXISTS (
    SELECT FROM unnest(%(customer_ids)s::text[]) AS i WHERE position(to_jsonb(i)::text IN o.input) > 0
);

-- name: settle_outcomes
SELECT handrail.refresh_outcomes(10000) AS settled;

-- name: keep_forgetting
INSERT INTO handrail.forgettings (forget_id, pseudonym, asked_by, at, ended_at, proof)
VALUES (%(forget_id)s, %(pseudonym)s, %(asked_by)s, %(at)s, %(ended_at)s, %(proof)s::jsonb);

-- name: legal_holds
SELECT h.customer_id, h.reason, h.set_by, h.set_at FROM handrail.legal_holds AS h
WHERE h.cleared_at IS NULL AND (%(customer_id)s::text IS NULL OR h.customer_id = ANY(handrail.kin(%(customer_id)s)))
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
WHERE c.customer_id = ANY(handrail.kin(%(customer_id)s))
ON CONFLICT DO NOTHING;
