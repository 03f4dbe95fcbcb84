-- name: crowd_prepare
CREATE TABLE public.holds (
    lease_id text PRIMARY KEY,
    case_id text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL
);

-- name: crowd_cases
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, queue, priority, language, reason, turn, due_at, opened_at, updated_at,
    version, content_digest
)
SELECT
    'crowd-' || n, 'crowd', 'drill', 'WithHuman', 'drill', 1 + n %% 2, (%(queues)s::text [])[1 + n %% %(width)s], 1 + n %% 5,
    (%(languages)s::text [])[1 + n %% %(spoken)s], 'drill', 1, now() + n * interval '1 second', now(), now(), 1, ''
FROM generate_series(1, %(cases)s) AS n;

-- name: crowd_hold
INSERT INTO public.holds (lease_id, case_id, since, until) VALUES (%(lease_id)s, %(case_id)s, %(leased_at)s, %(lease_until)s)
ON CONFLICT (lease_id) DO UPDATE SET until = excluded.until;

-- name: crowd_finish
WITH held AS (
    SELECT case_id FROM handrail.queue_items
    WHERE case_id = %(case_id)s AND lease_id = %(lease_id)s AND lease_until >= now()
    FOR UPDATE
)

UPDATE handrail.cases AS c SET status = 'Resolved', version = c.version + 1, updated_at = now()
FROM held WHERE c.case_id = held.case_id
RETURNING c.case_id;

-- name: crowd_let_go
UPDATE public.holds SET until = clock_timestamp() WHERE lease_id = %(lease_id)s;

-- name: crowd_found
SELECT
    (SELECT count(*) FROM public.holds) AS claims,
    (SELECT count(*) FROM handrail.cases WHERE status = 'Resolved') AS finished,
    (SELECT count(*) FROM handrail.cases WHERE status = 'WithHuman') AS forgotten,
    (SELECT count(*) FROM handrail.queue_items) AS left_over,
    (
        SELECT count(*) FROM public.holds AS a
        INNER JOIN public.holds AS b ON a.case_id = b.case_id AND a.lease_id < b.lease_id
        WHERE a.since < b.until AND b.since < a.until
    ) AS double_holds;

-- name: crowd_open
SELECT count(*) FROM handrail.queue_items;
