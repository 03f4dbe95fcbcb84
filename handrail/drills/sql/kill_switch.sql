-- name: database_time
SELECT clock_timestamp() AS now;

-- name: machine_output
-- What the agent let out since a moment, by the clock of the writing statement.
SELECT 'effect' AS kind, case_id, recorded_at FROM handrail.actions
WHERE recorded_at > %(since)s AND outcome = 'applied'
UNION ALL
SELECT 'reply' AS kind, case_id, recorded_at FROM handrail.messages
WHERE recorded_at > %(since)s AND author = 'assistant'
ORDER BY recorded_at;

-- name: statuses
SELECT case_id, status, reason FROM handrail.cases WHERE case_id = ANY(%(case_ids)s);

-- name: said_by_people
SELECT count(*) AS said FROM handrail.messages
WHERE case_id = %(case_id)s AND author = 'person' AND recorded_at > %(since)s;
