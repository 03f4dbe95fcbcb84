-- name: add_webhook
INSERT INTO handrail.webhook_endpoints (endpoint_id, url, kinds, roles, queues, owner)
VALUES (%(endpoint_id)s, %(url)s, %(kinds)s, %(roles)s, %(queues)s, %(owner)s);

-- name: webhooks
SELECT e.* FROM handrail.webhook_endpoints AS e WHERE e.removed_at IS NULL ORDER BY e.added_at, e.endpoint_id;

-- name: webhook
SELECT e.* FROM handrail.webhook_endpoints AS e WHERE e.endpoint_id = %(endpoint_id)s AND e.removed_at IS NULL;

-- name: remove_webhook
UPDATE handrail.webhook_endpoints SET removed_at = clock_timestamp()
WHERE endpoint_id = %(endpoint_id)s AND removed_at IS NULL
RETURNING endpoint_id;

-- name: disable_webhook
UPDATE handrail.webhook_endpoints SET disabled_at = clock_timestamp(), disabled_because = %(because)s
WHERE endpoint_id = %(endpoint_id)s AND disabled_at IS NULL;

-- name: enable_webhook
UPDATE handrail.webhook_endpoints SET disabled_at = NULL, disabled_because = NULL WHERE endpoint_id = %(endpoint_id)s;

-- name: live_webhook_secrets
SELECT s.sealed FROM handrail.webhook_secrets AS s
WHERE s.endpoint_id = %(endpoint_id)s AND (s.ends_at IS NULL OR s.ends_at > clock_timestamp())
ORDER BY s.secret_id DESC;

-- name: webhook_secret
SELECT s.sealed FROM handrail.webhook_secrets AS s
WHERE s.endpoint_id = %(endpoint_id)s
    AND s.secret_id = %(secret_id)s
    AND (s.ends_at IS NULL OR s.ends_at > clock_timestamp());

-- name: sweep_webhook_secrets
DELETE FROM handrail.webhook_secrets AS s
USING handrail.webhook_endpoints AS e
WHERE e.endpoint_id = s.endpoint_id AND (s.ends_at < clock_timestamp() OR e.removed_at IS NOT NULL)
RETURNING s.secret_id;

-- name: add_webhook_secret
-- The one before counts on for a while; those before that end now: two at a time.
WITH ended AS (
    UPDATE handrail.webhook_secrets AS s SET
        ends_at = CASE
            WHEN s.ends_at IS NULL THEN clock_timestamp() + %(overlap)s::interval
            ELSE least(s.ends_at, clock_timestamp())
        END
    WHERE s.endpoint_id = %(endpoint_id)s
)

INSERT INTO handrail.webhook_secrets (endpoint_id, sealed) VALUES (%(endpoint_id)s, %(sealed)s) RETURNING endpoint_id, secret_id;

-- name: lock_webhook_cursor
SELECT c.position FROM handrail.webhook_cursor AS c FOR UPDATE;

-- name: begin_webhook_cursor
-- While nobody is to be called the cursor stays where it is; whoever comes first gets what happens from now on.
UPDATE handrail.webhook_cursor AS c SET position = newest.position
FROM (SELECT coalesce(max(e.position), 0) AS position FROM handrail.case_event AS e) AS newest
WHERE c.position < newest.position
    AND NOT EXISTS (SELECT FROM handrail.webhook_endpoints AS w WHERE w.removed_at IS NULL);

-- name: webhooks_wanted
SELECT EXISTS (SELECT FROM handrail.webhook_endpoints AS w WHERE w.removed_at IS NULL) AS wanted;

-- name: address_webhooks
SELECT a.endpoint_id, a.case_id FROM handrail.address_webhooks(%(most)s) AS a;

-- name: overdue_webhooks
-- The messages of a case go one after the other: while the first is in a pause, those behind it are not late.
SELECT m.endpoint_id, m.case_id
FROM handrail.webhook_messages AS m
INNER JOIN handrail.webhook_endpoints AS w ON m.endpoint_id = w.endpoint_id
WHERE m.state = 'pending'
    AND w.disabled_at IS NULL
    AND w.removed_at IS NULL
    AND m.endpoint_id <> ALL(%(without)s::text[])
    AND coalesce(m.next_at, m.noted_at) < clock_timestamp() - %(late)s::interval
    AND NOT EXISTS (
        SELECT FROM handrail.webhook_messages AS p
        WHERE p.endpoint_id = m.endpoint_id AND p.case_id = m.case_id AND p.state = 'pending' AND p.sequence < m.sequence
    )
