-- name: add_api_key
INSERT INTO handrail.api_keys (
    key_id, caller, name, environment, secret_hash, scopes, person, created_at, created_by, expires_at
)
VALUES (
    %(key_id)s, %(caller)s, %(name)s, %(environment)s, %(secret_hash)s, %(scopes)s, %(person)s, %(created_at)s, %(created_by)s,
    %(expires_at)s
);

-- name: api_key
SELECT * FROM handrail.api_keys WHERE key_id = %(key_id)s;

-- name: hold_api_key
SELECT * FROM handrail.api_keys
WHERE caller = (SELECT k.caller FROM handrail.api_keys AS k WHERE k.key_id = %(key_id)s)
ORDER BY created_at DESC, key_id
FOR UPDATE;

-- name: api_keys
SELECT * FROM handrail.api_keys ORDER BY created_at DESC, key_id;

-- name: revoke_api_key
UPDATE handrail.api_keys SET revoked_at = coalesce(revoked_at, %(at)s), revoked_by = coalesce(revoked_by, %(by)s)
WHERE key_id = %(key_id)s
RETURNING *;

-- name: end_api_key
UPDATE handrail.api_keys SET expires_at = least(coalesce(expires_at, %(at)s), %(at)s) WHERE key_id = %(key_id)s RETURNING *;

-- name: use_api_key
UPDATE handrail.api_keys SET last_used_at = now()
WHERE key_id = %(key_id)s AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
RETURNING key_id;

-- name: claim_answer
-- Ours where nobody has it, or whoever had it for the same request is gone.
INSERT INTO handrail.api_answers AS a (caller, idempotency_key, fingerprint, claim, held_until, claimed_at)
VALUES (%(caller)s, %(key)s, %(fingerprint)s, gen_random_uuid()::text, now() + %(hold)s, now())
ON CONFLICT (caller, idempotency_key) DO UPDATE
SET claim = excluded.claim, held_until = excluded.held_until
WHERE a.status IS NULL AND a.held_until < now() AND a.fingerprint = excluded.fingerprint
RETURNING a.claim;

-- name: standing_answer
SELECT fingerprint, status, headers, body, extract(EPOCH FROM held_until - now())::double precision AS seconds_left
FROM handrail.api_answers
WHERE caller = %(caller)s AND idempotency_key = %(key)s;

-- name: keep_answer
UPDATE handrail.api_answers SET status = %(status)s, headers = %(headers)s, body = %(body)s
WHERE caller = %(caller)s AND idempotency_key = %(key)s AND claim = %(claim)s AND status IS NULL
RETURNING caller;

-- name: drop_answer
DELETE FROM handrail.api_answers
WHERE caller = %(caller)s AND idempotency_key = %(key)s AND claim = %(claim)s AND status IS NULL
RETURNING caller;

-- name: sweep_answers
DELETE FROM handrail.api_answers WHERE claimed_at < now() - %(older)s::interval RETURNING caller;

-- name: case_version
SELECT version FROM handrail.cases WHERE case_id = %(case_id)s;

-- name: page_of_cases
SELECT * FROM handrail.overview
WHERE (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(topic)s::text IS NULL OR topic = %(topic)s)
    AND (%(customer_id)s::text IS NULL OR customer_id = ANY(
        CASE WHEN %(kin)s THEN handrail.kin(%(customer_id)s) ELSE ARRAY[%(customer_id)s::text] END
    ))
    AND (%(reader)s::text IS NULL OR %(reader)s <> ALL(recused))
    AND (%(opened_at)s::timestamptz IS NULL OR (opened_at, case_id) < (%(opened_at)s, %(case_id)s))
ORDER BY opened_at DESC, case_id DESC
LIMIT %(limit)s;

-- name: add_voucher
INSERT INTO handrail.api_vouchers (update_id, case_id, person, caller, about)
VALUES (%(update_id)s, %(case_id)s, %(person)s, %(caller)s, %(about)s)
ON CONFLICT (update_id) DO UPDATE SET at = excluded.at
WHERE (api_vouchers.case_id, api_vouchers.person, api_vouchers.caller, api_vouchers.about)
    = (excluded.case_id, excluded.person, excluded.caller, excluded.about)
RETURNING update_id;

-- name: voucher
SELECT person FROM handrail.api_vouchers
WHERE update_id = %(update_id)s AND case_id = %(case_id)s AND about = %(about)s AND at > now() - %(newer)s::interval;

-- name: sweep_vouchers
DELETE FROM handrail.api_vouchers WHERE at < now() - %(older)s::interval RETURNING update_id;

-- name: add_token
INSERT INTO handrail.api_tokens (token_hash, customer_id, caller, minted_at, expires_at)
VALUES (%(token_hash)s, %(customer_id)s, %(caller)s, %(at)s, %(expires_at)s)
RETURNING token_hash;

-- name: token
SELECT t.customer_id, (SELECT min(k) FROM unnest(handrail.kin(t.customer_id)) AS k) AS counted_as
FROM handrail.api_tokens AS t
WHERE t.token_hash = %(token_hash)s AND t.expires_at > now();

-- name: sweep_tokens
DELETE FROM handrail.api_tokens WHERE expires_at < now() RETURNING token_hash;

-- name: note_agent_case
INSERT INTO handrail.agent_cases AS a (case_id, caller, person, context_id, customer_id, noted_at)
VALUES (%(case_id)s, %(caller)s, %(person)s, %(context_id)s, %(customer_id)s, %(noted_at)s)
ON CONFLICT (case_id, caller) DO UPDATE
SET customer_id = coalesce(a.customer_id, excluded.customer_id), person = coalesce(a.person, excluded.person)
RETURNING *;

-- name: agent_case
SELECT * FROM handrail.agent_cases WHERE case_id = %(case_id)s AND caller = %(caller)s;

-- name: agent_cases_of
SELECT * FROM handrail.agent_cases
WHERE caller = %(caller)s
    AND (%(context_id)s::text IS NULL OR context_id = %(context_id)s)
    AND (%(at)s::timestamptz IS NULL OR (noted_at, case_id) < (%(at)s, %(case_id)s))
ORDER BY noted_at DESC, case_id DESC
LIMIT %(limit)s;

-- name: count_agent_cases
SELECT count(*) AS parts FROM handrail.agent_cases
WHERE caller = %(caller)s AND (%(context_id)s::text IS NULL OR context_id = %(context_id)s);

-- name: agents_in_case
SELECT caller, person FROM handrail.agent_cases WHERE case_id = %(case_id)s;

-- name: customer_of_case
SELECT customer_id FROM handrail.cases WHERE case_id = %(case_id)s;
