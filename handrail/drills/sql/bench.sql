-- name: bench_settled
-- Cases on which the agent does not work any more, with the moment of the commit that said so (epoch seconds).
SELECT case_id, status, reason, extract(EPOCH FROM pg_xact_commit_timestamp(xmin))::float8 AS committed
FROM handrail.cases
WHERE case_id = ANY(%(case_ids)s) AND status <> 'Working';

-- name: bench_approvals
SELECT case_id, approval_id, revision FROM handrail.approvals
WHERE case_id = ANY(%(case_ids)s) AND status = 'open';

-- name: bench_applied
-- The first commit of each case's effect (epoch seconds); a row that is not changed afterwards has no other.
SELECT case_id, min(extract(EPOCH FROM pg_xact_commit_timestamp(xmin)))::float8 AS committed
FROM handrail.actions
WHERE case_id = ANY(%(case_ids)s) AND kind = 'effect' AND outcome = 'applied'
GROUP BY case_id;

-- name: bench_replied
-- The commit of each case's first reply (epoch seconds); messages are never changed.
SELECT case_id, min(extract(EPOCH FROM pg_xact_commit_timestamp(xmin)))::float8 AS committed
FROM handrail.messages
WHERE case_id = ANY(%(case_ids)s) AND author <> 'customer'
GROUP BY case_id;

-- name: bench_size
-- What the database takes on disk, indexes with it.
SELECT pg_database_size(current_database()) AS bytes;

-- name: bench_quiet
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, turn, opened_at, updated_at, version, content_digest
)
SELECT 'bench-quiet-' || n, 'bench', 'bench', 'AwaitingCustomer', 'topic-' || n %% 20, 0, 1, now(), now(), 1, ''
FROM generate_series(1, %(count)s) AS n
RETURNING case_id;

-- name: bench_backlog
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, queue, priority, language, reason, turn, opened_at, updated_at, due_at,
    version, content_digest
)
SELECT
    'bench-waiting-' || n, 'bench', 'bench', 'WithHuman', 'topic-' || n %% 20, 1 + n %% 2,
    (ARRAY['support', 'payments', 'fraud', 'languages'])[1 + n %% 4], 1 + n %% 5, 'en', 'asked_for_person', 1, now(), now(),
    now() + n * interval '1 second', 1, ''
FROM generate_series(1, %(count)s) AS n;

-- name: bench_asked
INSERT INTO handrail.approvals (
    case_id, approval_id, revision, request, status, opened_at, due_at, update_names, version
)
SELECT
    'bench-waiting-' || n, 'a-1', 1,
    jsonb_build_object('request_id', 'a-1', 'headline', 'Refund 180.00 USD', 'role', 'support', 'roles', '[]'::jsonb),
    'open', now(), now() + n * interval '1 second', '{}', 1
FROM generate_series(2, 1 + %(count)s) AS n;

-- name: bench_long_case
INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence)
SELECT
    'bench-waiting-1', 'bench-' || n, CASE n %% 2 WHEN 0 THEN 'assistant' ELSE 'customer' END,
    (SELECT string_agg(md5(n || ' ' || w), ' ') FROM generate_series(1, 12) AS w), now(), n, n
FROM generate_series(1, %(words)s) AS n;

-- name: bench_counted
ANALYZE;
