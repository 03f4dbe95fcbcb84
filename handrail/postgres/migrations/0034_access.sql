-- The HTTP API: its keys, and the answers that were given under an idempotency key.

CREATE TABLE handrail.api_keys (
    key_id text PRIMARY KEY CONSTRAINT api_keys_id CHECK (key_id ~ '^[a-z0-9]{12}$'),
    caller text NOT NULL,
    name text NOT NULL CONSTRAINT api_keys_name CHECK (name <> ''),
    environment text NOT NULL CONSTRAINT api_keys_environment CHECK (environment ~ '^[a-z]{2,12}$'),
    secret_hash text NOT NULL CONSTRAINT api_keys_secret_hash CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
    scopes text [] NOT NULL CONSTRAINT api_keys_scopes CHECK (scopes <> '{}'),
    person text,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by text,
    last_used_at timestamptz,
    CONSTRAINT api_keys_revoked CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
COMMENT ON TABLE handrail.api_keys IS
'keys of the HTTP API: of each secret its SHA-256 alone; the keys of a rotation share their caller';
CREATE INDEX api_keys_by_caller ON handrail.api_keys (caller);

CREATE TABLE handrail.api_answers (
    caller text NOT NULL,
    idempotency_key text NOT NULL,
    fingerprint text NOT NULL,
    claim text NOT NULL,
    held_until timestamptz NOT NULL,
    claimed_at timestamptz NOT NULL,
    status smallint CONSTRAINT api_answers_status CHECK (status BETWEEN 200 AND 499),
    headers jsonb,
    body bytea,
    PRIMARY KEY (caller, idempotency_key),
    CONSTRAINT api_answers_whole CHECK ((status IS NULL) = (headers IS NULL) AND (status IS NULL) = (body IS NULL))
);
COMMENT ON TABLE handrail.api_answers IS
'answers of the HTTP API by caller and idempotency key, given again byte for byte; without a status while the first is at work';
CREATE INDEX api_answers_by_age ON handrail.api_answers (claimed_at);
