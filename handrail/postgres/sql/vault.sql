-- name: keys_for
-- The workflow's key, and the key of the customer under which a new one would be put.
SELECT
    d.key_id, d.namespace, d.sealed_for, d.workflow_id, d.wrapped,
    o.key_id AS owner_id, o.customer_id, o.master_id, o.wrapped AS owner_wrapped
FROM handrail.data_keys AS d
INNER JOIN handrail.owner_keys AS o ON d.owner_id = o.key_id
WHERE d.namespace = %(namespace)s AND d.sealed_for = %(workflow_id)s AND d.sealed_for <> ''
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, o.key_id, o.customer_id, o.master_id, o.wrapped
FROM handrail.owner_keys AS o
WHERE o.customer_id = %(customer_id)s;

-- name: data_keys
SELECT
    d.key_id, d.namespace, d.sealed_for, d.workflow_id, d.wrapped,
    o.key_id AS owner_id, o.customer_id, o.master_id, o.wrapped AS owner_wrapped
FROM handrail.data_keys AS d
INNER JOIN handrail.owner_keys AS o ON d.owner_id = o.key_id
WHERE d.key_id = ANY(%(key_ids)s);

-- name: keep_data_key
-- Nothing where the workflow, or the customer, has another key by now: then that one counts.
WITH owner AS (
    INSERT INTO handrail.owner_keys (key_id, customer_id, master_id, wrapped)
    VALUES (%(owner_id)s, %(customer_id)s, %(master_id)s, %(owner_wrapped)s)
    ON CONFLICT DO NOTHING
    RETURNING key_id
),

standing AS (
    SELECT key_id FROM owner
    UNION ALL
    SELECT o.key_id FROM handrail.owner_keys AS o WHERE o.key_id = %(owner_id)s
)

INSERT INTO handrail.data_keys (key_id, namespace, sealed_for, workflow_id, owner_id, wrapped)
SELECT %(key_id)s, %(namespace)s, %(sealed_for)s, %(workflow_id)s, s.key_id, %(wrapped)s FROM standing AS s
ON CONFLICT DO NOTHING
RETURNING key_id;

-- name: bind_data_key
UPDATE handrail.data_keys SET workflow_id = %(workflow_id)s WHERE key_id = %(key_id)s AND workflow_id = '' RETURNING key_id;

-- name: shredded_since
SELECT key_id, at FROM handrail.shredded_keys WHERE at > now() - make_interval(secs => %(seconds)s);

-- name: shredded_at
SELECT key_id, at FROM handrail.shredded_keys WHERE key_id = ANY(%(key_ids)s);

-- name: listen_shredded
LISTEN handrail_shredded;

-- name: hold_customer_keys
SELECT o.key_id FROM handrail.owner_keys AS o WHERE o.customer_id = %(customer_id)s FOR UPDATE;

-- name: note_plain_reading
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
SELECT c.case_id, %(entry_id)s, %(at)s, %(reader)s, 'decrypted', '{}'
FROM handrail.cases AS c
WHERE c.case_id = ANY(%(case_ids)s)
ON CONFLICT (case_id, entry_id) DO NOTHING
RETURNING case_id;

-- name: count_owner_keys
SELECT
    o.master_id, count(*) FILTER (WHERE o.customer_id IS NOT NULL) AS customers,
    count(*) FILTER (WHERE o.customer_id IS NULL) AS workflows
FROM handrail.owner_keys AS o
GROUP BY o.master_id
ORDER BY o.master_id;

-- name: count_data_keys
SELECT
    (SELECT count(*) FROM handrail.data_keys) AS data_keys,
    (SELECT count(*) FROM handrail.shredded_keys) AS shredded;

-- name: owner_keys_of_others
-- Rows that somebody else works on are left to them.
SELECT o.key_id AS owner_id, o.customer_id, o.master_id, o.wrapped AS owner_wrapped
FROM handrail.owner_keys AS o
WHERE o.master_id <> %(master_id)s AND o.key_id > %(behind)s
ORDER BY o.key_id
LIMIT %(most)s
FOR NO KEY UPDATE SKIP LOCKED;

-- name: rewrap_owner_key
UPDATE handrail.owner_keys SET master_id = %(master_id)s, wrapped = %(owner_wrapped)s
WHERE key_id = %(owner_id)s
RETURNING key_id;
