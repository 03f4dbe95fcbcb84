-- name: one_view
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: audit_head
SELECT sequence, hash FROM handrail.audit_head;

-- name: audit_trail
-- An entry without a link and a link without an entry show, too: the one was put in, the other taken out behind the chain.
SELECT
    c.sequence, c.previous, c.case_sequence, c.case_previous, c.hash, coalesce(c.case_id, a.case_id) AS case_id,
    coalesce(c.entry_id, a.entry_id) AS entry_id, a.at, a.actor, a.action, a.details::text AS details, c.digest, a.salt
FROM handrail.audit_chain AS c
FULL JOIN handrail.audit AS a ON c.case_id = a.case_id AND c.entry_id = a.entry_id
WHERE (%(case_id)s::text IS NULL OR coalesce(c.case_id, a.case_id) = %(case_id)s)
    AND (c.sequence IS NULL OR c.sequence >= %(first)s)
ORDER BY c.sequence NULLS LAST, a.at, a.entry_id;

-- name: first_since
SELECT coalesce(min(c.sequence), 9223372036854775807) AS first
FROM handrail.audit_chain AS c
INNER JOIN handrail.audit AS a ON c.case_id = a.case_id AND c.entry_id = a.entry_id
WHERE a.at >= %(since)s;

-- name: unwitnessed
-- What cannot have happened without an entry: an effect that was settled, by its answer or by whoever found out, an approval
-- that was decided.
SELECT x.case_id, x.effect_id || ':' || x.outcome AS entry_id, 'effect' AS what
FROM handrail.actions AS x
WHERE x.outcome IS NOT NULL
    AND (%(case_id)s::text IS NULL OR x.case_id = %(case_id)s)
    AND NOT EXISTS (
        SELECT FROM handrail.audit AS a
        WHERE a.case_id = x.case_id
            AND a.entry_id IN (x.effect_id || ':' || x.outcome, x.effect_id || ':found:' || x.outcome)
    )
UNION ALL
SELECT p.case_id, p.approval_id || ' r' || p.revision, 'decision'
FROM handrail.approvals AS p
WHERE p.decision IS NOT NULL
    AND (%(case_id)s::text IS NULL OR p.case_id = %(case_id)s)
    AND NOT EXISTS (SELECT FROM handrail.erasures AS e WHERE e.case_id = p.case_id)
    AND NOT EXISTS (
        SELECT FROM handrail.audit AS a
        WHERE a.case_id = p.case_id AND a.action = 'decision:' || (p.decision ->> 'decision')
            AND a.details ->> 'revision' = p.revision::text
    )
ORDER BY 1, 2
LIMIT 1;

-- name: audit_counts
SELECT a.action, count(*) AS entries, count(DISTINCT a.case_id) AS cases
FROM handrail.audit AS a
WHERE (%(since)s::timestamptz IS NULL OR a.at >= %(since)s)
    AND (%(kind)s::text IS NULL OR split_part(a.action, ':', 1) = %(kind)s)
GROUP BY a.action
ORDER BY a.action;
