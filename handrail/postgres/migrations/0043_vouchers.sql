-- The HTTP API vouches for who decides, and customers call with tokens of their own.

CREATE TABLE handrail.api_vouchers (
    update_id text PRIMARY KEY,
    case_id text NOT NULL,
    person text NOT NULL CONSTRAINT api_vouchers_person CHECK (person <> ''),
    caller text NOT NULL,
    about text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE handrail.api_vouchers IS
'updates of which the HTTP API knows beyond doubt who sends them, noted before they are sent; about is what is decided, hashed';
CREATE INDEX api_vouchers_by_age ON handrail.api_vouchers (at);

CREATE TABLE handrail.api_tokens (
    token_hash text PRIMARY KEY CONSTRAINT api_tokens_hash CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    customer_id text NOT NULL,
    caller text NOT NULL,
    minted_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT api_tokens_expire CHECK (minted_at < expires_at)
);
COMMENT ON TABLE handrail.api_tokens IS 'short-lived tokens of single customers, minted by a backend: of each its SHA-256 alone';
CREATE INDEX api_tokens_by_end ON handrail.api_tokens (expires_at);