ORDER BY coalesce(m.next_at, m.noted_at), m.endpoint_id, m.case_id
LIMIT %(most)s;

-- name: next_webhook_message
SELECT
    to_jsonb(w) AS endpoint, m.message_id, m.attempts,
    to_jsonb(e) || jsonb_build_object('body', e.body || handrail.way_out(e)) AS event
FROM handrail.webhook_messages AS m
INNER JOIN handrail.webhook_endpoints AS w ON m.endpoint_id = w.endpoint_id
INNER JOIN handrail.case_event AS e ON m.case_id = e.case_id AND m.sequence = e.sequence
WHERE m.endpoint_id = %(endpoint_id)s
    AND m.case_id = %(case_id)s
    AND m.state = 'pending'
    AND w.disabled_at IS NULL
    AND w.removed_at IS NULL
ORDER BY m.sequence
LIMIT 1;

-- name: note_webhook_attempt
-- A reply that has left with its event has left for its channel, too.
WITH noted AS (
    UPDATE handrail.webhook_messages SET
        state = %(state)s,
        attempts = attempts + 1,
        words = %(words)s,
        attempted_at = clock_timestamp(),
        next_at = clock_timestamp() + %(again_in)s * interval '1 second'
    WHERE message_id = %(message_id)s
    RETURNING case_id, sequence, state, attempts, words
)

UPDATE handrail.departures AS d SET
    state = CASE n.state WHEN 'delivered' THEN 'sent' ELSE 'failed' END,
    attempts = n.attempts,
    words = n.words,
    settled_at = clock_timestamp()
FROM noted AS n
INNER JOIN handrail.case_event AS e ON n.case_id = e.case_id AND n.sequence = e.sequence
WHERE n.state <> 'pending'
    AND e.kind = 'reply'
    AND d.case_id = e.case_id
    AND d.message_id = e.body ->> 'message_id'
    AND d.channel <> 'mail'
    AND d.state <> 'sent';

-- name: dead_webhook_messages
SELECT m.message_id, m.endpoint_id, m.case_id, m.sequence, e.kind, m.attempts, m.words, m.attempted_at
FROM handrail.webhook_messages AS m
INNER JOIN handrail.case_event AS e ON m.case_id = e.case_id AND m.sequence = e.sequence
WHERE m.state = 'dead' AND (%(endpoint_id)s::text IS NULL OR m.endpoint_id = %(endpoint_id)s)
ORDER BY m.attempted_at DESC
LIMIT %(most)s;

-- name: replay_webhook_messages
UPDATE handrail.webhook_messages SET state = 'pending', attempts = 0, next_at = NULL
WHERE endpoint_id = %(endpoint_id)s
    AND ((%(message_id)s::text IS NULL AND state = 'dead') OR message_id = %(message_id)s)
RETURNING endpoint_id, case_id;

-- name: disabled_webhooks
SELECT w.endpoint_id, w.owner, w.disabled_because FROM handrail.webhook_endpoints AS w
WHERE w.disabled_at IS NOT NULL AND w.removed_at IS NULL ORDER BY w.disabled_at;

-- name: waiting_webhooks
SELECT DISTINCT m.endpoint_id, m.case_id FROM handrail.webhook_messages AS m
WHERE m.endpoint_id = %(endpoint_id)s AND m.state = 'pending';

-- name: sweep_webhook_messages
-- What waits for a live endpoint stays, however old: somebody may enable it again, or bring its key.
DELETE FROM handrail.webhook_messages AS d
USING (
    (
        SELECT m.message_id FROM handrail.webhook_messages AS m
        WHERE m.state <> 'pending' AND m.attempted_at < now() - %(older)s::interval
        ORDER BY m.attempted_at
        LIMIT %(most)s
    )
    UNION ALL
    (
        SELECT m.message_id FROM handrail.webhook_messages AS m
        INNER JOIN handrail.webhook_endpoints AS w ON m.endpoint_id = w.endpoint_id
        WHERE m.state = 'pending' AND w.removed_at < now() - %(older)s::interval
        LIMIT %(most)s
    )
) AS old
WHERE d.message_id = old.message_id
RETURNING d.message_id;
