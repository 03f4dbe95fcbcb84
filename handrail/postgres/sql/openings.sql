-- name: save_opening
INSERT INTO handrail.openings (workflow_id, run_id, case_id, at, words, input, taken)
VALUES (%(workflow_id)s, %(run_id)s, %(case_id)s, %(at)s, %(words)s, %(input)s, %(taken)s)
ON CONFLICT (workflow_id, run_id) DO NOTHING;

-- name: refused_openings
-- What was sent again, and became a case, needs nobody.
SELECT o.workflow_id, o.run_id, o.at, o.words, o.input
FROM handrail.openings AS o
WHERE NOT o.taken
    AND o.settled_at IS NULL
    AND NOT EXISTS (
        SELECT FROM handrail.cases AS c WHERE c.case_id = substr(o.workflow_id, 6) AND c.opened_at > o.at
    )
ORDER BY o.at, o.workflow_id, o.run_id
LIMIT %(limit)s;

-- name: count_refused_openings
SELECT count(*) FROM handrail.openings AS o
WHERE NOT o.taken
    AND o.settled_at IS NULL
    AND NOT EXISTS (
        SELECT FROM handrail.cases AS c WHERE c.case_id = substr(o.workflow_id, 6) AND c.opened_at > o.at
    );

-- name: settle_opening
UPDATE handrail.openings SET settled_at = %(at)s, settled_by = %(by)s
WHERE workflow_id = %(workflow_id)s AND NOT taken AND settled_at IS NULL
RETURNING workflow_id, run_id, at, words, input;

-- name: opening_of_case
SELECT workflow_id, run_id, at, words, input FROM handrail.openings
WHERE case_id = %(case_id)s AND taken ORDER BY at DESC LIMIT 1;
