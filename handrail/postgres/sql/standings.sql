-- name: recorded_open
SELECT case_id, status, version, updated_at FROM handrail.cases WHERE status <> 'Closed';

-- name: recorded_of
SELECT case_id, status, version, updated_at FROM handrail.cases WHERE case_id = ANY(%(case_ids)s::text []);

-- name: try_alone
SELECT pg_try_advisory_lock(%(key)s);

-- name: no_longer_alone
SELECT pg_advisory_unlock(%(key)s);
