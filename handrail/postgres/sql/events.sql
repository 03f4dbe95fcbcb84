-- name: events_of_case
SELECT e.case_id, e.sequence, e.position, e.kind, e.body || handrail.way_out(e) AS body, e.at,
    CASE WHEN m.withdrawn_at IS NULL THEN m.text END AS text
FROM handrail.case_event AS e
LEFT JOIN handrail.messages AS m
    ON e.kind IN ('message', 'reply') AND e.case_id = m.case_id AND e.body ->> 'message_id' = m.message_id
WHERE e.case_id = %(case_id)s AND e.sequence > %(after)s
ORDER BY e.sequence
LIMIT %(most)s;

-- name: events_since
SELECT e.case_id, e.sequence, e.position, e.kind, e.body || handrail.way_out(e) AS body, e.at
FROM handrail.case_event AS e
WHERE e.position > %(position)s
ORDER BY e.position
LIMIT %(most)s;

-- name: newest_event
SELECT coalesce(max(e.position), 0) AS position FROM handrail.case_event AS e;

-- name: cases_with_events
SELECT e.case_id, max(e.position) AS position
FROM handrail.case_event AS e
WHERE e.position > %(position)s
GROUP BY e.case_id;

-- name: listen_events
LISTEN handrail_events;
