-- name: kin
SELECT handrail.kin(%(customer_id)s) AS customer_ids;

-- name: kin_and_links
-- With the links in force between those ids, the newest first.
SELECT
    handrail.kin(%(customer_id)s) AS customer_ids,
    (
        SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY l.at DESC, l.link_id DESC), '[]') FROM handrail.customer_links AS l
        WHERE l.undone_at IS NULL AND l.merged <> '' AND l.merged = ANY(handrail.kin(%(customer_id)s))
    ) AS links;

-- name: hold_kin_alone
-- Whoever waits longer than `patience` is told so.
SELECT handrail.hold_kin(%(customer_ids)s, TRUE) AS customer_ids
FROM (SELECT set_config('lock_timeout', %(patience)s, TRUE) AS set) AS p
WHERE p.set IS NOT NULL;

-- name: add_link
INSERT INTO handrail.customer_links (merged, kept, reason, contradictions, by, at)
VALUES (%(merged)s, %(kept)s, %(reason)s, %(contradictions)s, %(by)s, %(at)s)
RETURNING link_id;

-- name: undo_link
UPDATE handrail.customer_links AS l SET undone_by = %(by)s, undone_because = %(reason)s, undone_at = %(at)s
WHERE l.merged = %(merged)s AND l.undone_at IS NULL
RETURNING l.link_id;

-- name: link_undone_last
SELECT l.link_id FROM handrail.customer_links AS l WHERE l.merged = %(merged)s ORDER BY l.at DESC, l.link_id DESC LIMIT 1;

-- name: audit_link
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
SELECT c.case_id, %(action)s || ':' || %(link_id)s, %(at)s, %(by)s, %(action)s, %(details)s
FROM handrail.cases AS c
WHERE c.customer_id = ANY(%(customer_ids)s)
ON CONFLICT DO NOTHING;

-- name: customer_in_record
SELECT EXISTS (SELECT FROM handrail.cases AS c WHERE c.customer_id = %(customer_id)s) AS known;
