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
