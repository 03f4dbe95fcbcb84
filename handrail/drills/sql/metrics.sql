-- name: metrics_quick
SET session_replication_role = replica;

-- name: metrics_cases
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, language, confidence, turn, opened_at, updated_at, version,
    content_digest, usage
)
SELECT
    'c-' || n,
    'C' || (hashint4(n) & 2147483647) %% %(customers)s,
    (ARRAY['api', 'api', 'email', 'api', 'drill'])[1 + n %% 5],
    CASE WHEN n %% 50 = 0 THEN 'Working' ELSE 'Resolved' END,
    (ARRAY['refund', 'order_status', 'address', 'cancel'])[1 + (hashint4(n * 7) & 3)],
    0,
    (ARRAY['en', 'de', 'fr'])[1 + n %% 3],
    0.5 + (n %% 50) / 100.0,
    1,
    '2025-06-01 00:00Z'::timestamptz + n * interval '30 seconds',
    '2025-06-01 00:00Z'::timestamptz + n * interval '30 seconds',
    1,
    '',
    jsonb_build_object('calls', 2, 'cost_usd', 0.002 + (n %% 100) / 10000.0)
FROM generate_series(%(first)s::integer, %(last)s) AS n;

-- name: metrics_audit
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
SELECT
    'c-' || n,
    e.entry,
    '2025-06-01 00:00Z'::timestamptz + n * interval '30 seconds' + (n %% 700 + e.later) * interval '1 minute',
    e.actor,
    e.action,
    e.details::jsonb
FROM generate_series(%(first)s::integer, %(last)s) AS n
CROSS JOIN LATERAL (
    VALUES
    ('a', 1, 'agent', 'turn:Resolved', '{"model": "m", "prompt": "p", "graph": "g"}', n %% 7 <> 0),
    ('a', 1, 'agent', 'turn:WithHuman', '{"model": "m", "prompt": "p", "graph": "g"}', n %% 7 = 0),
    ('b', 30, 'ann', 'claim', '{}', n %% 7 = 0),
    ('c', 60, 'ann', 'resolve', '{}', n %% 7 = 0)
) AS e (entry, later, actor, action, details, wanted)
WHERE e.wanted AND n %% 50 <> 0;

-- name: metrics_messages
INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence)
SELECT
    'c-' || n,
    'm-' || k,
    CASE k WHEN 0 THEN 'customer' ELSE 'assistant' END,
    'words',
    '2025-06-01 00:00Z'::timestamptz + n * interval '30 seconds' + k * (1 + n %% 90) * interval '1 second',
    1,
    k
FROM generate_series(%(first)s::integer, %(last)s) AS n CROSS JOIN generate_series(0, 1) AS k;

-- name: metrics_surveys
INSERT INTO handrail.surveys (case_id, offered_at, share)
SELECT 'c-' || n, '2025-06-01 00:00Z'::timestamptz + n * interval '30 seconds' + interval '1 day', 0.5
FROM generate_series(%(first)s::integer, %(last)s) AS n WHERE n %% 2 = 0;

-- name: metrics_ratings
INSERT INTO handrail.ratings (case_id, survey_id, csat, nps, rated_at)
SELECT
    'c-' || n, 'end', 1 + n %% 5, n %% 11, '2025-06-01 00:00Z'::timestamptz + n * interval '30 seconds' + interval '2 days'
FROM generate_series(%(first)s::integer, %(last)s) AS n WHERE n %% 8 = 0;

-- name: metrics_changes
INSERT INTO handrail.outcome_changes (case_id)
SELECT 'c-' || n FROM generate_series(%(first)s::integer, %(last)s) AS n;

-- name: metrics_ordinary
SET session_replication_role = DEFAULT;

-- name: metrics_plain
-- A question to the rows themselves, without a view: the cases that ended, and those that were handed to people.
SELECT count(*), count(*) FILTER (WHERE e.handed)
FROM handrail.cases AS c
INNER JOIN (
    SELECT
        a.case_id,
        bool_or(a.action IN ('turn:Resolved', 'resolve', 'close')) AS ended,
        bool_or(a.action IN ('turn:WithHuman', 'hand_over')) AS handed
    FROM handrail.audit AS a GROUP BY a.case_id
) AS e ON c.case_id = e.case_id
WHERE e.ended AND c.channel <> 'drill';
