-- name: left_of_turn
SELECT node, state, result FROM handrail.turns WHERE case_id = %(case_id)s AND token = %(token)s;

-- name: note_turn
-- Closing a case drops its journal: a turn that was lost then begins none anew.
INSERT INTO handrail.turns (case_id, token, asked_at, attempt, node, state)
SELECT %(case_id)s, %(token)s, %(asked_at)s, %(attempt)s, %(node)s, %(state)s
WHERE NOT EXISTS (SELECT FROM handrail.cases AS c WHERE c.case_id = %(case_id)s AND c.status = 'Closed')
ON CONFLICT (case_id) DO UPDATE SET
    token = excluded.token,
    asked_at = excluded.asked_at,
    attempt = excluded.attempt,
    node = excluded.node,
    state = excluded.state,
    result = NULL,
    at = clock_timestamp()
WHERE (turns.token <> excluded.token AND turns.asked_at <= excluded.asked_at)
    OR (turns.token = excluded.token AND turns.result IS NULL AND turns.attempt <= excluded.attempt)
RETURNING case_id;

-- name: halt_turn
-- On the case's row, which an effect that has begun does not hold: nobody waits for it here.
UPDATE handrail.cases SET halted = %(token)s WHERE case_id = %(case_id)s RETURNING case_id;

-- name: claim_turn
INSERT INTO handrail.turns (case_id, token, asked_at, attempt)
SELECT %(case_id)s, %(token)s, %(asked_at)s, %(attempt)s
WHERE NOT EXISTS (SELECT FROM handrail.cases AS c WHERE c.case_id = %(case_id)s AND c.status = 'Closed')
ON CONFLICT (case_id) DO UPDATE SET
    token = excluded.token,
    asked_at = excluded.asked_at,
    attempt = excluded.attempt,
    node = CASE WHEN turns.token = excluded.token THEN turns.node END,
    state = CASE WHEN turns.token IN (excluded.token, %(lost)s) THEN turns.state END,
    result = NULL,
    at = clock_timestamp()
WHERE (turns.token NOT IN (excluded.token, %(lost)s) AND turns.asked_at <= excluded.asked_at)
    OR (turns.token = %(lost)s AND turns.result IS NULL)
    OR (turns.token = excluded.token AND turns.result IS NULL AND turns.attempt <= excluded.attempt)
RETURNING node, state, result;
