-- name: accept_case
-- The answer and what it promises, or neither. Nothing where the key has an answer or is at work, or the case stands.
WITH claimed AS (
    INSERT INTO handrail.api_answers AS a (
        caller, idempotency_key, fingerprint, claim, held_until, claimed_at, status, headers, body
    )
    SELECT %(caller)s, %(key)s, %(fingerprint)s, gen_random_uuid()::text, now(), now(), %(status)s, %(headers)s, %(body)s
    WHERE NOT EXISTS (SELECT FROM handrail.cases AS c WHERE c.case_id = %(case_id)s)
        AND NOT EXISTS (SELECT FROM handrail.case_starts AS s WHERE s.case_id = %(case_id)s)
    ON CONFLICT (caller, idempotency_key) DO UPDATE
    SET claim = excluded.claim, held_until = excluded.held_until, status = excluded.status, headers = excluded.headers,
        body = excluded.body
    WHERE a.status IS NULL AND a.held_until < now() AND a.fingerprint = excluded.fingerprint
    RETURNING a.claim
),

noted AS (
    INSERT INTO handrail.arrivals (case_id, message_id, channel, address)
    SELECT %(case_id)s, %(message_id)s, %(channel)s, %(address)s FROM claimed WHERE %(address)s::text IS NOT NULL
    ON CONFLICT (case_id, message_id) DO NOTHING
)

INSERT INTO handrail.case_starts (case_id, customer_id, opening, content_digest, identity, due_at, taken_until)
SELECT
    %(case_id)s, %(customer_id)s, %(opening)s, %(content_digest)s, %(identity)s,
    clock_timestamp() + %(soon)s::interval, clock_timestamp() + %(lease)s::interval
FROM claimed
RETURNING case_id;

-- name: keep_case_start
INSERT INTO handrail.case_starts (case_id, customer_id, opening, content_digest, identity, due_at, taken_until)
SELECT
    %(case_id)s, %(customer_id)s, %(opening)s, %(content_digest)s, %(identity)s,
    clock_timestamp() + %(soon)s::interval, clock_timestamp() + %(lease)s::interval
WHERE NOT EXISTS (SELECT FROM handrail.cases AS c WHERE c.case_id = %(case_id)s)
ON CONFLICT (case_id) DO NOTHING
RETURNING case_id;

-- name: standing_case
-- The record first: a start goes when it has the case.
SELECT content_digest FROM handrail.cases WHERE case_id = %(case_id)s
UNION ALL
SELECT content_digest FROM handrail.case_starts WHERE case_id = %(case_id)s
LIMIT 1;

-- name: case_start
SELECT opening, identity, kept_at, begun_at FROM handrail.case_starts WHERE case_id = %(case_id)s;

-- name: due_case_starts
-- Whoever takes one up dies over it at times: it is due again behind the lease, at a moment of its own.
WITH due AS (
    SELECT s.case_id FROM handrail.case_starts AS s
    WHERE s.begun_at IS NULL AND s.due_at <= clock_timestamp()
    ORDER BY s.due_at
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)

UPDATE handrail.case_starts AS s SET
    due_at = clock_timestamp() + %(lease)s::interval * (1 + random()),
    taken_until = clock_timestamp() + %(lease)s::interval
FROM due WHERE s.case_id = due.case_id
RETURNING s.opening, s.identity, s.kept_at, s.begun_at;

-- name: take_case_start
UPDATE handrail.case_starts SET taken_until = clock_timestamp() + %(lease)s::interval
WHERE case_id = %(case_id)s AND due_at < 'infinity'
RETURNING opening, identity, kept_at, begun_at;

-- name: case_begun
-- Not waited for until it is on disk: where it is lost the case is begun once more, which changes nothing.
UPDATE handrail.case_starts SET begun_at = clock_timestamp()
WHERE case_id = %(case_id)s AND begun_at IS NULL AND set_config('synchronous_commit', 'off', TRUE) IS NOT NULL
RETURNING case_id;

-- name: refuse_case_start
-- Under an id that no workflow has: what stands under the case's own is another case, and another customer's perhaps.
WITH refused AS (
    DELETE FROM handrail.case_starts WHERE case_id = %(case_id)s RETURNING case_id, opening, kept_at
)

INSERT INTO handrail.openings (workflow_id, run_id, at, words, input, taken)
SELECT 'kept-' || r.case_id, gen_random_uuid()::text, r.kept_at, %(words)s, r.opening::text, FALSE FROM refused AS r
RETURNING workflow_id;

-- name: sweep_case_starts
-- One that was kept in the moment in which its case was recorded. What has begun is that case, however it was read.
DELETE FROM handrail.case_starts AS s
USING handrail.cases AS c
WHERE c.case_id = s.case_id AND (c.content_digest = s.content_digest OR s.begun_at IS NOT NULL)
RETURNING s.case_id;

-- name: unrecorded_case_starts
SELECT s.case_id, s.begun_at IS NOT NULL AS begun FROM handrail.case_starts AS s
WHERE coalesce(s.begun_at, s.due_at) < now() - %(older)s::interval AND s.due_at < 'infinity'
ORDER BY s.kept_at
LIMIT %(most)s;

-- name: begin_case_again
UPDATE handrail.case_starts SET begun_at = NULL, due_at = clock_timestamp()
WHERE case_id = %(case_id)s AND due_at < 'infinity'
RETURNING case_id;

-- name: oldest_case_start
SELECT count(*) AS waiting, coalesce(extract(EPOCH FROM now() - min(kept_at)), 0)::double precision AS seconds
FROM handrail.case_starts WHERE begun_at IS NULL AND due_at < 'infinity';

-- name: case_starts_of_customers
SELECT s.case_id, s.customer_id, 'Working' AS status FROM handrail.case_starts AS s
WHERE s.customer_id = ANY(%(customer_ids)s)
ORDER BY s.kept_at, s.case_id;

-- name: withdraw_case_starts
-- Due never again. The row stays until its runs are gone, so that a forgetting that was interrupted finds them.
UPDATE handrail.case_starts SET due_at = 'infinity' WHERE customer_id = ANY(%(customer_ids)s)
RETURNING case_id, greatest(0, extract(EPOCH FROM taken_until - clock_timestamp()))::double precision AS seconds_left;
