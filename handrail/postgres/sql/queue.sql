-- name: claim_case
-- `spoken` are the languages that somebody can answer in, as queue:language; another one is for everybody of the queue.
WITH best AS (
    SELECT case_id FROM handrail.queue_items
    WHERE queue = ANY(%(skills)s::text [])
        AND tier <= %(tier)s
        AND (
            language IS NULL
            OR language = ANY(%(languages)s::text [])
            OR queue || ':' || language <> ALL(%(spoken)s::text [])
        )
        AND (lease_until < now() OR (lease_id IS NULL AND (assignee IS NULL OR assignee = %(person)s)))
        AND (due_at IS NOT NULL OR assignee IS NULL)
        AND NOT EXISTS (
            SELECT FROM handrail.cases AS c WHERE c.case_id = queue_items.case_id AND %(folded)s = ANY(c.recused)
        )
    ORDER BY priority, due_at, entered_at, case_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)

UPDATE handrail.queue_items AS q
SET holder = %(person)s,
    lease_id = gen_random_uuid()::text,
    leased_at = now(),
    lease_until = now() + %(lease)s,
    offers = offers + 1
FROM best
WHERE q.case_id = best.case_id
RETURNING q.*;

-- name: heartbeat_lease
UPDATE handrail.queue_items SET lease_until = now() + %(lease)s
WHERE case_id = %(case_id)s AND lease_id = %(lease_id)s AND lease_until >= now()
RETURNING *;

-- name: release_lease
UPDATE handrail.queue_items SET holder = NULL, lease_id = NULL, leased_at = NULL, lease_until = NULL
WHERE case_id = %(case_id)s AND lease_id = %(lease_id)s
RETURNING *;

-- name: queue_item
SELECT * FROM handrail.queue_items WHERE case_id = %(case_id)s;

-- name: queue_items
SELECT * FROM handrail.queue_items AS q
WHERE (%(queue)s::text IS NULL OR queue = %(queue)s)
    AND (
        %(reader)s::text IS NULL
        OR NOT EXISTS (SELECT FROM handrail.cases AS c WHERE c.case_id = q.case_id AND %(reader)s = ANY(c.recused))
    )
ORDER BY priority, due_at, entered_at, case_id
LIMIT %(limit)s;

-- name: queue_depth
SELECT count(*) AS waiting, count(*) FILTER (WHERE due_at < now()) AS overdue, count(*) FILTER (WHERE lease_until >= now()) AS held
FROM handrail.queue_items
WHERE (%(queue)s::text IS NULL OR queue = %(queue)s);

-- name: forgotten_cases
SELECT count(*) FROM handrail.cases AS c
LEFT JOIN handrail.queue_items AS q ON c.case_id = q.case_id
WHERE c.status = 'WithHuman' AND q.case_id IS NULL;

-- name: add_on_call
INSERT INTO handrail.on_call (window_id, person, starts_at, ends_at, added_by, added_at)
VALUES (%(window_id)s, %(person)s, %(start)s, %(end)s, %(added_by)s, %(at)s)
ON CONFLICT (window_id) DO NOTHING;

-- name: drop_on_call
DELETE FROM handrail.on_call WHERE window_id = %(window_id)s RETURNING window_id;

-- name: on_call
SELECT window_id, person, starts_at AS start, ends_at AS end, added_by FROM handrail.on_call
WHERE ends_at > %(start)s AND starts_at < %(end)s
ORDER BY starts_at, person;
