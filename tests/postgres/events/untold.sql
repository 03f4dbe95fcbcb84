-- Every row is something that was recorded and not told exactly once, or a gap; said without the triggers that tell.
SELECT 'a message' AS untold, m.case_id, m.message_id AS what
FROM handrail.messages AS m
LEFT JOIN handrail.case_event AS e
    ON m.case_id = e.case_id AND e.kind IN ('message', 'reply') AND m.message_id = e.body ->> 'message_id'
GROUP BY m.case_id, m.message_id HAVING count(e.sequence) <> 1

UNION ALL
SELECT 'an effect', a.case_id, a.effect_id
FROM handrail.actions AS a
LEFT JOIN handrail.case_event AS e ON a.case_id = e.case_id AND e.kind = 'effect' AND a.effect_id = e.body ->> 'effect_id'
WHERE a.outcome IS NOT NULL
GROUP BY a.case_id, a.effect_id HAVING count(e.sequence) <> 1

UNION ALL
SELECT 'a decision', a.case_id, a.approval_id || ' r' || a.revision
FROM handrail.approvals AS a
LEFT JOIN handrail.case_event AS e
    ON a.case_id = e.case_id AND e.kind = 'decided' AND a.approval_id = e.body ->> 'approval_id'
    AND a.revision = (e.body ->> 'revision')::integer
WHERE a.status <> 'open'
GROUP BY a.case_id, a.approval_id, a.revision HAVING count(e.sequence) <> 1

UNION ALL
SELECT 'a handoff', h.case_id, h.version::text
FROM handrail.handoffs AS h
LEFT JOIN handrail.case_event AS e
    ON h.case_id = e.case_id AND e.kind = 'handoff' AND h.version = (e.body ->> 'version')::integer
GROUP BY h.case_id, h.version HAVING count(e.sequence) <> 1

UNION ALL
SELECT 'the status', c.case_id, c.status
FROM handrail.cases AS c
WHERE c.status IS DISTINCT FROM coalesce(
    (
        SELECT e.body ->> 'status' FROM handrail.case_event AS e
        WHERE e.case_id = c.case_id AND e.body ? 'status' AND e.kind NOT IN ('decided', 'effect')
        ORDER BY e.sequence DESC LIMIT 1
    ),
    'Working'
)

UNION ALL
SELECT 'a gap in the case', e.case_id, count(*) || ' of ' || max(e.sequence)
FROM handrail.case_event AS e
GROUP BY e.case_id HAVING count(*) <> max(e.sequence) OR min(e.sequence) <> 1

UNION ALL
SELECT 'a gap among all cases', '', count(*) || ' of ' || max(e.position)
FROM handrail.case_event AS e
HAVING count(*) <> max(e.position)

UNION ALL
SELECT 'an order of the case that is not the order of all', e.case_id, min(e.sequence)::text
FROM (SELECT *, lag(f.position) OVER (PARTITION BY f.case_id ORDER BY f.sequence) AS earlier FROM handrail.case_event AS f) AS e
WHERE e.earlier > e.position
GROUP BY e.case_id

UNION ALL
SELECT 'a draft', d.case_id, d.kind
FROM handrail.case_event_drafts AS d;
